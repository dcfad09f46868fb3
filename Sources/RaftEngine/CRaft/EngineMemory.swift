#if CRaft
    package import CRaftLibrary
    package import WALProtocol

    /// Values in the engine's memory: what is handed to it is its own, made by `raft_malloc`.
    package enum EngineMemory {
        /// Memory for a number of values; `nil` if there is none.
        package static func allocate<T>(
            _ type: T.Type, count: Int
        ) -> UnsafeMutablePointer<T>? {
            raft_malloc(max(1, count) * MemoryLayout<T>.stride)?.assumingMemoryBound(to: T.self)
        }

        /// A copy of bytes.
        package static func copy(_ bytes: UnsafeRawBufferPointer) -> raft_buffer? {
            guard let base = raft_malloc(max(1, bytes.count)) else { return nil }
            if let source = bytes.baseAddress {
                base.copyMemory(from: source, byteCount: bytes.count)
            }
            return raft_buffer(base: base, len: bytes.count)
        }

        /// The bytes of a buffer.
        package static func bytes(_ buffer: raft_buffer) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(start: buffer.base, count: buffer.len)
        }

        // MARK: - Members

        /// The members of a configuration.
        package static func members(_ configuration: raft_configuration) -> [Member] {
            UnsafeBufferPointer(start: configuration.servers, count: Int(configuration.n)).map {
                Member(
                    id: $0.id, address: String(cString: $0.address),
                    role: UInt8(exactly: $0.role).flatMap(Member.Role.init) ?? .spare)
            }
        }

        /// A configuration, to be closed with `raft_configuration_close`.
        package static func configuration(
            _ members: [Member]
        ) -> Result<raft_configuration, RaftError> {
            var configuration = raft_configuration()
            raft_configuration_init(&configuration)
            for member in members {
                let status = raft_configuration_add(
                    &configuration, member.id, member.address, Int32(member.role.rawValue))
                if status != 0 {
                    raft_configuration_close(&configuration)
                    return .failure(RaftError(status: status))
                }
            }
            return .success(configuration)
        }

        // MARK: - Entries

        /// The entries of an append, in batches that a store takes; at least one.
        ///
        /// A follower that is far behind is sent all that it lacks at once.
        package static func batches(
            _ entries: UnsafePointer<raft_entry>?, count: UInt32, at first: LogIndex, byteLimit: Int
        ) -> [WriteBatch] {
            let entries = UnsafeBufferPointer(start: entries, count: Int(count))
            var batches = [WriteBatch()]
            var byteCount = 0
            let total = entries.reduce(0) { $0 + $1.buf.len }
            if total <= byteLimit {
                batches[0].reserve(entryCount: entries.count, payloadByteCount: total)
            }
            for (offset, entry) in entries.enumerated() {
                byteCount += entry.buf.len
                if byteCount > byteLimit, batches[batches.count - 1].entryCount > 0 {
                    batches.append(WriteBatch())
                    byteCount = entry.buf.len
                }
                batches[batches.count - 1].append(
                    bytes(entry.buf).bytes,
                    at: LogPosition(term: entry.term, index: first + LogIndex(offset)),
                    kind: kind(entry.type))
            }
            return batches
        }

        /// An entry of the log; `nil` if there is no memory, or no such kind.
        package static func entry(_ header: EntryHeader, _ payload: RawSpan) -> raft_entry? {
            guard let type = type(header.kind),
                let buffer = payload.withUnsafeBytes({ copy($0) })
            else { return nil }
            return raft_entry(
                term: header.position.term, type: type, buf: buffer, batch: nil)
        }

        private static func kind(_ type: UInt16) -> EntryKind {
            switch Int(type) {
            case RAFT_BARRIER: .barrier
            case RAFT_CHANGE: .configuration
            default: .command
            }
        }

        private static func type(_ kind: EntryKind) -> UInt16? {
            switch kind {
            case .command: UInt16(RAFT_COMMAND)
            case .barrier: UInt16(RAFT_BARRIER)
            case .configuration: UInt16(RAFT_CHANGE)
            default: nil
            }
        }

        /// A configuration as an entry holds it; `nil` if there is no memory.
        ///
        /// Encoded ones have multiples of eight bytes, and C-Raft 0.15 leaves at their end what the
        /// memory held before: zeros here, so that every member begins with the same entry.
        package static func encoded(_ configuration: UnsafePointer<raft_configuration>?) -> [UInt8]?
        {
            var buffer = raft_buffer()
            guard let configuration, raft_configuration_encode(configuration, &buffer) == 0 else {
                return nil
            }
            defer { raft_free(buffer.base) }
            var bytes = [UInt8](bytes(buffer))
            // A version, their number, and for each id, address with its zero, role.
            let used = members(configuration.pointee).reduce(1 + 8) {
                $0 + 8 + $1.address.utf8.count + 1 + 1
            }
            for place in bytes.indices.dropFirst(used) { bytes[place] = 0 }
            return bytes
        }

        // MARK: - Snapshots

        /// A copy of a snapshot, its buffers joined.
        package static func snapshot(_ snapshot: raft_snapshot) -> Snapshot {
            var data: [UInt8] = []
            for buffer in UnsafeBufferPointer(start: snapshot.bufs, count: Int(snapshot.n_bufs)) {
                data.append(contentsOf: bytes(buffer))
            }
            return Snapshot(
                position: LogPosition(term: snapshot.term, index: snapshot.index),
                configuration: members(snapshot.configuration).encoded(),
                configurationIndex: snapshot.configuration_index, data: data)
        }

        /// A snapshot that the engine takes over, in one buffer.
        package static func snapshot(
            _ snapshot: Snapshot
        ) throws(LogStoreError) -> UnsafeMutablePointer<raft_snapshot> {
            guard let members = [Member](encoded: snapshot.configuration),
                case .success(let configuration) = configuration(members)
            else {
                throw LogStoreError(
                    .corrupt, "the snapshot's list of members makes no sense",
                    context: .init(index: snapshot.position.index))
            }
            guard let result = allocate(raft_snapshot.self, count: 1),
                let buffers = allocate(raft_buffer.self, count: 1),
                let data = snapshot.data.withUnsafeBytes({ copy($0) })
            else { throw noMemory }
            buffers.initialize(to: data)
            result.initialize(
                to: raft_snapshot(
                    index: snapshot.position.index, term: snapshot.position.term,
                    configuration: configuration,
                    configuration_index: snapshot.configurationIndex, bufs: buffers, n_bufs: 1))
            return result
        }

        package static var noMemory: LogStoreError {
            LogStoreError(.io, "the engine has no memory left")
        }
    }

    extension RaftError {
        /// What a status of the engine means.
        package init(status: Int32, _ message: String? = nil) {
            let text = message ?? String(cString: raft_strerror(status))
            switch status {
            case RAFT_NOTLEADER: self.init(.notLeader, text)
            case RAFT_LEADERSHIPLOST: self.init(.leadershipLost, text)
            case RAFT_SHUTDOWN, RAFT_CANCELED: self.init(.stopped, text)
            case RAFT_CANTCHANGE, RAFT_BUSY: self.init(.busy, text)
            case RAFT_BADID, RAFT_DUPLICATEID, RAFT_DUPLICATEADDRESS, RAFT_BADROLE, RAFT_NOTFOUND,
                RAFT_INVALID, RAFT_NAMETOOLONG, RAFT_TOOBIG, RAFT_CANTBOOTSTRAP:
                self.init(.invalidArgument, text)
            default: self.init(.engine, text)
            }
        }
    }
#endif
