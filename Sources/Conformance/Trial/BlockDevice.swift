#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The block device below a file system, as far as the kernel counts what it does.
package struct BlockDevice: Hashable, Sendable {
    /// What a device has done since the system started.
    package struct Writes: Hashable, Sendable {
        /// Requests, not counting those that were merged into others.
        package var count: UInt64
        package var byteCount: UInt64
    }

    /// `major:minor`.
    package var number: String

    package init(number: String) { self.number = number }

    /// The device that holds a path; `nil` if there is none, as below a file system in memory, or if
    /// the system does not tell.
    package init?(below path: String) {
        #if os(Linux)
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            // As glibc's gnu_dev_major and gnu_dev_minor compute them.
            let device = UInt64(status.st_dev)
            let major = (device >> 8 & 0xFFF) | (device >> 32 & ~0xFFF)
            let minor = (device & 0xFF) | (device >> 12 & ~0xFF)
            guard major != 0 else { return nil }
            number = "\(major):\(minor)"
        #else
            return nil
        #endif
    }

    /// What was written to it; `nil` if nobody counts that.
    package func writes() -> Writes? {
        guard let bytes = Files.contents(of: "/proc/diskstats") else { return nil }
        return writes(in: String(decoding: bytes, as: UTF8.self))
    }

    /// Finds it in the text of `/proc/diskstats`, whose sectors are always of 512 bytes.
    package func writes(in statistics: String) -> Writes? {
        for line in statistics.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 10, "\(fields[0]):\(fields[1])" == number else { continue }
            guard let count = UInt64(fields[7]), let sectors = UInt64(fields[9]),
                case let (byteCount, false) = sectors.multipliedReportingOverflow(by: 512)
            else { return nil }
            return Writes(count: count, byteCount: byteCount)
        }
        return nil
    }
}
