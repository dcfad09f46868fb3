#if CRaft
    internal import CRaftLibrary
    internal import RaftEngine

    /// A message on its way: a copy in the engine's memory, which the receiver takes over.
    final class SimulatedMessage {
        let sender: UInt64
        private var message: raft_message
        private var isDelivered = false

        /// Copies a message; `nil` if there is no memory.
        init?(_ original: raft_message, from sender: UInt64) {
            self.sender = sender
            message = original
            switch Int(original.type) {
            case RAFT_IO_APPEND_ENTRIES:
                let count = Int(original.append_entries.n_entries)
                message.append_entries.entries = nil
                guard count > 0 else { break }
                guard
                    let entries = Self.copy(
                        UnsafeBufferPointer(start: original.append_entries.entries, count: count))
                else { return nil }
                message.append_entries.entries = entries
            case RAFT_IO_INSTALL_SNAPSHOT:
                let snapshot = original.install_snapshot
                guard
                    case .success(let configuration) = EngineMemory.configuration(
                        EngineMemory.members(snapshot.conf)),
                    let data = EngineMemory.copy(EngineMemory.bytes(snapshot.data))
                else { return nil }
                message.install_snapshot.conf = configuration
                message.install_snapshot.data = data
            default: break
            }
        }

        deinit {
            guard !isDelivered else { return }
            switch Int(message.type) {
            case RAFT_IO_APPEND_ENTRIES:
                if let entries = message.append_entries.entries {
                    raft_free(entries[0].batch)
                    raft_free(entries)
                }
            case RAFT_IO_INSTALL_SNAPSHOT:
                raft_configuration_close(&message.install_snapshot.conf)
                raft_free(message.install_snapshot.data.base)
            default: break
            }
        }

        /// Hands the message over.
        ///
        /// - Parameter address: The sender's.
        func deliver(
            address: UnsafePointer<CChar>, _ body: (UnsafeMutablePointer<raft_message>) -> Void
        ) {
            isDelivered = true
            message.server_id = sender
            message.server_address = address
            body(&message)
        }

        var type: UInt64 { UInt64(message.type) }

        /// Where the entries begin that it brings, and how many there are.
        var entries: (first: UInt64, count: UInt64) {
            guard Int(message.type) == RAFT_IO_APPEND_ENTRIES else { return (0, 0) }
            let entries = message.append_entries
            return (entries.prev_log_index &+ 1, UInt64(entries.n_entries))
        }

        /// Copies entries as they come from a network: all payloads in one batch.
        private static func copy(
            _ entries: UnsafeBufferPointer<raft_entry>
        ) -> UnsafeMutablePointer<raft_entry>? {
            let byteCount = entries.reduce(0) { $0 + $1.buf.len }
            guard let copies = EngineMemory.allocate(raft_entry.self, count: entries.count),
                let batch = raft_malloc(max(1, byteCount))
            else { return nil }
            var offset = 0
            for (place, entry) in entries.enumerated() {
                var copy = entry
                copy.batch = batch
                copy.buf.base = batch + offset
                if let source = entry.buf.base {
                    (batch + offset).copyMemory(from: source, byteCount: entry.buf.len)
                }
                offset += entry.buf.len
                (copies + place).initialize(to: copy)
            }
            return copies
        }
    }
#endif
