import SegmentBackend
import WALProtocol

let store = try SegmentStore(at: "log")
let next = store.state.next ?? 1
try store.append(Array("x = 1".utf8), at: LogPosition(term: 1, index: next))
try store.append(Array("y = 2".utf8), at: LogPosition(term: 1, index: next + 1))
try store.sync()  // from here on both survive the loss of power
try store.setHardState(HardState(currentTerm: 2, votedFor: Array("node-b".utf8)))
for entry in try store.entries(in: store.state.indexes) {
    print(entry.position, String(decoding: entry.payload, as: UTF8.self))
}
try store.close()
