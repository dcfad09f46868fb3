import Conformance
import Foundation

/// What stands under a directory: its file system and the device below.
struct Disk: Hashable, Sendable {
    /// The type of the file system, such as `ext4`.
    var fileSystem: String
    /// Where it is mounted.
    var mountPoint: String
    /// What is mounted there: a device, or a name.
    var source: String
    /// The options of the mount and of the file system, such as `rw,noatime,nobarrier`.
    var options: String
    /// The device below, if the file system belongs to one.
    var device: BlockDevice?

    /// Whether it lives in memory: syncs cost nothing there and mean nothing.
    var isInMemory: Bool { ["tmpfs", "ramfs", "devtmpfs"].contains(fileSystem) }

    /// Finds out what stands under a path that exists; `nil` if the system does not tell.
    init?(under path: String) {
        let canonical = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        #if os(Linux)
            guard let mounts = Self.text("/proc/self/mountinfo") else { return nil }
            self.init(under: canonical, mountInformation: mounts)
            device = BlockDevice(below: canonical)
        #else
            var status = statfs()
            guard statfs(canonical, &status) == 0 else { return nil }
            fileSystem = withUnsafeBytes(of: status.f_fstypename) { Self.string($0) }
            mountPoint = withUnsafeBytes(of: status.f_mntonname) { Self.string($0) }
            source = withUnsafeBytes(of: status.f_mntfromname) { Self.string($0) }
            options = ""
        #endif
    }

    /// Picks the mount that a path lies under from the text of `/proc/self/mountinfo`.
    init?(under path: String, mountInformation: String) {
        var best: (length: Int, fields: [Substring])?
        for line in mountInformation.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 9 else { continue }
            let mountPoint = Self.unescaped(fields[4])
            let prefix = mountPoint.hasSuffix("/") ? mountPoint : mountPoint + "/"
            guard path == mountPoint || path.hasPrefix(prefix) else { continue }
            // A later mount on the same point hides the earlier one.
            if prefix.utf8.count >= best?.length ?? 0 { best = (prefix.utf8.count, fields) }
        }
        guard let fields = best?.fields,
            let separator = fields.firstIndex(of: "-"), separator + 2 < fields.count
        else { return nil }
        mountPoint = Self.unescaped(fields[4])
        // The mount's own, and those of the file system, which say what a sync costs. An overlay
        // names its directories there, which say nothing of that.
        var all = fields[5].split(separator: ",")
        if separator + 3 < fields.count {
            all += fields[separator + 3].split(separator: ",").filter {
                !all.contains($0) && !$0.contains("dir=")
            }
        }
        options = all.joined(separator: ",")
        fileSystem = String(fields[separator + 1])
        source = Self.unescaped(fields[separator + 2])
    }

    /// The bytes written to the device since the system started; `nil` if nobody counts them.
    func writtenByteCount() -> UInt64? { device?.writes()?.byteCount }

    /// What the kernel says of the device's queue: write cache, FUA, rotation.
    func deviceFlags() -> [String: String] {
        guard let device else { return [:] }
        let directory = "/sys/dev/block/\(device.number)"
        var flags: [String: String] = [:]
        for flag in ["write_cache", "fua", "rotational", "scheduler", "nr_requests"] {
            // A partition has its queue one level up.
            let value =
                Self.text("\(directory)/queue/\(flag)")
                ?? Self.text("\(directory)/../queue/\(flag)")
            if let value { flags[flag] = value.trimmingCharacters(in: .whitespacesAndNewlines) }
        }
        return flags
    }

    static func text(_ path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }

    /// `mountinfo` writes blanks in paths as octal escapes.
    private static func unescaped(_ field: Substring) -> String {
        String(field).replacing("\\040", with: " ").replacing("\\011", with: "\t")
            .replacing("\\134", with: "\\")
    }

    private static func string(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
}

extension Disk {
    /// Waits until what was written before has reached the device and nothing more does, for half
    /// a second at most: what others write would count for whoever is measured next.
    func settle() {
        sync()
        var last = writtenByteCount()
        for _ in 0..<25 {
            usleep(20_000)
            let written = writtenByteCount()
            if written == last { return }
            last = written
        }
    }
}
