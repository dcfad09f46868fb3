#if CRaft
    package import CRaftLibrary
    package import WALProtocol

    /// The engine's interface to the world, with its nine storage functions over a store.
    ///
    /// Whoever makes one fills in the rest first (`raft_uv_init`, or a simulation). A failure of the
    /// disk is never reported to the engine, which would go on in ways that are not safe, such as
    /// giving an index that was replicated a second entry: the node is stopped instead
    /// (`onFailure`), and opened again by whoever runs it.
    package final class EngineIO {
        /// The interface, for `raft_init`.
        package let io: UnsafeMutablePointer<raft_io>
        package let storage: any EngineStorage
        private let onFailure: (LogStoreError) -> Void
        /// Where the next append goes; the engine does not say.
        private var next: LogIndex = 1
        /// What the snapshot covers that the engine restores next.
        package private(set) var restoredIndex: LogIndex = 0
        /// Why the last snapshot was not saved; `nil` if it was.
        package private(set) var snapshotFailure: LogStoreError?
        /// The engine's requests that failed: it hears of them when it has been stopped.
        private var failed: [() -> Void] = []
        private var close: CloseFunction?
        let corrections: EngineCorrections

        private typealias CloseFunction =
            @convention(c) (
                UnsafeMutablePointer<raft_io>?, raft_io_close_cb?
            ) -> Void

        /// Allocates an interface that is empty but for nothing; call ``install()`` when the rest is
        /// filled in.
        package init(
            _ storage: any EngineStorage,
            correcting corrected: Set<EngineCorrections.Correction> = EngineCorrections.all,
            onUnavailable: @escaping (String) -> Void,
            onFailure: @escaping (LogStoreError) -> Void
        ) {
            self.storage = storage
            corrections = EngineCorrections(corrected, onUnavailable: onUnavailable)
            self.onFailure = onFailure
            // `raft_io` has no field for a context of ours: it stands behind it.
            let size = MemoryLayout<raft_io>.stride + MemoryLayout<UnsafeMutableRawPointer>.stride
            let memory = UnsafeMutableRawPointer.allocate(
                byteCount: size, alignment: MemoryLayout<raft_io>.alignment)
            memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
            io = memory.assumingMemoryBound(to: raft_io.self)
            memory.storeBytes(
                of: Unmanaged.passUnretained(self).toOpaque(),
                toByteOffset: MemoryLayout<raft_io>.stride, as: UnsafeMutableRawPointer.self)
        }

        deinit { UnsafeMutableRawPointer(io).deallocate() }

        static func of(_ io: UnsafeMutablePointer<raft_io>?) -> EngineIO {
            guard let io else { preconditionFailure("the engine names its interface") }
            let context = UnsafeRawPointer(io).load(
                fromByteOffset: MemoryLayout<raft_io>.stride, as: UnsafeRawPointer.self)
            return Unmanaged<EngineIO>.fromOpaque(context).takeUnretainedValue()
        }

        /// Puts the storage functions in, and a `close` that waits for what is under way.
        package func install() {
            io.pointee.load = { io, term, vote, snapshot, start, entries, count in
                let engine = EngineIO.of(io)
                guard let term, let vote, let snapshot, let start, let entries, let count else {
                    return RAFT_INVALID
                }
                do throws(LogStoreError) {
                    let loaded = try engine.load()
                    term.pointee = loaded.term
                    vote.pointee = loaded.vote
                    snapshot.pointee = loaded.snapshot
                    start.pointee = loaded.start
                    entries.pointee = loaded.entries
                    count.pointee = loaded.count
                    return 0
                } catch {
                    return engine.fail(error)
                }
            }
            io.pointee.bootstrap = { io, configuration in
                EngineIO.of(io).write(configuration) { (storage, bytes) throws(LogStoreError) in
                    try storage.bootstrap(configuration: bytes)
                }
            }
            io.pointee.recover = { io, configuration in
                EngineIO.of(io).write(configuration) { (storage, bytes) throws(LogStoreError) in
                    try storage.recover(configuration: bytes)
                }
            }
            io.pointee.set_term = { io, term in
                EngineIO.of(io).write { (storage) throws(LogStoreError) in
                    try storage.setTerm(term)
                }
            }
            io.pointee.set_vote = { io, id in
                EngineIO.of(io).write { (storage) throws(LogStoreError) in
                    try storage.setVote(id)
                }
            }
            io.pointee.append = { io, request, entries, count, completion in
                guard let request else { return RAFT_INVALID }
                EngineIO.of(io).append(request, entries, count, completion)
                return 0
            }
            io.pointee.truncate = { io, index in
                let engine = EngineIO.of(io)
                engine.next = index
                engine.storage.truncate(from: index)
                return 0
            }
            io.pointee.snapshot_put = { io, trailing, request, snapshot, completion in
                guard let request, let snapshot else { return RAFT_INVALID }
                EngineIO.of(io).put(request, snapshot.pointee, trailing, completion)
                return 0
            }
            io.pointee.snapshot_get = { io, request, completion in
                guard let request else { return RAFT_INVALID }
                EngineIO.of(io).get(request, completion)
                return 0
            }
            corrections.install(in: io)
            close = io.pointee.close
            io.pointee.close = { io, completion in
                let engine = EngineIO.of(io)
                engine.storage.drain {
                    for request in engine.failed { request() }
                    engine.failed = []
                    engine.close?(engine.io, completion)
                }
            }
        }

        // MARK: - Starting

        private struct Loaded {
            var term: raft_term = 0
            var vote: raft_id = 0
            var snapshot: UnsafeMutablePointer<raft_snapshot>?
            var start: raft_index = 1
            var entries: UnsafeMutablePointer<raft_entry>?
            var count = 0
        }

        private func load() throws(LogStoreError) -> Loaded {
            // The engine waits for it, so that what it allocates there is seen here.
            let box = try storage.perform { (storage) throws(LogStoreError) in
                let found = try storage.load()
                var loaded = Loaded(term: found.hardState?.currentTerm ?? 0, start: found.start)
                loaded.vote = try ReplicaStorage.voted(found.hardState)
                if let snapshot = found.snapshot {
                    loaded.snapshot = try EngineMemory.snapshot(snapshot)
                }
                try Self.read(found.indexes, of: storage.store, into: &loaded)
                return UnsafeTransfer(loaded)
            }
            let loaded = box.value
            restoredIndex = loaded.snapshot?.pointee.index ?? 0
            next = loaded.start + LogIndex(loaded.count)
            return loaded
        }

        private static func read(
            _ indexes: Range<LogIndex>, of store: any LogStore, into loaded: inout Loaded
        ) throws(LogStoreError) {
            guard !indexes.isEmpty else { return }
            guard let count = Int(exactly: indexes.upperBound - indexes.lowerBound),
                count < Int.max / MemoryLayout<raft_entry>.stride,
                let entries = EngineMemory.allocate(raft_entry.self, count: count)
            else { throw EngineMemory.noMemory }
            var done = 0
            try store.visitEntries(in: indexes) { (header, payload) throws(LogStoreError) in
                guard done < count, let entry = EngineMemory.entry(header, payload),
                    done > 0 || loaded.snapshot != nil || header.kind == .configuration
                else {
                    throw LogStoreError(
                        .corrupt, "the log holds an entry that its engine did not put there",
                        context: .init(
                            index: header.position.index, found: UInt64(header.kind.rawValue)))
                }
                (entries + done).initialize(to: entry)
                done += 1
            }
            loaded.entries = entries
            loaded.count = done
        }

        private func write(
            _ configuration: UnsafePointer<raft_configuration>?,
            _ body: @escaping @Sendable (ReplicaStorage, [UInt8]) throws(LogStoreError) -> Void
        ) -> Int32 {
            guard let bytes = EngineMemory.encoded(configuration) else { return RAFT_NOMEM }
            do throws(LogStoreError) {
                try storage.perform { (storage) throws(LogStoreError) in
                    try body(storage, bytes)
                }
                return 0
            } catch {
                return error.code == .invalidArgument ? RAFT_CANTBOOTSTRAP : fail(error)
            }
        }

        // MARK: - Running

        private func write(
            _ body: @escaping @Sendable (ReplicaStorage) throws(LogStoreError) -> Void
        ) -> Int32 {
            do throws(LogStoreError) {
                try storage.perform(body)
                return 0
            } catch {
                return fail(error)
            }
        }

        private func append(
            _ request: UnsafeMutablePointer<raft_io_append>,
            _ entries: UnsafePointer<raft_entry>?, _ count: UInt32, _ completion: raft_io_append_cb?
        ) {
            var batches = EngineMemory.batches(
                entries, count: count, at: next,
                byteLimit: storage.capabilities.maximumBatchByteCount)
            next += LogIndex(count)
            let last = next - 1
            let final = batches.removeLast()
            for batch in batches { storage.append(batch) { [self] in finish($0) { _ in } } }
            storage.append(final) { [self] in
                // By the time it hears of a failure the engine only frees what the request held. Told
                // of several, it would cut its log in memory twice, and crash.
                finish($0) { [self] _ in
                    corrections.answering(about: last) { completion?(request, 0) }
                }
            }
        }

        private func put(
            _ request: UnsafeMutablePointer<raft_io_snapshot_put>, _ snapshot: raft_snapshot,
            _ trailing: UInt32, _ completion: raft_io_snapshot_put_cb?
        ) {
            let snapshot = EngineMemory.snapshot(snapshot)
            // Zero means that another member's snapshot replaces everything.
            if trailing == 0 {
                next = snapshot.position.index + 1
                restoredIndex = snapshot.position.index
            }
            let position = snapshot.position
            storage.save(snapshot) { [self] (result) in
                if case .failure(let error) = result, trailing > 0, error.code == .noSpace {
                    // Nothing was lost but the effort: the engine tries again later.
                    snapshotFailure = error
                    completion?(request, code(error))
                    return
                }
                snapshotFailure = nil
                guard case .success = result else {
                    return finish(result) { status in completion?(request, status) }
                }
                storage.drop(behind: position, trailing: trailing == 0 ? nil : UInt64(trailing)) {
                    [self] in
                    finish($0) { status in completion?(request, status) }
                }
            }
        }

        private func get(
            _ request: UnsafeMutablePointer<raft_io_snapshot_get>,
            _ completion: raft_io_snapshot_get_cb?
        ) {
            storage.readSnapshot { [self] (result) in
                do throws(LogStoreError) {
                    guard let snapshot = try result.get() else {
                        completion?(request, nil, RAFT_NOTFOUND)
                        return
                    }
                    completion?(request, try EngineMemory.snapshot(snapshot), 0)
                } catch {
                    completion?(request, nil, fail(error))
                }
            }
        }

        /// Completes a request of the engine.
        ///
        /// If it failed the node stops, and only then the engine is told: it would go on otherwise.
        private func finish(
            _ result: Result<Void, LogStoreError>, _ body: @escaping (Int32) -> Void
        ) {
            switch result {
            case .success: body(0)
            case .failure(let error):
                let code = fail(error)
                failed.append { body(code) }
            }
        }

        /// Stops the node, and says why in the engine's words.
        private func fail(_ error: LogStoreError) -> Int32 {
            onFailure(error)
            return code(error)
        }

        private func code(_ error: LogStoreError) -> Int32 {
            withUnsafeMutableBytes(of: &io.pointee.errmsg) { text in
                var message = error.description
                message.withUTF8 { bytes in
                    let part = UnsafeRawBufferPointer(bytes).prefix(text.count - 1)
                    text.copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
                    text[part.count] = 0
                }
            }
            switch error.code {
            case .noSpace: return RAFT_NOSPACE
            case .corrupt, .unsupportedFormat: return RAFT_CORRUPT
            case .closed: return RAFT_CANCELED
            default: return RAFT_IOERR
            }
        }
    }

    /// Something that one thread hands to another that waits for it.
    package struct UnsafeTransfer<Value>: @unchecked Sendable {
        package let value: Value
        package init(_ value: Value) { self.value = value }
    }
#endif
