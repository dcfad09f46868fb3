#if CRaft
    import CRaftLibrary
    import Conformance
    import RaftEngine
    import RaftSimulation
    import Synchronization
    import Testing
    import WALProtocol

    /// What stands between the engine and the store, without an engine.
    @Suite struct EngineIOTests {
        /// What a node would be told.
        private final class Told {
            var failures: [LogStoreError] = []
            var reasons: [String] = []
        }

        /// An interface over a simulated disk, and what it tells.
        private final class Interface {
            let disk = SimulatedDisk()
            let time = VirtualTime()
            let told = Told()
            let engine: EngineIO
            var io: UnsafeMutablePointer<raft_io> { engine.io }

            init() throws {
                let storage = VirtualStorage(
                    try SimulatedReplica.open(on: disk),
                    snapshots: SimulatedReplica.snapshots(on: disk), id: 1, time: time,
                    record: ClusterRecord(), seed: 1)
                engine = EngineIO(
                    storage, onUnavailable: { [told] in told.reasons.append($0) },
                    onFailure: { [told] in told.failures.append($0) })
                io.pointee.start = { io, _, tick, receive in
                    let started = Started(tick: tick, receive: receive)
                    starts.withLock { $0[UInt(bitPattern: io)] = started }
                    return 0
                }
                engine.install()
            }

            /// What the transport was given to call.
            func start() throws -> Started {
                _ = io.pointee.start(io, 1, { _ in }) { io, message in
                    guard let snapshot = message?.pointee.install_snapshot else { return }
                    let heard = Heard(
                        index: snapshot.last_index, base: UInt(bitPattern: snapshot.data.base))
                    received.withLock { $0[UInt(bitPattern: io)] = heard }
                }
                return try #require(starts.withLock { $0[UInt(bitPattern: io)] })
            }
        }

        /// A transport left the pointer of an empty snapshot as it was, and it was freed.
        @Test func emptySnapshotHasNoPointer() throws {
            let interface = try Interface()
            let started = try interface.start()
            var message = raft_message()
            message.type = UInt16(RAFT_IO_INSTALL_SNAPSHOT)
            message.install_snapshot.last_index = 7
            message.install_snapshot.data.base = UnsafeMutableRawPointer(bitPattern: 0xDEAD)
            started.receive?(interface.io, &message)
            let heard = try #require(received.withLock { $0[UInt(bitPattern: interface.io)] })
            #expect(heard.index == 7)
            #expect(heard.base == 0)
            // The log could not go on behind this one.
            message.install_snapshot.last_index = .max
            started.receive?(interface.io, &message)
            let next = try #require(received.withLock { $0[UInt(bitPattern: interface.io)] })
            #expect(next.index == 7)
        }

        /// The engine had switched itself off, the node seemed to run, and nobody was told.
        @Test func engineThatSwitchesItselfOffIsTold() throws {
            let interface = try Interface()
            let started = try interface.start()
            let raft = UnsafeMutablePointer<raft>.allocate(capacity: 1)
            defer { raft.deallocate() }
            raft.initialize(to: CRaftLibrary.raft())
            raft.pointee.state = UInt16(RAFT_FOLLOWER)
            interface.io.pointee.data = UnsafeMutableRawPointer(raft)
            started.tick?(interface.io)
            #expect(interface.told.reasons.isEmpty)
            raft.pointee.state = UInt16(RAFT_UNAVAILABLE)
            started.tick?(interface.io)
            #expect(interface.told.reasons.count == 1)
            var message = raft_message()
            message.type = UInt16(RAFT_IO_TIMEOUT_NOW)
            started.receive?(interface.io, &message)
            #expect(interface.told.reasons.count == 2)
        }

        /// A snapshot failed again and again and nobody was told: neither of a full disk, nor of a
        /// broken one.
        @Test(arguments: [false, true])
        func snapshotThatFailsIsTold(isBroken: Bool) throws {
            let interface = try Interface()
            if isBroken {
                interface.disk.fault = SimulatedFault(
                    at: interface.disk.operationCount, .error(5), isLasting: true)
            } else {
                interface.disk.capacity = interface.disk.usedByteCount
            }
            var request = raft_io_snapshot_put()
            var snapshot = raft_snapshot()
            snapshot.index = 3
            snapshot.term = 1
            _ = interface.io.pointee.snapshot_put(interface.io, 2, &request, &snapshot) { _, _ in }
            while interface.time.step(until: 10_000) {}
            #expect(interface.told.failures.map(\.code) == (isBroken ? [.io] : []))
            #expect(interface.engine.snapshotFailure?.code == (isBroken ? nil : .noSpace))
        }

        /// A follower that lacked more than a batch holds was sent it at once, and stopped.
        @Test func longAppendIsWrittenInBatches() throws {
            let sizes = [10, 10, 10, 10, 30, 5, 20]
            let payloads = sizes.map {
                UnsafeMutableRawPointer.allocate(byteCount: $0, alignment: 8)
            }
            defer { for payload in payloads { payload.deallocate() } }
            let entries = zip(sizes, payloads).map { size, payload in
                payload.initializeMemory(as: UInt8.self, repeating: UInt8(size), count: size)
                return raft_entry(
                    term: 4, type: UInt16(RAFT_COMMAND),
                    buf: raft_buffer(base: payload, len: size), batch: nil)
            }
            let batches = EngineMemory.batches(
                entries, count: UInt32(entries.count), at: 9, byteLimit: 25)
            #expect(batches.map(\.entryCount) == [2, 2, 1, 2])
            var next: LogIndex = 9
            for batch in batches {
                batch.visitEntries { header, payload in
                    #expect(header.position == LogPosition(term: 4, index: next))
                    #expect(payload.byteCount == sizes[Int(next - 9)])
                    next += 1
                }
            }
            #expect(next == 16)
            #expect(EngineMemory.batches(entries, count: 7, at: 9, byteLimit: 95).count == 1)
            #expect(EngineMemory.batches(nil, count: 0, at: 9, byteLimit: 95).count == 1)
        }
    }

    private struct Started: @unchecked Sendable {
        var tick: raft_io_tick_cb?
        var receive: raft_io_recv_cb?
    }

    private struct Heard {
        var index: LogIndex
        var base: UInt
    }

    // C functions have no context: by the address of the interface.
    private let starts = Mutex<[UInt: Started]>([:])
    private let received = Mutex<[UInt: Heard]>([:])
#endif
