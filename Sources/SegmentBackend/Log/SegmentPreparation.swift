internal import WALProtocol

/// Makes the next segment ahead of its use: zero-filled, and its name durable, off the caller's
/// path.
final class SegmentPreparation: @unchecked Sendable {
    /// A file of zeros with a segment's name.
    struct Prepared: Sendable {
        var sequence: UInt64
        var capacity: Int
        var file: any File
    }

    private let directory: StoreDirectory
    let executor: any BackgroundExecutor
    private let lock = Lock()
    private var prepared: Prepared?

    init(
        directory: StoreDirectory, executor: any BackgroundExecutor, adopted: Prepared?
    ) {
        self.directory = directory
        self.executor = executor
        prepared = adopted
    }

    /// Starts making a segment, unless it is there. A failure shows when it is taken.
    func prepare(sequence: UInt64, capacity: Int) {
        if lock.withLock({ prepared?.sequence == sequence }) { return }
        executor.submit { [self] in
            let file = try? directory.makeSegment(sequence: sequence, capacity: capacity)
            lock.withLock {
                prepared = file.map { Prepared(sequence: sequence, capacity: capacity, file: $0) }
            }
        }
    }

    /// The segment that was prepared, or one made now, with at least a capacity.
    ///
    /// - Throws: `noSpace`, `io`. Nothing is lost: it may be called again.
    func take(
        sequence: UInt64, atLeast needed: Int, capacity: Int
    ) throws(LogStoreError) -> Prepared {
        executor.drain()
        if let ready = lock.withLock({ prepared }) {
            if ready.sequence == sequence, ready.capacity >= needed {
                lock.withLock { prepared = nil }
                return ready
            }
        }
        do throws(SystemCallError) {
            // Replaces, by renaming, what is too small.
            let file = try directory.makeSegment(sequence: sequence, capacity: capacity)
            lock.withLock { prepared = nil }
            return Prepared(sequence: sequence, capacity: capacity, file: file)
        } catch {
            throw LogStoreError(error)
        }
    }

    /// Returns when all background work is done.
    func drain() { executor.drain() }
}
