import SegmentBackend

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The directory that a salvage writes to.
enum SalvageTarget {
    /// Why nothing can be written there; `nil` if it can.
    ///
    /// - Parameter source: The store that is only read: nothing may be made in it either.
    static func obstacle(
        at path: String, source: String
    ) throws(LogStoreError) -> String? {
        if let place = resolved(path), let source = resolved(source),
            place == source || place.hasPrefix(source + "/")
        {
            return "lies in the store that is to be salvaged"
        }
        let disk = POSIXFileSystem()
        do throws(SystemCallError) {
            switch try disk.kind(of: path) {
            case nil: return nil
            case .directory: return try disk.list(path).isEmpty ? nil : "is not empty"
            case .file, .other: return "is not a directory"
            }
        } catch {
            throw LogStoreError(error, writing: false)
        }
    }

    /// The path without symbolic links; what does not exist yet stays as it is written.
    private static func resolved(_ path: String) -> String? {
        if let real = realpath(path, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        guard let slash = trimmed.lastIndex(of: "/") else {
            return resolved(".").map { $0 + "/" + trimmed }
        }
        let parent = slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
        return resolved(parent).map { $0 + "/" + trimmed[trimmed.index(after: slash)...] }
    }
}
