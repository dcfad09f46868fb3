internal import WALProtocol

/// Makes the next segment ahead of its use, zero-filled and its name durable, off the caller's
/// path; or at once, unfilled, when the writer is faster than that.
final class SegmentPreparation: @unchecked Sendable {
    /// A file that reads as zeros, with a segment's name.
    struct Prepared: Sendable {
        var sequence: UInt64
        var capacity: Int
        var file: any File
        /// Whether a crash cannot take the name away.
        var isNameDurable: Bool
    }

    /// A preparation under way; guarded by the lock.
    private final class Job: @unchecked Sendable {
        let sequence: UInt64
        var isCancelled = false

        init(sequence: UInt64) { self.sequence = sequence }
    }

    private let directory: StoreDirectory
    let executor: any BackgroundExecutor
    private let lock = Lock()
    private var prepared: Prepared?
    private var job: Job?

    init(
        directory: StoreDirectory, executor: any BackgroundExecutor, adopted: Prepared?
    ) {
        self.directory = directory
        self.executor = executor
        prepared = adopted
    }

    /// Starts making a segment, unless it is there or under way.
    ///
    /// A failure shows when it is taken.
    func prepare(sequence: UInt64, capacity: Int) {
        let newJob = lock.withLock { () -> Job? in
            guard prepared?.sequence != sequence, job?.sequence != sequence else { return nil }
            job = Job(sequence: sequence)
            return job
        }
        guard let newJob else { return }
        executor.submit { [self] in run(newJob, capacity: capacity) }
    }

    private func run(_ newJob: Job, capacity: Int) {
        let file = try? directory.makeUnnamedSegment(sequence: newJob.sequence, capacity: capacity)
        {
            lock.withLock { newJob.isCancelled }
        }
        lock.withLock {
            if job === newJob { job = nil }
            guard let file else { return }
            // Named under the lock: the writer may be about to make this segment itself.
            guard !newJob.isCancelled,
                (try? directory.nameSegment(sequence: newJob.sequence)) != nil
            else {
                try? directory.removeUnnamedSegment(sequence: newJob.sequence)
                return
            }
            prepared = Prepared(
                sequence: newJob.sequence, capacity: capacity, file: file, isNameDurable: true)
        }
    }

    /// The segment that was prepared, or one made now, with at least a capacity.
    ///
    /// - Throws: `noSpace`, `io`. Nothing is lost: it may be called again.
    func take(
        sequence: UInt64, atLeast needed: Int, capacity: Int
    ) throws(LogStoreError) -> Prepared {
        let ready = lock.withLock { () -> Prepared? in
            job?.isCancelled = true
            job = nil
            defer { prepared = nil }
            return prepared
        }
        if let ready, ready.sequence == sequence, ready.capacity >= needed { return ready }
        do throws(SystemCallError) {
            if ready != nil { try directory.fileSystem.remove(directory.segmentPath(sequence)) }
            let file = try directory.makeUnfilledSegment(sequence: sequence, capacity: capacity)
            return Prepared(
                sequence: sequence, capacity: capacity, file: file, isNameDurable: false)
        } catch {
            throw LogStoreError(error)
        }
    }

    /// Returns when all background work is done.
    func drain() { executor.drain() }
}
