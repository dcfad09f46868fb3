// A configuration names the backend; the store moves into the actor that owns it.
import RaftWAL

actor Replica {
    private let log: any LogStore

    init(log: sending any LogStore) { self.log = log }

    func vote(for node: String, in term: Term) throws {
        try log.setHardState(HardState(currentTerm: term, votedFor: Array(node.utf8)))
    }

    func stop() throws { try log.close() }
}

var configuration = try StoreConfiguration(backendNamed: "segment")
configuration.cacheByteCount = 4 << 20
let replica = Replica(log: try openLogStore(at: "chosen-log", configuration))
try await replica.vote(for: "node-b", in: 2)
try await replica.stop()
print(Backend.detect(at: "chosen-log")?.rawValue ?? "none")
