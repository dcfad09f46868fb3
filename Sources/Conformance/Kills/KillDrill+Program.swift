#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension KillDrill {
    /// The path of a program that was built beside the tests.
    ///
    /// SwiftPM puts the programs that a test target depends on next to its tests, wherever that is.
    ///
    /// - Parameter name: The program's name, without a path.
    /// - Returns: Its path.
    /// - Throws: ``KillFailure`` if there is none in the directory of this program, or above a bundle
    ///   that it is in.
    public static func path(ofProgram name: String) throws(KillFailure) -> String {
        let start = ownPath
        var rest = start[...]
        // A bundle has its code two directories further down, and the directory of all is above it.
        for _ in 0..<5 {
            guard let slash = rest.lastIndex(of: "/") else { break }
            rest = rest[..<slash]
            let path = "\(rest)/\(name)"
            if !Files.isDirectory(path), access(path, X_OK) == 0 { return path }
        }
        throw KillFailure(
            "there is no program \(name) beside \(start); let the test target depend on it")
    }

    /// The file that this code was loaded from.
    private static var ownPath: String {
        #if os(Linux)
            var buffer = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/self/exe", &buffer, buffer.count)
            let bytes = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
            return String(decoding: bytes, as: UTF8.self)
        #else
            var info = Dl_info()
            guard dladdr(#dsohandle, &info) != 0, let name = info.dli_fname else { return "" }
            return String(cString: name)
        #endif
    }
}
