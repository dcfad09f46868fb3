#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The room in the file system of a directory, in bytes.
struct DiskSpace {
    var freeByteCount: UInt64
    var totalByteCount: UInt64

    /// Asks the operating system; `nil` if it does not tell.
    init?(at path: String) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let unit = UInt64(status.f_frsize)
        // What is left for a process without privileges.
        freeByteCount = Self.product(unit, UInt64(status.f_bavail))
        totalByteCount = Self.product(unit, UInt64(status.f_blocks))
    }

    private static func product(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (value, overflow) = a.multipliedReportingOverflow(by: b)
        return overflow ? .max : value
    }
}
