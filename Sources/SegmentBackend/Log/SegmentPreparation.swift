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

    /// A preparation under way; guarded by the lock, but for the file, which the background has.
    private final class Job: @unchecked Sendable {
        let sequence: UInt64
        let capacity: Int
        /// How full the segment before it was when this was last asked for.
        private var progress: Double
        /// How full that one is to be when this is done.
        private var end: Double
        /// The bytes that should be there by now.
        private var due = 0.0
        /// How far it is to be filled by now.
        var target = 0
        var isQueued = false
        var isCancelled = false
        var file: (any File)?
        var filled = 0

        init(sequence: UInt64, capacity: Int, progress: Double) {
            self.sequence = sequence
            self.capacity = capacity
            self.progress = progress
            end = max(SegmentPreparation.end, (1 + progress) / 2)
        }

        /// The segment before it is so full after a burst, which nothing is made up for: what is
        /// missing is spread over what is left.
        func skip(to progress: Double) {
            guard progress > self.progress else { return }
            self.progress = progress
            end = max(end, (1 + progress) / 2)
        }

        /// The segment before it is so full: what is missing is spread over most of the rest.
        func goOn(at progress: Double) {
            let share = end > self.progress ? (progress - self.progress) / (end - self.progress) : 1
            due += (Double(capacity) - due) * min(1, max(0, share))
            self.progress = max(self.progress, progress)
            let piece = SegmentPreparation.pieceByteCount
            let isDone = capacity <= piece || Int(due.rounded()) >= capacity
            target = isDone ? capacity : Int(due) / piece * piece
        }
    }

    /// What is written at a time: few enough bytes that a sync of the writer which meets them on
    /// their way to the device hardly has to wait for them.
    private static let pieceByteCount = 64 << 10

    /// How full the segment before it is when a segment should be there.
    private static let end = 0.85

    /// A sync of more is a burst: what there is to gain from zeros is little beside its own bytes,
    /// and those would still be on their way to the disk when the next sync comes.
    private static let burstByteCount = 256 << 10

    private let directory: StoreDirectory
    let executor: any BackgroundExecutor
    /// Removes what nobody needs any more, between preparations.
    let removal: SegmentRemoval
    private let lock = Lock()
    private var prepared: Prepared?
    private var job: Job?

    init(
        directory: StoreDirectory, executor: any BackgroundExecutor, adopted: Prepared?
    ) {
        self.directory = directory
        self.executor = executor
        removal = SegmentRemoval(fileSystem: directory.fileSystem, executor: executor)
        prepared = adopted
    }

    /// Goes on making a segment, unless it is there.
    ///
    /// A failure shows when it is taken.
    ///
    /// - Parameter progress: How full the segment before it is, from 0 to 1. Zeros written all at
    ///   once, or synced in between, would hold up the writer's syncs.
    /// - Parameter syncedByteCount: What the sync wrote that shows the need.
    func prepare(sequence: UInt64, capacity: Int, progress: Double, syncedByteCount: Int) {
        let queued = lock.withLock { () -> Job? in
            guard prepared?.sequence != sequence else { return nil }
            let present = job
            let job: Job
            if let present, present.sequence == sequence {
                job = present
            } else {
                job = Job(sequence: sequence, capacity: capacity, progress: progress)
                self.job = job
            }
            if syncedByteCount > Self.burstByteCount {
                job.skip(to: progress)
            } else {
                job.goOn(at: progress)
            }
            guard !job.isQueued, job.filled < job.target else { return nil }
            job.isQueued = true
            return job
        }
        guard let queued else { return }
        executor.submit { [self] in run(queued) }
    }

    private func run(_ job: Job) {
        do throws(SystemCallError) {
            while let target = nextTarget(of: job) {
                let file: any File
                if let begun = job.file {
                    file = begun
                } else {
                    file = try directory.beginSegment(sequence: job.sequence)
                    job.file = file
                }
                try StoreDirectory.zeroFill(file, from: job.filled, to: target)
                // Not synced: each sync is a flush of the device and a write of the file's
                // metadata, which the writer's syncs wait for. When the last piece is there the
                // others have reached the device.
                try file.startWriting(target - job.filled, at: UInt64(job.filled))
                if target == job.capacity { try file.sync() }
                try finishPiece(of: job, file, filled: target)
            }
        } catch {
            abandon(job)
        }
    }

    /// Where the next piece ends; `nil` if there is none for now.
    private func nextTarget(of job: Job) -> Int? {
        let (target, isCancelled) = lock.withLock { () -> (Int?, Bool) in
            job.isQueued = !job.isCancelled && job.filled < job.target
            let end = min(job.target, job.filled + Self.pieceByteCount)
            return (job.isQueued ? end : nil, job.isCancelled)
        }
        if isCancelled { abandon(job) }
        return target
    }

    private func finishPiece(
        of job: Job, _ file: any File, filled: Int
    ) throws(SystemCallError) {
        // Named under the lock: the writer may be about to make this segment itself.
        try lock.withLock { () throws(SystemCallError) in
            job.filled = filled
            guard filled == job.capacity, !job.isCancelled else { return }
            try directory.nameSegment(sequence: job.sequence)
            if self.job === job { self.job = nil }
            prepared = Prepared(
                sequence: job.sequence, capacity: job.capacity, file: file, isNameDurable: true)
        }
    }

    /// Removes what there is of a segment that nobody will take.
    private func abandon(_ job: Job) {
        lock.withLock { if self.job === job { self.job = nil } }
        guard job.file != nil else { return }
        job.file = nil
        try? directory.removeUnnamedSegment(sequence: job.sequence)
    }

    /// Stops what is under way.
    private func cancel() {
        let cancelled = lock.withLock { () -> Job? in
            job?.isCancelled = true
            defer { job = nil }
            return job?.isQueued == false ? job : nil
        }
        guard let cancelled else { return }
        executor.submit { [self] in abandon(cancelled) }
    }

    /// The segment that was prepared, or one made now, with at least a capacity.
    ///
    /// - Throws: `noSpace`, `io`. Nothing is lost: it may be called again.
    func take(
        sequence: UInt64, atLeast needed: Int, capacity: Int
    ) throws(LogStoreError) -> Prepared {
        cancel()
        let ready = lock.withLock { () -> Prepared? in
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

    /// Ends all background work: a segment that should be whole by now will be, and whoever opens
    /// the store next uses it; any other is given up.
    func end() {
        let isDue = lock.withLock { job.map { $0.target == $0.capacity } ?? true }
        if !isDue { cancel() }
        removal.hurry()
        executor.drain()
    }
}
