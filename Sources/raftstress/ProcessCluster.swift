#if CRaft
    import ArgumentParser
    import Foundation
    import RaftSimulation
    import Synchronization

    /// Something that is said once.
    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .acquiring) }
        func set() { value.store(true, ordering: .releasing) }
    }

    /// Three nodes as processes, and clients that propose to whoever leads.
    final class ProcessCluster: Sendable {
        struct Failure: Error, CustomStringConvertible {
            let description: String
            init(_ text: String) { description = text }
        }

        let directory: String
        let ids: [UInt64] = [1, 2, 3]
        private let addresses: [String]
        private let backends: [String]
        private let options: [String]
        private let processes = Mutex<[UInt64: NodeProcess]>([:])
        private let acknowledged = Mutex<[UInt64: UInt64]>([:])
        private let nextValue = Atomic<UInt64>(1)
        private let knownLeader = Mutex<NodeProcess?>(nil)

        /// - Parameter backend: `segment`, `lmdb`, or `mixed`.
        init(backend: String, directory: String?, options: [String]) throws {
            let root = directory ?? NSTemporaryDirectory()
            self.directory = root + "/raftstress-\(getpid())-\(backend)"
            try FileManager.default.createDirectory(
                atPath: self.directory, withIntermediateDirectories: true)
            addresses = try ids.map { "\($0)=127.0.0.1:\(try Loopback.freePort())" }
            backends =
                backend == "mixed"
                ? ["segment", "lmdb", "segment"] : Array(repeating: backend, count: 3)
            self.options = options
        }

        func remove() { try? FileManager.default.removeItem(atPath: directory) }

        // MARK: - Processes

        func start(_ id: UInt64) throws {
            var arguments = addresses.flatMap { ["--member", $0] } + options
            arguments += ["--dir", "\(directory)/\(id)", "--backend", backends[Int(id) - 1]]
            let process = try NodeProcess(id: id, arguments: arguments)
            processes.withLock { $0[id] = process }
        }

        func kill(_ id: UInt64) {
            processes.withLock { $0.removeValue(forKey: id) }?.kill()
        }

        func stopAll() {
            for id in ids { processes.withLock { $0.removeValue(forKey: id) }?.stop() }
        }

        func process(_ id: UInt64) -> NodeProcess? { processes.withLock { $0[id] } }

        var running: [NodeProcess] {
            let all = processes.withLock { $0 }
            return ids.compactMap { all[$0] }
        }

        func byteCount(_ id: UInt64) -> Int {
            let root = "\(directory)/\(id)"
            let names = FileManager.default.enumerator(atPath: root)?.allObjects ?? []
            return names.compactMap { $0 as? String }.reduce(0) { sum, name in
                var information = stat()
                guard stat(root + "/" + name, &information) == 0 else { return sum }
                return sum + Int(information.st_blocks) * 512
            }
        }

        // MARK: - Waiting

        func wait(
            for what: String, seconds: Int = 60, _ condition: () async throws -> Bool
        ) async throws {
            let end = ContinuousClock.now + .seconds(seconds)
            while ContinuousClock.now < end {
                if try await condition() { return }
                for process in running where !process.isAlive {
                    throw Failure("node \(process.id) died by itself")
                }
                try await Task.sleep(for: .milliseconds(10))
            }
            throw Failure("no \(what) within \(seconds) s")
        }

        func leader() async throws -> NodeProcess {
            var found: NodeProcess?
            try await wait(for: "leader") {
                for process in running {
                    if await process.status()?.state == "leader" { found = process }
                }
                return found != nil
            }
            guard let found else { throw Failure("no leader") }
            return found
        }

        /// Waits until all nodes have applied the same.
        func waitForAgreement() async throws {
            try await propose()
            try await wait(for: "agreement") {
                var seen: [NodeProcess.Status] = []
                for process in running {
                    if let status = await process.status() { seen.append(status) }
                }
                return seen.count == ids.count && Set(seen.map(\.fingerprint)).count == 1
                    && Set(seen.map(\.valueCount)).count == 1
                    && (seen.first?.valueCount ?? 0) >= acknowledgedCount
            }
        }

        // MARK: - Clients

        var acknowledgedCount: Int { acknowledged.withLock { $0.count } }

        /// Proposes one value, again and again, until a leader has taken it.
        func propose() async throws {
            try await wait(for: "acknowledgement") { await proposeOnce() }
        }

        /// Proposes a new value to whoever leads, as far as is known.
        ///
        /// - Returns: whether it was acknowledged.
        func proposeOnce() async -> Bool {
            let value = nextValue.wrappingAdd(1, ordering: .relaxed).oldValue
            var leader = knownLeader.withLock { $0 }
            if leader?.isAlive != true {
                leader = nil
                for process in running where leader == nil {
                    if await process.status()?.state == "leader" { leader = process }
                }
                let found = leader
                knownLeader.withLock { $0 = found }
            }
            guard let leader else { return false }
            guard let index = await leader.propose(value) else {
                knownLeader.withLock { if $0 === leader { $0 = nil } }
                return false
            }
            acknowledged.withLock { $0[value] = index }
            return true
        }

        /// Runs something while clients propose.
        func withClients(_ count: Int, _ body: () async throws -> Void) async throws {
            let isOver = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<count {
                    group.addTask { [self] in
                        while !isOver.isSet {
                            if await !proposeOnce() {
                                try await Task.sleep(for: .milliseconds(5))
                            }
                        }
                    }
                }
                defer { isOver.set() }
                try await body()
            }
        }

        /// Waits until some more values have been acknowledged.
        func waitForMore(_ count: Int) async throws {
            let goal = acknowledgedCount + count
            try await wait(for: "progress") { acknowledgedCount >= goal }
        }

        // MARK: - Checks

        /// Every acknowledged value is there, once, where it was said to be, on every node.
        func check() async throws {
            let expected = acknowledged.withLock { $0 }
            for process in running {
                guard let values = await process.values() else {
                    throw Failure("node \(process.id) does not say what it has")
                }
                var places: [UInt64: UInt64] = [:]
                for value in values {
                    guard places.updateValue(value.index, forKey: value.value) == nil else {
                        throw Failure("node \(process.id) applied \(value.value) twice")
                    }
                }
                for (value, index) in expected where places[value] != index {
                    throw Failure(
                        "node \(process.id) lost \(value), acknowledged at \(index)")
                }
            }
        }
    }
#endif
