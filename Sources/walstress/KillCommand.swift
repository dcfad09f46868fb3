import ArgumentParser
import Foundation
import WALProtocol

/// `walstress kill`.
struct KillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill",
        abstract: "Kills a process whose tasks append through AsyncLog; looks for what it lost.",
        discussion: """
            In one round a process opens the store, appends from many tasks, tells of every entry \
            that is durable, and is killed with SIGKILL after a random time. Then everything that \
            any round acknowledged has to be there as it was written, everything that is there has \
            to have been written, each task's entries have to stand in its order, with one at most \
            that was not acknowledged, and the store has to pass its verification. Every ten \
            rounds a new store is begun.
            """)

    @Option(help: "The store: segment or lmdb.")
    var backend = DamageCommand.Store.segment
    @Option(help: "How often a process is killed.")
    var rounds = 200
    @Option(help: "The tasks that append.")
    var tasks = 64
    @Option(help: "Where the store is made; by default among the temporary files.")
    var directory: String?

    private static let roundsEach = 10

    func validate() throws {
        guard rounds > 0, tasks > 0 else { throw ValidationError("there is nothing to do") }
    }

    func run() throws {
        let work = (directory ?? NSTemporaryDirectory()) + "/walstress-kill-\(getpid())"
        try FileManager.default.createDirectory(
            atPath: work, withIntermediateDirectories: true)
        var acknowledgedCount = 0
        var survivors = 0
        var history = KillHistory()
        for round in 1...rounds {
            let path = work + "/\((round - 1) / Self.roundsEach)"
            let told = try KilledWriter(backend: backend, path: path, round: round, tasks: tasks)
                .live(milliseconds: Int.random(in: 1...150))
            acknowledgedCount += told.count
            history.add(told)
            do {
                let count = try check(history, at: path)
                if round == rounds || round.isMultiple(of: Self.roundsEach) {
                    survivors += count
                    history = KillHistory()
                    try FileManager.default.removeItem(atPath: path)
                }
            } catch {
                print("round \(round): \(error) (kept in \(path))")
                throw ExitCode.failure
            }
        }
        try FileManager.default.removeItem(atPath: work)
        guard acknowledgedCount > 0 else { throw KillFailure("no writer lived long enough") }
        print(
            "\(backend.rawValue): \(rounds) rounds with \(tasks) tasks, \(acknowledgedCount) "
                + "entries acknowledged, \(survivors) there in the end, none lost")
    }

    /// Opens the store that was left behind and holds it against what is known.
    ///
    /// - Returns: How many entries it has.
    private func check(_ history: KillHistory, at path: String) throws -> Int {
        let store = try RealStore.open(backend, at: path)
        try history.check(store)
        let count = store.state.last?.index ?? 0
        try store.close()
        let report = try RealStore.verify(backend, at: path)
        guard report.damages.isEmpty else { throw KillFailure("verification: \(report.damages)") }
        return Int(count)
    }
}

/// What went wrong.
struct KillFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// What the writers of one store told.
struct KillHistory {
    private var entries: [LogIndex: KillEntry] = [:]
    /// How many entries each task of each round had acknowledged.
    private var counts: [Task: UInt64] = [:]

    private struct Task: Hashable {
        var round: UInt32
        var task: UInt32

        init(_ entry: KillEntry) {
            round = entry.round
            task = entry.task
        }
    }

    mutating func add(_ told: [Acknowledgement]) {
        for acknowledgement in told {
            entries[acknowledgement.index] = acknowledgement.entry
            counts[Task(acknowledgement.entry), default: 0] += 1
        }
    }

    func check(_ store: any LogStore) throws {
        var seen: [Task: UInt64] = [:]
        var found = 0
        for index in (store.state.first ?? 1)..<(store.state.next ?? 1) {
            guard let entry = KillEntry(payload: try store.entry(at: index).payload) else {
                throw KillFailure("nobody wrote what stands at \(index)")
            }
            if let told = entries[index] {
                guard told == entry else {
                    throw KillFailure("\(told) was acknowledged at \(index), where \(entry) stands")
                }
                found += 1
            }
            let count = seen[Task(entry), default: 0]
            guard entry.count == count else {
                throw KillFailure("\(entry) stands at \(index), where the task's \(count) belongs")
            }
            seen[Task(entry)] = count + 1
        }
        guard found == entries.count else {
            let missing = entries.keys.filter { $0 >= store.state.next ?? 1 }.sorted()
            throw KillFailure(
                "\(entries.count - found) acknowledged entries are gone, from "
                    + "\(missing.first ?? 0) on; the log ends at \(store.state.last?.index ?? 0)")
        }
        for (task, count) in seen where count > counts[task, default: 0] + 1 {
            throw KillFailure("\(task) wrote \(count) entries and told of fewer than all but one")
        }
    }
}

/// A process that appends until it is killed.
private struct KilledWriter {
    let backend: DamageCommand.Store
    let path: String
    let round: Int
    let tasks: Int

    /// Lets it live for a time.
    ///
    /// - Returns: what it acknowledged.
    func live(milliseconds: Int) throws -> [Acknowledgement] {
        let process = Process()
        process.executableURL = Bundle.main.executableURL
        process.arguments = [
            "killed-writer", "--backend", backend.rawValue, "--directory", path, "--round",
            "\(round)", "--tasks", "\(tasks)",
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + .milliseconds(milliseconds))
        timer.setEventHandler { kill(process.processIdentifier, SIGKILL) }
        timer.resume()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        timer.cancel()
        guard process.terminationReason == .uncaughtSignal, process.terminationStatus == SIGKILL
        else { throw KillFailure("the writer ended by itself: \(process.terminationStatus)") }
        return output.withUnsafeBytes { bytes in
            stride(
                from: 0, through: bytes.count - Acknowledgement.byteCount,
                by: Acknowledgement.byteCount
            ).map { Acknowledgement(.init(rebasing: bytes[$0..<($0 + Acknowledgement.byteCount)])) }
        }
    }
}
