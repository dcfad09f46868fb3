// A snapshot covers the front of the log; or a snapshot of the leader replaces all of it.

// snippet.hide
import SegmentBackend
import WALProtocol

let store = try SegmentStore(at: "snapshots")
for index: LogIndex in 1...1000 {
    try store.append(Array("command \(index)".utf8), at: LogPosition(term: 3, index: index))
}
// snippet.show
// The state machine saved a snapshot that covers everything up to entry 900.
try store.compact(through: LogPosition(term: 3, index: 900))
try store.sync()
print(store.state.first ?? 0)  // 901
print(try store.term(at: 900))  // 3: the compacted position is remembered, AppendEntries needs it

// Asking for what is gone is an error of its own: send a snapshot to that follower.
do {
    _ = try store.entry(at: 900)
} catch {
    print(error.code == .compacted, "readable from \(error.context.expected ?? 0) on")
}

// The leader sent a snapshot far ahead of this log: drop everything and continue behind it.
try store.reset(to: LogPosition(term: 7, index: 50_000))
try store.sync()
print(store.state.next ?? 0)  // 50001
// snippet.hide
precondition(store.state.isEmpty && store.state.next == 50_001)
try store.close()
