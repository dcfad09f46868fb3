// One owner writes; readers run beside it on other threads, without a lock.

import SegmentBackend
import WALProtocol

/// Owns the store: a store is not Sendable, so a second writer does not compile.
actor Replica {
    private let log: any LogStore

    init(log: sending any LogStore) { self.log = log }

    func propose(_ command: [UInt8], term: Term) throws -> LogIndex {
        let position = LogPosition(term: term, index: log.state.next ?? 1)
        try log.append(command, at: position)
        try log.sync()
        return position.index
    }

    /// A reader belongs to one task; make one for each.
    func makeReader() -> sending any LogReader { log.makeReader() }
}

let replica = Replica(log: try SegmentStore(at: "replica"))
for number in 1...100 {
    _ = try await replica.propose(Array("command \(number)".utf8), term: 1)
}

let reader = await replica.makeReader()
let replication = Task.detached { [reader] in
    // At most 1 KiB for one message; the index to continue with comes back. Nothing is copied:
    // the span is valid until the closure returns, whatever the writer does meanwhile.
    var payloadByteCount = 0
    let next = try reader.visitEntries(in: 1..<101, maxByteCount: 1024) {
        (header, payload) throws(LogStoreError) in
        payloadByteCount += payload.byteCount
    }
    return (next, payloadByteCount)
}
print(try await replication.value)
