public import CRaftWAL
import WALProtocol

/// Where the log begins and ends.
@c @implementation
public func raft_wal_get_state(
    _ wal: OpaquePointer?, _ state: UnsafeMutablePointer<raft_wal_state>?,
    _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        let handle = try Arguments.handle(wal)
        let state = try Arguments.pointer(state, "where to put the state")
        state.pointee = try handle.readers.withReader { (reader) throws(LogStoreError) in
            raft_wal_state(reader.state)
        }
    }
}

/// The term of an entry.
@c @implementation
public func raft_wal_get_term(
    _ wal: OpaquePointer?, _ index: UInt64, _ term: UnsafeMutablePointer<UInt64>?,
    _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        let handle = try Arguments.handle(wal)
        let term = try Arguments.pointer(term, "where to put the term")
        term.pointee = try handle.readers.withReader { (reader) throws(LogStoreError) in
            try reader.term(at: index)
        }
    }
}

/// Reads one entry.
@c @implementation
public func raft_wal_get(
    _ wal: OpaquePointer?, _ index: UInt64, _ entry: UnsafeMutablePointer<raft_wal_buffer>?,
    _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        let handle = try Arguments.handle(wal)
        let buffer = OutputBuffer(try Arguments.pointer(entry, "where to put the entry"))
        try handle.readers.withReader { (reader) throws(LogStoreError) in
            try reader.withEntry(at: index) { (header, payload) throws(LogStoreError) in
                try buffer.append(header, payload)
            }
        }
    }
}

/// Reads entries behind each other.
@c @implementation
public func raft_wal_read(
    _ wal: OpaquePointer?, _ first: UInt64, _ end: UInt64, _ max_byte_count: UInt64,
    _ entries: UnsafeMutablePointer<raft_wal_buffer>?, _ next: UnsafeMutablePointer<UInt64>?,
    _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        let handle = try Arguments.handle(wal)
        let buffer = OutputBuffer(try Arguments.pointer(entries, "where to put the entries"))
        guard first <= end else {
            throw LogStoreError(
                .invalidRange, "the range ends before it begins",
                context: .init(index: first, found: end))
        }
        let limit = max_byte_count == 0 ? Int.max : Int(clamping: max_byte_count)
        let reached = try handle.readers.withReader { (reader) throws(LogStoreError) in
            do throws(LogStoreError) {
                return try reader.visitEntries(in: first..<end, maxByteCount: limit) {
                    (header, payload) throws(LogStoreError) in
                    try buffer.append(header, payload)
                }
            } catch {
                buffer.removeAll()
                throw error
            }
        }
        next?.pointee = reached
    }
}

/// Reads a metadata value.
@c @implementation
public func raft_wal_get_metadata(
    _ wal: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ key_byte_count: Int,
    _ value: UnsafeMutablePointer<raft_wal_buffer>?, _ found: UnsafeMutablePointer<UInt32>?,
    _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        let handle = try Arguments.handle(wal)
        let key = try Arguments.key(key, key_byte_count)
        let buffer = OutputBuffer(try Arguments.pointer(value, "where to put the value"))
        let found = try Arguments.pointer(found, "where to say whether there is a value")
        found.pointee = 0
        try handle.readers.withReader { (reader) throws(LogStoreError) in
            guard let bytes = try reader.metadata(for: key) else { return }
            try buffer.append(bytes)
            found.pointee = 1
        }
    }
}

extension raft_wal_state {
    init(_ state: LogState) {
        self.init()
        if let compacted = state.compacted {
            self.compacted = note(compacted, RAFT_WAL_HAS_COMPACTED)
        }
        if let first = state.first {
            self.first = first
            parts |= UInt32(RAFT_WAL_HAS_ENTRIES)
        }
        if let last = state.last { self.last = note(last, RAFT_WAL_HAS_LAST) }
        if let durable = state.durable { self.durable = note(durable, RAFT_WAL_HAS_DURABLE) }
        if let next = state.next {
            self.next = next
            parts |= UInt32(RAFT_WAL_HAS_NEXT)
        }
    }

    private mutating func note(_ position: LogPosition, _ part: Int) -> raft_wal_position {
        parts |= UInt32(part)
        return raft_wal_position(index: position.index, term: position.term)
    }
}
