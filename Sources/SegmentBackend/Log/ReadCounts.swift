internal import Synchronization

/// What the readers of a log have read, all together.
///
/// No reader of an entry in memory touches it: each counts for itself and tells now and then.
final class ReadCounts: Sendable {
    let entries = Atomic<UInt64>(0)
    let fileReads = Atomic<UInt64>(0)
    let fileBytes = Atomic<UInt64>(0)

    func noteFileRead(_ byteCount: Int) {
        fileReads.add(1, ordering: .relaxed)
        fileBytes.add(UInt64(byteCount), ordering: .relaxed)
    }
}
