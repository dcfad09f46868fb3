// A follower's log disagrees with its leader's: the suffix is replaced, as one unit.

// snippet.hide
import SegmentBackend
import WALProtocol

let store = try SegmentStore(at: "follower")
for index: LogIndex in 1...5 {
    try store.append(Array("old \(index)".utf8), at: LogPosition(term: 1, index: index))
}
try store.sync()
// snippet.show
// The leader of term 2 sends entries 4 and 5; ours are of term 1. A batch is applied whole or not
// at all, whatever happens, so no crash leaves the log cut but not continued.
var batch = WriteBatch()
batch.truncate(from: 4)
batch.append(Array("new 4".utf8), at: LogPosition(term: 2, index: 4), kind: .command)
batch.append(Array("new 5".utf8), at: LogPosition(term: 2, index: 5), kind: .command)
batch.setHardState(HardState(currentTerm: 2))
try store.write(batch)
try store.sync()  // acknowledge to the leader only after this

// Appending at 4 without the truncation is refused, and changes nothing.
do {
    try store.append(Array("stray".utf8), at: LogPosition(term: 2, index: 4))
} catch {
    print(error.code == .notContiguous, error.message)
}

// A batch keeps its memory when it is emptied, so that one can serve for a process's lifetime.
batch.removeAll()
// snippet.hide
let terms = try (1...5).map { try store.term(at: $0) }
precondition(terms == [1, 1, 1, 2, 2])
try store.close()
