package import WALProtocol

/// What a cluster was seen to do, and whether that was right.
///
/// Election safety, log matching, leader completeness, state machine safety (Raft §5.2–5.4), and
/// what the storage owes: terms and votes that left a replica, and acknowledged proposals, stay.
package final class ClusterRecord {
    package struct Vote: Hashable, Sendable {
        package var term: Term = 0
        package var candidate: UInt64 = 0
        package init() {}
    }

    private struct Stored: Hashable {
        var hash: UInt64
        var previousTerm: Term
    }

    private struct Hard {
        var durable = Vote()
        var attempted = Vote()
    }

    /// What was wrong, in the order in which it was found.
    package private(set) var violations: [String] = []
    /// A hash of all that happened.
    package private(set) var trace = Fingerprint()
    /// Called with all that happens, as text.
    package var onLine: (@Sendable (String) -> Void)?
    package private(set) var acknowledged: [LogIndex: UInt64] = [:]
    package private(set) var counts = Counts()

    /// How often something happened.
    package struct Counts: Hashable, Sendable {
        package var elections = 0
        package var crashes = 0
        package var powerCuts = 0
        package var failures = 0
        package var truncations = 0
        package var installations = 0
        package var snapshots = 0
        package var proposals = 0
        package var messages = 0
        /// Disks that were damaged.
        package var rots = 0
        /// Logs that were mended with another replica's entries, and how many were put back.
        package var repairs = 0
        package var repairedEntryCount = 0
        /// Replicas that could not be mended.
        package var retirements = 0

        package init() {}

        /// Adds up.
        package static func += (sum: inout Counts, one: Counts) {
            for path in [
                \.elections, \.crashes, \.powerCuts, \.failures, \.truncations, \.installations,
                \.snapshots, \.proposals, \.messages, \.rots, \.repairs, \.repairedEntryCount,
                \.retirements,
            ] as [WritableKeyPath<Counts, Int>] {
                sum[keyPath: path] += one[keyPath: path]
            }
        }
    }

    private var leaders: [Term: UInt64] = [:]
    private var entries: [LogPosition: Stored] = [:]
    private var committed: [LogIndex: Term] = [:]
    package private(set) var lastCommitted: LogIndex = 0
    private var applied: [LogIndex: UInt64] = [:]
    private var hard: [UInt64: Hard] = [:]

    package init() {}

    package func note(_ what: @autoclosure () -> String, _ numbers: UInt64...) {
        for number in numbers { trace.add(number) }
        onLine?(what() + " " + numbers.map(String.init).joined(separator: " "))
    }

    package func count(_ what: WritableKeyPath<Counts, Int>, _ number: Int = 1) {
        counts[keyPath: what] += number
    }

    package func violate(_ what: String) {
        violations.append(what)
        onLine?("VIOLATION: " + what)
    }

    // MARK: - The engine

    /// A replica leads in a term.
    ///
    /// - Parameter log: The term that its log has at an index; `nil` if it begins after it.
    package func lead(_ id: UInt64, term: Term, last: LogIndex, _ log: (LogIndex) -> Term?) {
        if let other = leaders[term] {
            if other != id { violate("\(other) and \(id) both lead in term \(term)") }
            return
        }
        leaders[term] = id
        counts.elections += 1
        for index in stride(from: lastCommitted, to: 0, by: -1) {
            guard let expected = committed[index], expected < term else { continue }
            guard index <= last else {
                violate("the leader of term \(term) lacks the committed entry \(index)")
                return
            }
            guard let found = log(index) else { return }
            if found != expected {
                violate("the leader of term \(term) has another entry \(index) than the committed")
            }
        }
    }

    /// A replica stores an entry.
    package func store(_ header: EntryHeader, _ payload: RawSpan, previousTerm: Term) {
        let position = header.position
        var hash = Fingerprint()
        hash.add(UInt64(header.kind.rawValue))
        payload.withUnsafeBytes { hash.add($0) }
        let stored = Stored(hash: hash.value, previousTerm: previousTerm)
        guard let known = entries[position] else {
            entries[position] = stored
            return
        }
        if known != stored {
            violate(
                "two logs have different entries at index \(position.index), term \(position.term)")
        }
    }

    /// A replica starts with a log; none of its entries is another one than was stored once.
    package func check(_ log: some LogReading) throws(LogStoreError) {
        var previous = log.state.compacted?.term ?? 0
        try log.visitEntries(in: log.state.indexes) { header, payload in
            store(header, payload, previousTerm: previous)
            previous = header.position.term
        }
    }

    /// A replica takes an entry for committed.
    package func commit(_ position: LogPosition) {
        if let known = committed[position.index], known != position.term {
            violate("entry \(position.index) was committed in terms \(known) and \(position.term)")
        }
        committed[position.index] = position.term
        lastCommitted = max(lastCommitted, position.index)
    }

    /// A replica applies a command.
    package func apply(_ hash: UInt64, at index: LogIndex, on id: UInt64) {
        if let known = applied[index], known != hash {
            violate("replica \(id) applied another command at \(index) than the others")
        }
        applied[index] = hash
    }

    /// A client was told that its command was committed.
    package func acknowledge(_ hash: UInt64, at index: LogIndex) {
        if applied[index] != hash {
            violate("the command acknowledged at \(index) is not the one applied there")
        }
        acknowledged[index] = hash
    }

    // MARK: - The storage

    /// A replica is about to store term and vote.
    package func attempt(_ id: UInt64, _ change: (inout Vote) -> Void) {
        var state = hard[id] ?? Hard()
        change(&state.attempted)
        hard[id] = state
    }

    /// The storage says that they are stored.
    package func promise(_ id: UInt64) {
        guard var state = hard[id] else { return }
        note("vote", id, state.attempted.term, state.attempted.candidate)
        state.durable = state.attempted
        hard[id] = state
    }

    /// A replica tells a candidate that it votes for it.
    package func checkVote(_ id: UInt64, term: Term, candidate: UInt64) {
        let durable = hard[id]?.durable ?? Vote()
        if durable.term != term || durable.candidate != candidate {
            violate("replica \(id) voted for \(candidate) in term \(term) before that was durable")
        }
    }

    /// A replica starts with a term and a vote.
    package func load(_ id: UInt64, _ vote: Vote) {
        let state = hard[id] ?? Hard()
        note("load", id, vote.term, vote.candidate)
        if vote != state.durable && vote != state.attempted {
            violate(
                "replica \(id) had voted for \(state.durable.candidate) in term "
                    + "\(state.durable.term), and came back with \(vote.candidate) in \(vote.term)")
        }
        hard[id] = Hard(durable: vote, attempted: vote)
    }
}
