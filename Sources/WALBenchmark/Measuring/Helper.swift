import CLimits
import Conformance
import Foundation
import WALProtocol

/// Work that needs a process of its own: one that is killed, or one whose memory is measured.
struct Helper: Sendable {
    /// What the child does.
    enum Task: String, CaseIterable, Sendable {
        /// Writes a log, syncs it, and exits without closing.
        case writeAndDie
        /// Writes a log, syncing now and then, and prints how much its memory grew: at a line for
        /// each twentieth of the entries, their number and the bytes.
        case memory
        /// Opens a log, reads entries here and there, and prints how much its memory grew.
        case memoryReopened
    }

    /// The program to start.
    var executable: String

    /// Names the program to start; it has to hand its arguments to ``perform(_:_:path:entryCount:)``.
    init(executable: String) { self.executable = executable }

    /// The first argument of a child.
    static let argument = "child"

    /// Starts a child, waits for it, and gives back what it printed.
    ///
    /// - Throws: `io` with the child's message if it failed.
    func run(
        _ task: Task, backend: String, path: String, entryCount: Int
    ) throws(LogStoreError) -> String {
        let process = Process()
        let output = Pipe()
        let messages = Pipe()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = [Self.argument, task.rawValue, backend, path, "\(entryCount)"]
        process.standardOutput = output
        process.standardError = messages
        do {
            try process.run()
        } catch {
            throw LogStoreError(.io, "the child process \(executable) did not start: \(error)")
        }
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = messages.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw LogStoreError(
                .io,
                "the child process that writes the log failed: "
                    + String(decoding: complaint, as: UTF8.self))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// What the child runs.
    ///
    /// Returns what it is to print; `writeAndDie` never returns.
    static func perform(
        _ task: Task, _ contestant: Contestant, path: String, entryCount: Int
    ) throws -> String {
        limit_die_with_parent()
        let scratch = Scratch(existing: path)
        let bench = Bench(profile: .quick, scratch: scratch)
        // Touched first, so that the pool and the code count neither for nor against a store.
        keep(UInt64(bench.payloads.bytes.reduce(0) { $0 &+ Int($1) }))
        if task == .writeAndDie {
            let store = try contestant.open(path, nil)
            try write(entryCount, to: store, in: bench, syncs: false)
            withExtendedLifetime(store) { _exit(0) }
        }
        let before = try residentByteCount()
        let store = try contestant.open(path, nil)
        if task == .memory {
            var lines: [String] = []
            for part in 1...20 {
                let end = entryCount / 20 * part
                try write(end, to: store, in: bench, syncs: true)
                lines.append("\(end) \(try residentByteCount() - before)")
            }
            try store.close()
            return lines.joined(separator: "\n")
        }
        var random = SeededGenerator(seed: 5)
        for place in random.places(10_000, below: entryCount) {
            try store.withEntry(at: 1 + LogIndex(place)) { (header, _) throws(LogStoreError) in
                keep(header.position.index)
            }
        }
        let after = try residentByteCount()
        try store.close()
        return "\(after - before)"
    }

    /// Writes a log up to so many entries, synced at its end and, if wanted, every 10,000.
    private static func write(
        _ entryCount: Int, to store: any LogStore, in bench: Bench, syncs: Bool
    ) throws(LogStoreError) {
        while case let next = store.state.next ?? 1, next <= entryCount {
            try bench.fill(store, through: min(entryCount, Int(next) + 9_999))
            if syncs { try store.sync() }
        }
        try store.sync()
    }

    /// The resident memory of this process, mapped files included.
    static func residentByteCount() throws(NotMeasurable) -> Int {
        guard let text = Disk.text("/proc/self/statm"),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { throw NotMeasurable("this system has no /proc/self/statm") }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
