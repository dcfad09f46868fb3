import Foundation

/// Where and with what was measured.
struct Environment: Codable, Hashable, Sendable {
    /// The machine's architecture and, if it is known, its model.
    var machine: String
    /// The processor.
    var cpu: String
    /// The processors that are there.
    var cores: Int
    /// The memory in bytes.
    var memoryByteCount: UInt64
    /// The operating system's kernel.
    var kernel: String
    /// The file system that was measured on.
    var fileSystem: String
    /// How it is mounted.
    var mountOptions: String
    /// The device below it.
    var device: String
    /// What the kernel says of the device's queue.
    var deviceFlags: [String: String]
    /// Whether the directory lives in memory: durable figures mean nothing then.
    var isInMemory: Bool
    /// The versions of what was measured.
    var versions: [String: String]
    /// What was asked for.
    var options: [String: String]
    /// When the run began.
    var date: String

    /// Looks around.
    init(
        directory: String, versions: [String: String], options: [String: String]
    ) {
        let disk = Disk(under: directory)
        let system = Self.system()
        machine = [system.machine, Self.model].compactMap(\.self).joined(separator: ", ")
        cpu = Self.processor ?? system.machine
        cores = ProcessInfo.processInfo.activeProcessorCount
        memoryByteCount = ProcessInfo.processInfo.physicalMemory
        kernel = system.kernel
        fileSystem = disk?.fileSystem ?? "unknown"
        mountOptions = disk?.options ?? ""
        device = disk?.source ?? "unknown"
        deviceFlags = disk?.deviceFlags() ?? [:]
        isInMemory = disk?.isInMemory ?? false
        self.versions = versions
        self.options = options
        date = Date().formatted(.iso8601)
    }

    /// The environment for people.
    var lines: [String] {
        var flags = deviceFlags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            .joined(separator: " ")
        if isInMemory { flags = "in memory: durable figures mean nothing here" }
        return [
            "machine  \(machine), \(cpu), \(cores) cores, "
                + Figures.bytes(Double(memoryByteCount)),
            "system   \(kernel)",
            "disk     \(fileSystem) (\(mountOptions)) on \(device) \(flags)",
            "versions " + Self.list(versions),
            "run      " + Self.list(options) + ", \(date)",
        ]
    }

    private static func list(_ values: [String: String]) -> String {
        values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    private static func system() -> (machine: String, kernel: String) {
        var names = utsname()
        guard uname(&names) == 0 else { return ("unknown", "unknown") }
        func text<T>(_ field: T) -> String {
            withUnsafeBytes(of: field) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        return (text(names.machine), text(names.sysname) + " " + text(names.release))
    }

    /// The model as the firmware calls it, where it says so.
    private static var model: String? {
        Disk.text("/sys/class/dmi/id/product_name")?
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static var processor: String? {
        Disk.text("/proc/cpuinfo")?.split(separator: "\n")
            .first { $0.hasPrefix("model name") }?
            .split(separator: ":").last?
            .trimmingCharacters(in: .whitespaces)
    }
}
