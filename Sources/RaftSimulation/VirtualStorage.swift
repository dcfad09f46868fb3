#if CRaft
    internal import Conformance
    package import RaftEngine
    package import WALProtocol

    /// A replica's storage in virtual time: what is written waits for its sync, as with a thread.
    ///
    /// Between a write and its sync the power can go.
    package final class VirtualStorage: EngineStorage {
        private struct Request {
            var work: (ReplicaStorage) throws(LogStoreError) -> Void
            var completion: (Result<Void, LogStoreError>) -> Void
            var result: Result<Void, LogStoreError>?
        }

        private let storage: ReplicaStorage
        private let snapshots: SnapshotDirectory
        private let time: VirtualTime
        private let record: ClusterRecord
        private let id: UInt64
        private var random: SeededGenerator
        private var waiting: [Request] = []
        private var running: [Request] = []
        private var isSyncing = false
        private var failure: LogStoreError?
        /// The process died: nothing reaches the disk any more.
        private var isDead = false
        /// What has to be told to the engine before it is closed.
        private var files: [Int: (LogStoreError) -> Void] = [:]
        private var fileCount = 0

        package init(
            _ storage: ReplicaStorage, snapshots: SnapshotDirectory, id: UInt64, time: VirtualTime,
            record: ClusterRecord, seed: UInt64
        ) {
            self.storage = storage
            self.snapshots = snapshots
            self.id = id
            self.time = time
            self.record = record
            random = SeededGenerator(seed: seed)
        }

        /// The last entry that is on stable storage.
        var durable: LogIndex { storage.store.state.durable?.index ?? 0 }

        package var capabilities: LogStoreCapabilities { storage.store.capabilities }

        /// What another replica may read of it.
        var log: any LogReading { storage.store }

        /// The process dies.
        package func die() { isDead = true }

        // MARK: - EngineStorage

        package func perform<R: Sendable>(
            _ body: @escaping @Sendable (ReplicaStorage) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R {
            try requireAlive()
            // In order with what is waiting.
            write()
            if let failure { throw failure }
            do throws(LogStoreError) {
                return try body(storage)
            } catch {
                if error.code != .invalidArgument { failure = error }
                throw error
            }
        }

        package func append(_ entries: WriteBatch, _ completion: @escaping Completion<Void>) {
            let (record, id) = (record, id)
            submit(completion) { (storage) throws(LogStoreError) in
                var previous: Term = 0
                if entries.entryCount > 0 {
                    let first = entries.entryHeader(at: 0).position.index
                    if first > 1 { previous = (try? storage.store.term(at: first - 1)) ?? 0 }
                }
                try storage.append(entries)
                if let last = storage.store.state.last {
                    record.note("append", id, UInt64(entries.entryCount), last.index, last.term)
                }
                entries.visitEntries { header, payload in
                    record.store(header, payload, previousTerm: previous)
                    previous = header.position.term
                }
            }
        }

        package func truncate(from index: LogIndex) {
            record.count(\.truncations)
            record.note("truncate", id, index)
            submit({ _ in }) { (storage) throws(LogStoreError) in
                try storage.truncate(from: index)
            }
        }

        package func save(_ snapshot: Snapshot, _ completion: @escaping Completion<Void>) {
            record.note("save", id, snapshot.position.index)
            record.count(\.snapshots)
            onFiles(completion) { (snapshots) throws(LogStoreError) in
                try snapshots.save(snapshot)
            }
        }

        package func drop(
            behind snapshot: LogPosition, trailing: UInt64?,
            _ completion: @escaping Completion<Void>
        ) {
            if trailing == nil { record.count(\.installations) }
            record.note("drop", id, snapshot.index, trailing ?? 0)
            submit(completion) { (storage) throws(LogStoreError) in
                if let trailing {
                    try storage.compact(behind: snapshot, trailing: trailing)
                } else {
                    try storage.reset(to: snapshot)
                }
            }
        }

        package func readSnapshot(_ completion: @escaping Completion<Snapshot?>) {
            onFiles(completion) { (snapshots) throws(LogStoreError) in try snapshots.newest() }
        }

        /// Ends everything that is under way: the process is dead by now.
        package func drain(_ completion: @escaping () -> Void) {
            let requests = running + waiting
            running = []
            waiting = []
            for request in requests { request.completion(.failure(.closed)) }
            let unfinished = files.keys.sorted().compactMap { files[$0] }
            files = [:]
            for body in unfinished { body(.closed) }
            completion()
        }

        // MARK: - Time

        private func requireAlive() throws(LogStoreError) {
            if isDead { throw .closed }
        }

        private func submit(
            _ completion: @escaping Completion<Void>,
            _ work: @escaping (ReplicaStorage) throws(LogStoreError) -> Void
        ) {
            waiting.append(Request(work: work, completion: completion))
            guard !isSyncing else { return }
            isSyncing = true
            time.after(random.number(0...1)) { [self] in begin() }
        }

        /// Writes what is waiting, and has it synced after a while.
        private func begin() {
            guard !isDead else { return }
            write()
            // It is in the page cache, or on its way: the power may go now.
            if failure == nil { try? storage.store.flush() }
            let isSlow = random.happens(perMille: 10)
            time.after(isSlow ? random.number(100...800) : random.number(1...12)) { [self] in sync()
            }
        }

        private func write() {
            let requests = waiting
            waiting = []
            for var request in requests {
                do throws(LogStoreError) {
                    if let failure { throw failure }
                    try request.work(storage)
                } catch {
                    failure = error
                    request.result = .failure(error)
                }
                running.append(request)
            }
        }

        private func sync() {
            guard !isDead else { return }
            let requests = running
            running = []
            var outcome: Result<Void, LogStoreError> = .success(())
            do throws(LogStoreError) {
                if let failure { throw failure }
                try storage.sync()
            } catch {
                failure = error
                outcome = .failure(error)
            }
            isSyncing = false
            record.note("sync", id, storage.store.state.durable?.index ?? 0, time.now)
            for request in requests { request.completion(request.result ?? outcome) }
            if !waiting.isEmpty, !isSyncing {
                isSyncing = true
                time.after(0) { [self] in begin() }
            }
        }

        private func onFiles<R: Sendable>(
            _ completion: @escaping Completion<R>,
            _ body: @escaping (SnapshotDirectory) throws(LogStoreError) -> R
        ) {
            fileCount += 1
            let number = fileCount
            files[number] = { completion(.failure($0)) }
            let snapshots = snapshots
            time.after(random.number(1...30)) { [self] in
                guard !isDead else { return }
                let result: Result<R, LogStoreError>
                do throws(LogStoreError) {
                    result = .success(try body(snapshots))
                } catch {
                    result = .failure(error)
                }
                time.after(random.number(0...5)) { [self] in
                    guard !isDead, files.removeValue(forKey: number) != nil else { return }
                    completion(result)
                }
            }
        }
    }
#endif
