#if CRaft
    internal import AsyncWAL
    internal import WALProtocol

    /// A replica's storage on threads of its own: one owns the log, one writes snapshots.
    ///
    /// Group commit: what comes while a sync is running is written and synced together, by one sync,
    /// when it has ended. The store belongs to the thread, so that any will do. After a failure
    /// nothing is tried any more: everything fails as the first one did.
    final class StorageThread: EngineStorage, @unchecked Sendable {
        /// What the log's thread did.
        struct Counts: Sendable {
            var entryCount = 0
            var syncCount = 0
            var truncationCount = 0
            var resetCount = 0
        }

        private typealias Work = @Sendable (ReplicaStorage) throws(LogStoreError) -> Void

        private struct Request: Sendable {
            var work: Work
            var needsSync = true
            var entryCount = 0
            var completion: @Sendable (Result<Void, LogStoreError>) -> Void
        }

        private enum State { case running, ending, ended }

        let capabilities: LogStoreCapabilities
        private let loop: EventLoop
        private let snapshots: SnapshotDirectory
        private let log = Monitor()
        private let files: SerialThread
        // Guarded by `log`.
        private var requests: [Request] = []
        private var counts = Counts()
        private var state = State.running
        // The engine's thread's alone.
        private var underWay = 0
        private var drained: (() -> Void)?

        /// Takes over the storage.
        ///
        /// - Throws: `io` if there are no threads.
        init(
            _ storage: sending ReplicaStorage, snapshots: SnapshotDirectory, loop: EventLoop
        ) throws(LogStoreError) {
            capabilities = storage.store.capabilities
            self.loop = loop
            self.snapshots = snapshots
            files = try SerialThread()
            let box = UnsafeTransfer(storage)
            guard startThread({ [self] in run(box.value) }) else {
                files.end()
                throw SerialThread.missing
            }
        }

        var statistics: Counts { log.withLock { counts } }

        /// Closes the store and ends the threads; the engine is gone by now.
        func end() {
            files.end()
            log.lock()
            state = .ending
            log.signal()
            while state != .ended { log.wait() }
            log.unlock()
        }

        // MARK: - EngineStorage

        func perform<R: Sendable>(
            _ body: @escaping @Sendable (ReplicaStorage) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R {
            let answer = Answer<R>()
            submit(
                Request(
                    work: { (storage) throws(LogStoreError) in
                        answer.value = .success(try body(storage))
                    },
                    needsSync: false,
                    completion: { (result) in
                        if case .failure(let error) = result { answer.value = .failure(error) }
                        answer.finish()
                    }))
            return try answer.wait().get()
        }

        func append(_ entries: WriteBatch, _ completion: @escaping Completion<Void>) {
            begin(entryCount: entries.entryCount, completion) { (storage) throws(LogStoreError) in
                try storage.append(entries)
            }
        }

        func truncate(from index: LogIndex) {
            log.withLock { counts.truncationCount += 1 }
            begin({ _ in }) { (storage) throws(LogStoreError) in
                try storage.truncate(from: index)
            }
        }

        func save(_ snapshot: Snapshot, _ completion: @escaping Completion<Void>) {
            onFiles(completion) { (snapshots) throws(LogStoreError) in
                try snapshots.save(snapshot)
            }
        }

        func drop(
            behind snapshot: LogPosition, trailing: UInt64?,
            _ completion: @escaping Completion<Void>
        ) {
            if trailing == nil { log.withLock { counts.resetCount += 1 } }
            begin(completion) { (storage) throws(LogStoreError) in
                if let trailing {
                    try storage.compact(behind: snapshot, trailing: trailing)
                } else {
                    try storage.reset(to: snapshot)
                }
            }
        }

        func readSnapshot(_ completion: @escaping Completion<Snapshot?>) {
            onFiles(completion) { (snapshots) throws(LogStoreError) in try snapshots.newest() }
        }

        func drain(_ completion: @escaping () -> Void) {
            drained = completion
            let box = UnsafeTransfer(self)
            loop.submit { box.value.endIfDrained() }
        }

        // MARK: - The engine's side

        private func begin(
            entryCount: Int = 0, _ completion: @escaping Completion<Void>, _ work: @escaping Work
        ) {
            underWay += 1
            submit(
                Request(
                    work: work, entryCount: entryCount, completion: deliver(completion)))
        }

        private func onFiles<R: Sendable>(
            _ completion: @escaping Completion<R>,
            _ body: @escaping @Sendable (SnapshotDirectory) throws(LogStoreError) -> R
        ) {
            underWay += 1
            let deliver = deliver(completion)
            let snapshots = snapshots
            files.submit {
                do throws(LogStoreError) {
                    deliver(.success(try body(snapshots)))
                } catch {
                    deliver(.failure(error))
                }
            }
        }

        /// A completion that runs on the engine's thread, whoever calls it.
        private func deliver<R: Sendable>(
            _ completion: @escaping Completion<R>
        ) -> @Sendable (Result<R, LogStoreError>) -> Void {
            let box = UnsafeTransfer(completion)
            return { [self] (result) in
                loop.submit { [self] in
                    box.value(result)
                    underWay -= 1
                    endIfDrained()
                }
            }
        }

        private func endIfDrained() {
            guard underWay == 0, let drained else { return }
            self.drained = nil
            drained()
        }

        private func submit(_ request: Request) {
            log.lock()
            let wasEmpty = requests.isEmpty
            requests.append(request)
            log.unlock()
            if wasEmpty { log.signal() }
        }

        // MARK: - The log's thread

        private func run(_ storage: ReplicaStorage) {
            var failure: LogStoreError?
            while true {
                log.lock()
                while requests.isEmpty, state == .running { log.wait() }
                let group = requests
                requests = []
                log.unlock()
                if group.isEmpty { break }
                serve(group, storage, &failure)
            }
            // Nobody waits for it: what was acknowledged is durable.
            try? storage.store.close()
            log.lock()
            state = .ended
            log.unlock()
            log.signal()
        }

        private func serve(
            _ group: [Request], _ storage: ReplicaStorage, _ failure: inout LogStoreError?
        ) {
            var results: [Result<Void, LogStoreError>] = []
            var needsSync = false
            for request in group {
                do throws(LogStoreError) {
                    if let failure { throw failure }
                    try request.work(storage)
                    needsSync = needsSync || request.needsSync
                    results.append(.success(()))
                } catch {
                    // What follows would stand on what is not there.
                    if request.needsSync { failure = error }
                    results.append(.failure(error))
                }
            }
            if needsSync {
                do throws(LogStoreError) {
                    try storage.sync()
                } catch {
                    failure = error
                    results = results.map { if case .success = $0 { .failure(error) } else { $0 } }
                }
            }
            log.withLock {
                counts.entryCount += group.reduce(0) { $0 + $1.entryCount }
                if needsSync { counts.syncCount += 1 }
            }
            for (request, result) in zip(group, results) { request.completion(result) }
        }
    }

    /// What one thread waits for and another one finds.
    private final class Answer<Value: Sendable>: @unchecked Sendable {
        private let monitor = Monitor()
        private var isFinished = false
        /// Written before ``finish()``, read after it.
        var value: Result<Value, LogStoreError>?

        func finish() {
            monitor.lock()
            isFinished = true
            monitor.unlock()
            monitor.signal()
        }

        func wait() -> Result<Value, LogStoreError> {
            monitor.lock()
            while !isFinished { monitor.wait() }
            monitor.unlock()
            return value ?? .failure(.closed)
        }
    }

    /// A thread that does one thing after the other.
    final class SerialThread: @unchecked Sendable {
        private let monitor = Monitor()
        private var work: [@Sendable () -> Void] = []
        private var isEnding = false

        static var missing: LogStoreError {
            LogStoreError(.io, "the system gives no thread for the disk")
        }

        init() throws(LogStoreError) {
            guard startThread({ [self] in run() }) else { throw Self.missing }
        }

        func submit(_ body: @escaping @Sendable () -> Void) {
            monitor.lock()
            work.append(body)
            monitor.unlock()
            monitor.signal()
        }

        /// Ends the thread after what was submitted.
        func end() {
            monitor.lock()
            isEnding = true
            monitor.unlock()
            monitor.signal()
        }

        private func run() {
            while true {
                monitor.lock()
                while work.isEmpty, !isEnding { monitor.wait() }
                let now = work
                work = []
                monitor.unlock()
                if now.isEmpty { return }
                for body in now { body() }
            }
        }
    }
#endif
