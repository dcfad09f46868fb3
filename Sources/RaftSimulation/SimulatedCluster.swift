#if CRaft
    internal import CRaftLibrary
    internal import Conformance
    package import RaftEngine
    internal import SegmentBackend
    package import WALProtocol

    /// A cluster that a seed decides everything about: times, messages, crashes, and what fails.
    package final class SimulatedCluster {
        /// What a run looks like.
        package struct Options: Sendable {
            package var seed: UInt64
            /// How long things go wrong, in milliseconds.
            package var faultyMilliseconds: UInt64 = 12_000
            /// How long the cluster may take to agree afterwards.
            package var healingMilliseconds: UInt64 = 60_000
            /// What of the engine is corrected.
            package var corrections = EngineCorrections.all
            /// Whether disks rot.
            package var rots = true
            /// Puts something between the engine and the store, such as a bug.
            package var decorate: (@Sendable (sending any LogStore) -> sending any LogStore)?
            /// Called with a line for everything that happens.
            package var onLine: (@Sendable (String) -> Void)?

            package init(seed: UInt64) { self.seed = seed }
        }

        /// What became of a run.
        package struct Outcome: Sendable {
            package var violations: [String]
            /// The same for the same seed.
            package var fingerprint: UInt64
            package var counts: ClusterRecord.Counts
            package var acknowledgedCount: Int
        }

        let time = VirtualTime()
        let record = ClusterRecord()
        let snapshotThreshold: UInt32
        let trailingEntryCount: UInt32
        let options: Options
        private var random: SeededGenerator
        /// On its own, so that a run without damage is what it would be otherwise.
        var rotRandom: SeededGenerator
        let members: [Member]
        private let addresses: [UnsafeMutablePointer<CChar>]
        var disks: [UInt64: SimulatedDisk] = [:]
        private(set) var processes: [UInt64: SimulatedProcess] = [:]
        /// Who cannot reach whom; by the sum of sender and receiver times 64.
        private var cuts: Set<UInt64> = []
        private var arrivals: [UInt64: UInt64] = [:]
        private(set) var isHealing = false
        /// Whose files were damaged, and not mended since.
        var rotten: Set<UInt64> = []
        /// Who was given up.
        var retired: Set<UInt64> = []
        /// How often a damaged replica has asked the others.
        var mendingCounts: [UInt64: Int] = [:]
        /// Whose disk was broken since the replica started.
        private var troubled: Set<UInt64> = []
        private var proposalCount: UInt64 = 0

        private init(_ options: Options) {
            self.options = options
            random = SeededGenerator(seed: options.seed)
            rotRandom = SeededGenerator(seed: options.seed, name: "rot")
            let count = random.happens(perMille: 250) ? 5 : 3 as UInt64
            members = (1...count).map { Member(id: $0, address: "replica-\($0):1") }
            addresses = members.map { member in
                let bytes = Array(member.address.utf8CString)
                let memory = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
                memory.initialize(from: bytes, count: bytes.count)
                return memory
            }
            snapshotThreshold = UInt32(random.number(12...80))
            trailingEntryCount = UInt32(random.number(1...24))
            record.onLine = options.onLine
        }

        deinit { for address in addresses { address.deallocate() } }

        /// Runs a cluster through its faults and until it agrees.
        package static func run(_ options: Options) -> Outcome {
            let cluster = SimulatedCluster(options)
            cluster.run()
            return Outcome(
                violations: cluster.record.violations, fingerprint: cluster.record.trace.value,
                counts: cluster.record.counts,
                acknowledgedCount: cluster.record.acknowledged.count)
        }

        func address(_ id: UInt64) -> UnsafePointer<CChar> {
            UnsafePointer(addresses[Int(id) - 1])
        }

        func draw() -> UInt64 { random.next() }

        // MARK: - The run

        private func run() {
            for member in members {
                let disk = SimulatedDisk()
                // Its directory was there before the replica.
                try? disk.createDirectory("/replica")
                try? disk.syncDirectory("/")
                disks[member.id] = disk
                start(member.id)
            }
            scheduleClient()
            scheduleFaults()
            while record.violations.isEmpty, time.step(until: options.faultyMilliseconds) {}
            heal()
            let end = time.now + options.healingMilliseconds
            var isDone = false
            while record.violations.isEmpty, !isDone, time.step(until: end) { isDone = agrees }
            if record.violations.isEmpty, !isDone {
                record.violate("the cluster did not agree again after the last fault")
            }
            if record.violations.isEmpty { checkEnd() }
            for member in members { processes[member.id]?.die() }
            processes = [:]
        }

        private func heal() {
            isHealing = true
            cuts = []
            record.note("heal", time.now)
            for member in members {
                disks[member.id]?.fault = nil
                disks[member.id]?.capacity = .max
            }
        }

        /// Whether all replicas that are left run, and have applied all that the leader has.
        private var agrees: Bool {
            let running = members.compactMap { processes[$0.id] }.filter(\.isRunning)
            guard running.count == members.count - retired.count,
                let leader = running.first(where: { raft_state($0.raft) == Int32(RAFT_LEADER) }),
                lastHealingIndex > 0
            else { return false }
            let last = raft_last_index(leader.raft)
            return running.allSatisfy { raft_last_applied($0.raft) == last }
        }

        /// An entry that was acknowledged after everything was mended.
        private var lastHealingIndex: LogIndex = 0

        private func checkEnd() {
            let lists = members.compactMap { processes[$0.id]?.list }
            let fingerprints = Set(lists.map(\.fingerprint))
            if fingerprints.count != 1 { record.violate("the state machines differ at the end") }
            guard let list = lists.first else { return }
            var seen: [LogIndex: UInt64] = [:]
            var commands: Set<[UInt8]> = []
            for value in list.values {
                var hash = Fingerprint()
                hash.add(value.bytes)
                seen[value.index] = hash.value
                if !commands.insert(value.bytes).inserted {
                    record.violate("the command at \(value.index) was applied twice")
                }
            }
            for (index, hash) in record.acknowledged.sorted(by: { $0.key < $1.key })
            where seen[index] != hash {
                record.violate("the command acknowledged at \(index) is gone")
            }
            record.note("end", list.fingerprint, UInt64(list.values.count), time.now)
        }

        // MARK: - Replicas

        static let path = "/replica"
        static let logPath = "/replica/log"

        func start(_ id: UInt64) {
            guard processes[id] == nil, !retired.contains(id), let disk = disks[id] else { return }
            record.note("start", id, time.now)
            do throws(LogStoreError) {
                let process = SimulatedProcess(id, try open(disk, id), self)
                processes[id] = process
                guard !process.start(members: members) else { return }
                processes[id] = nil
                process.die()
                guard !needsMending(id, process.failure) else { return mend(id) }
                tolerate(process.failure, on: id)
            } catch {
                guard !needsMending(id, error) else { return mend(id) }
                tolerate(error, on: id)
            }
            crash(id, isPowerCut: false)
        }

        private func open(_ disk: SimulatedDisk, _ id: UInt64) throws(LogStoreError)
            -> VirtualStorage
        {
            var storeOptions = storeOptions(disk)
            let seed = random.next()
            storeOptions.randomNumbers = { seed }
            let snapshots = SnapshotDirectory(at: Self.path, fileSystem: disk)
            let store = try SegmentStore(at: Self.logPath, options: storeOptions)
            let storage: ReplicaStorage
            if let decorate = options.decorate {
                storage = ReplicaStorage(decorate(store), snapshots: snapshots)
            } else {
                storage = ReplicaStorage(store, snapshots: snapshots)
            }
            try record.check(storage.store)
            return VirtualStorage(
                storage, snapshots: snapshots, id: id, time: time, record: record,
                seed: random.next())
        }

        func storeOptions(_ disk: SimulatedDisk) -> SegmentStore.Options {
            var options = SegmentStore.Options()
            options.fileSystem = disk
            options.executor = InlineExecutor()
            options.minimumSegmentByteCount = 8 << 10
            options.maximumSegmentByteCount = 16 << 10
            return options
        }

        private func needsMending(_ id: UInt64, _ error: LogStoreError?) -> Bool {
            guard let error, rotten.contains(id) else { return false }
            return [.corrupt, .unsupportedFormat].contains(error.code)
        }

        /// A disk that fails is what the run is about; damage that nobody did is not.
        private func tolerate(_ error: LogStoreError?, on id: UInt64) {
            guard let error else {
                record.violate("replica \(id) did not start")
                return
            }
            record.note("failure of \(error.code)", id, time.now)
            record.count(\.failures)
            let isDisk = [.io, .noSpace, .poisoned, .closed].contains(error.code)
            guard isDisk, troubled.contains(id) else {
                record.violate("replica \(id): \(error)")
                return
            }
        }

        /// A replica stopped because its disk failed.
        func failed(_ process: SimulatedProcess, _ error: LogStoreError) {
            guard processes[process.id] === process else { return }
            tolerate(error, on: process.id)
            crash(process.id, isPowerCut: random.happens(perMille: 300))
        }

        private func crash(_ id: UInt64, isPowerCut: Bool) {
            guard let disk = disks[id] else { return }
            record.count(\.crashes)
            record.note(isPowerCut ? "power cut" : "death", id, time.now)
            let next: SimulatedDisk
            if isPowerCut {
                record.count(\.powerCuts)
                next = disk.afterPowerCut(outcome())
            } else {
                next = disk.afterProcessDeath()
            }
            next.capacity = isHealing ? .max : disk.capacity
            disks[id] = next
            if next.capacity == .max { troubled.remove(id) }
            let process = processes.removeValue(forKey: id)
            process?.die()
            rot(id)
            time.after(random.number(10...2_500)) { [self] in start(id) }
        }

        private func outcome() -> PowerCut {
            switch random.number(0...5) {
            case 0: .losesEverything
            case 1: .keepsEverything
            default: .random(seed: random.next())
            }
        }

        // MARK: - The network

        func send(_ message: SimulatedMessage, to id: UInt64) -> Bool {
            record.count(\.messages)
            let link = message.sender * 64 + id
            guard !cuts.contains(link), isHealing || !random.happens(perMille: 10) else {
                return false
            }
            // A connection keeps the order.
            let arrival = max(time.now + random.number(1...15), arrivals[link] ?? 0)
            arrivals[link] = arrival
            time.after(arrival - time.now) { [self] in
                guard !cuts.contains(link), let process = processes[id] else { return }
                record.note(
                    "message", message.sender, id, message.type, message.entries.first,
                    message.entries.count, time.now)
                process.receive(message)
            }
            return true
        }

        // MARK: - Clients and faults

        private func scheduleClient() {
            time.after(random.number(1...40)) { [self] in
                for _ in 0..<random.number(1...4) {
                    let id = random.number(1...UInt64(members.count))
                    if let process = processes[id] { propose(to: process) }
                }
                scheduleClient()
            }
        }

        private func propose(to process: SimulatedProcess) {
            guard raft_state(process.raft) == Int32(RAFT_LEADER) else { return }
            proposalCount += 1
            var command = withUnsafeBytes(of: proposalCount.littleEndian) { [UInt8]($0) }
            command += [UInt8](
                repeating: UInt8(truncatingIfNeeded: random.next()),
                count: Int(random.number(0...600)))
            var hash = Fingerprint()
            hash.add(command)
            record.count(\.proposals)
            let wasHealing = isHealing
            process.propose(command) { [self] index in
                guard let index else { return }
                record.note("acknowledged", index, hash.value)
                record.acknowledge(hash.value, at: index)
                if wasHealing { lastHealingIndex = max(lastHealingIndex, index) }
            }
        }

        private func scheduleFaults() {
            time.after(random.number(50...900)) { [self] in
                guard !isHealing else { return }
                goWrong()
                scheduleFaults()
            }
        }

        private func goWrong() {
            let id = random.number(1...UInt64(members.count))
            switch random.number(0...99) {
            case 0..<28: crash(id, isPowerCut: true)
            case 28..<38: crash(id, isPowerCut: false)
            case 38..<43:
                for member in members { crash(member.id, isPowerCut: random.next() % 4 > 0) }
            case 43..<70: partition(id)
            default: breakDisk(id)
            }
        }

        /// Cuts a replica off, or one direction of one connection, for a while.
        private func partition(_ id: UInt64) {
            var links: [UInt64] = []
            if random.next() % 4 == 0 {
                links = [id * 64 + random.number(1...UInt64(members.count))]
            } else {
                for other in members { links += [id * 64 + other.id, other.id * 64 + id] }
            }
            cuts.formUnion(links)
            record.note("cut", id, UInt64(links.count), time.now)
            time.after(random.number(100...4_000)) { [self] in
                cuts.subtract(links)
                record.note("joined", id, time.now)
            }
        }

        private func breakDisk(_ id: UInt64) {
            guard let disk = disks[id] else { return }
            let place = disk.operationCount + Int(random.number(0...30))
            record.note("disk", id, UInt64(place), time.now)
            troubled.insert(id)
            switch random.number(0...4) {
            case 0: disk.fault = SimulatedFault(at: place, .error(5), calls: [.sync])
            case 1: disk.fault = SimulatedFault(at: place, .error(5))
            case 2: disk.fault = SimulatedFault(at: place, .short)
            case 3: disk.fault = SimulatedFault(at: place, .error(5), isLasting: true)
            default:
                disk.capacity = disk.usedByteCount + Int(random.number(0...20_000))
                time.after(random.number(500...3_000)) { [self] in disks[id]?.capacity = .max }
            }
        }
    }
#endif
