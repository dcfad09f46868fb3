#if CRaft
    import ArgumentParser
    import Foundation
    import RaftEngine
    import RaftSimulation
    import RaftWAL
    import SegmentBackend
    import Synchronization
    import WALProtocol

    /// One node as a process of its own, which takes orders from its standard input.
    ///
    /// | order | answer |
    /// |---|---|
    /// | `propose VALUE` | `ok VALUE INDEX` or `no VALUE CODE`, whenever that is known |
    /// | `status` | `status STATE TERM APPLIED LAST SNAPSHOT ENTRIES SYNCS CUTS RESETS HASH COUNT` |
    /// | `values` | `value INDEX VALUE` for each, then `end` |
    struct NodeCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "node", abstract: "One node, for 'kill' and 'bench'.",
            shouldDisplay: false)

        @Option var id: UInt64
        @Option(help: "ID=HOST:PORT, for each.")
        var member: [String]
        @Option var dir: String
        @Option var backend: String
        @Option var threshold: UInt32 = 8_192
        @Option var trailing: UInt32 = 1_024
        @Option var payload: Int = 8

        func run() async throws {
            var options = RaftNode.Options()
            options.electionTimeoutMilliseconds = 400
            options.heartbeatMilliseconds = 60
            options.reconnectMilliseconds = 60
            options.snapshotTimeoutMilliseconds = 1_000
            options.snapshotThreshold = threshold
            options.trailingEntryCount = trailing
            let members = try member.map { text in
                let parts = text.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, let id = UInt64(parts[0]) else {
                    throw ValidationError("'\(text)' is not ID=HOST:PORT")
                }
                return Member(id: id, address: String(parts[1]))
            }
            options.bootstrapMembers = members
            options.onFailure = { error in
                Self.say("failed \(error)")
                _exit(3)
            }
            guard let own = members.first(where: { $0.id == id }) else {
                throw ValidationError("--member has to name --id, too")
            }
            mkdir(dir, 0o755)
            var configuration = try StoreConfiguration(backendNamed: backend)
            configuration.maximumSegmentByteCount = 256 << 10
            let store = try openLogStore(at: dir + "/log", configuration)
            let list = ValueList()
            let node = try await RaftNode.start(
                id: id, address: own.address, directory: dir, store: store, stateMachine: list,
                options: options)
            Self.say("ready")
            await serve(node, list)
            await node.stop()
        }

        private func serve(_ node: RaftNode, _ list: ValueList) async {
            let orders = AsyncStream<String> { continuation in
                Thread.detachNewThread {
                    while let line = readLine() { continuation.yield(line) }
                    continuation.finish()
                }
            }
            let payload = payload
            for await order in orders {
                let words = order.split(separator: " ")
                switch words.first {
                case "propose":
                    guard words.count == 2, let value = UInt64(words[1]) else { continue }
                    Task {
                        do throws(RaftError) {
                            let index = try await node.propose(Self.command(value, payload))
                            Self.say("ok \(value) \(index)")
                        } catch {
                            Self.say("no \(value) \(error.code)")
                        }
                    }
                case "status":
                    let status = await node.status
                    Self.say(
                        "status \(status.state.rawValue) \(status.term) \(status.applied) "
                            + "\(status.last) \(status.snapshot) \(status.storedEntryCount) "
                            + "\(status.syncCount) \(status.truncationCount) \(status.resetCount) "
                            + "\(list.fingerprint) \(list.values.count)")
                case "values":
                    for value in list.values {
                        Self.say("value \(value.index) \(Self.value(value.bytes))")
                    }
                    Self.say("end")
                default: return
                }
            }
        }

        private static func command(_ value: UInt64, _ byteCount: Int) -> [UInt8] {
            let bytes = withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }
            return bytes + [UInt8](repeating: 0, count: max(0, byteCount - 8))
        }

        private static func value(_ bytes: [UInt8]) -> UInt64 {
            bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }

        /// One line to whoever gave the order, whole.
        private static func say(_ line: String) {
            // Not `print`: to flush it would wait for the thread that reads.
            let bytes = Array((line + "\n").utf8)
            Self.output.withLock { _ in
                var done = 0
                while done < bytes.count {
                    let count = bytes.withUnsafeBytes { buffer in
                        buffer.baseAddress.map { write(1, $0 + done, buffer.count - done) } ?? -1
                    }
                    guard count > 0 else { return }
                    done += count
                }
            }
        }

        private static let output = Mutex(())
    }
#endif
