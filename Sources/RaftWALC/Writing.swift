public import CRaftWAL
import WALProtocol

/// Appends entries.
@c @implementation
public func raft_wal_append(
    _ wal: OpaquePointer?, _ entries: UnsafeRawPointer?, _ byte_count: Int,
    _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        let handle = try Arguments.handle(wal)
        let bytes = try Arguments.bytes(entries, byte_count, "the entries")
        if let entry = FlatEntries.single(bytes) {
            // Straight to its place, without a batch between.
            try handle.withStore { (store) throws(LogStoreError) in
                try store.append(entry.payload.bytes, at: entry.position, kind: entry.kind)
            }
        } else {
            try handle.write { (batch) throws(LogStoreError) in
                try batch.append(flat: bytes)
            }
        }
    }
}

/// Drops the end of the log.
@c @implementation
public func raft_wal_truncate(
    _ wal: OpaquePointer?, _ from: UInt64, _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        try Arguments.handle(wal).withStore { (store) throws(LogStoreError) in
            try store.truncate(from: from)
        }
    }
}

/// Drops the front of the log.
@c @implementation
public func raft_wal_compact(
    _ wal: OpaquePointer?, _ through: raft_wal_position,
    _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        try Arguments.handle(wal).withStore { (store) throws(LogStoreError) in
            try store.compact(through: LogPosition(through))
        }
    }
}

/// Drops everything and continues after a position.
@c @implementation
public func raft_wal_reset(
    _ wal: OpaquePointer?, _ to: UnsafePointer<raft_wal_position>?,
    _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        try Arguments.handle(wal).withStore { (store) throws(LogStoreError) in
            try store.reset(to: (to?.pointee).map { LogPosition($0) })
        }
    }
}

/// Applies several changes as one unit.
@c @implementation
public func raft_wal_write(
    _ wal: OpaquePointer?, _ batch: UnsafePointer<raft_wal_batch>?,
    _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        let handle = try Arguments.handle(wal)
        let changes = try Arguments.pointer(batch, "the batch").pointee
        try handle.write { (batch) throws(LogStoreError) in try batch.add(changes) }
    }
}

/// Sets a metadata value durably.
@c @implementation
public func raft_wal_set_metadata(
    _ wal: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ key_byte_count: Int,
    _ value: UnsafeRawPointer?, _ value_byte_count: Int,
    _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        let handle = try Arguments.handle(wal)
        let key = try Arguments.key(key, key_byte_count)
        let value = [UInt8](try Arguments.bytes(value, value_byte_count, "the value"))
        try handle.write { (batch) throws(LogStoreError) in batch.setMetadata(value, for: key) }
        try handle.sync()
    }
}

/// Removes a metadata value durably.
@c @implementation
public func raft_wal_remove_metadata(
    _ wal: OpaquePointer?, _ key: UnsafePointer<CChar>?, _ key_byte_count: Int,
    _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        let handle = try Arguments.handle(wal)
        let key = try Arguments.key(key, key_byte_count)
        try handle.write { (batch) throws(LogStoreError) in batch.removeMetadata(for: key) }
        try handle.sync()
    }
}

/// Hands everything to the operating system.
@c @implementation
public func raft_wal_flush(
    _ wal: OpaquePointer?, _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        try Arguments.handle(wal).withStore { (store) throws(LogStoreError) in
            try store.flush()
        }
    }
}

/// Brings everything to stable storage.
@c @implementation
public func raft_wal_sync(
    _ wal: OpaquePointer?, _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        try Arguments.handle(wal).sync()
    }
}

extension LogPosition {
    init(_ position: raft_wal_position) {
        self.init(term: position.term, index: position.index)
    }
}

extension WriteBatch {
    mutating func append(flat bytes: UnsafeRawBufferPointer) throws(LogStoreError) {
        try FlatEntries.visit(bytes) { (position, kind, payload) throws(LogStoreError) in
            append(payload.bytes, at: position, kind: kind)
        }
    }

    /// Takes over what C asks for.
    mutating func add(_ changes: raft_wal_batch) throws(LogStoreError) {
        try Arguments.structSize(changes.struct_size, of: raft_wal_batch.self, "the batch")
        let flags = try Arguments.flags(
            changes.flags,
            among: [
                RAFT_WAL_BATCH_RESET, RAFT_WAL_BATCH_RESET_TO_NOTHING, RAFT_WAL_BATCH_TRUNCATE,
                RAFT_WAL_BATCH_COMPACT,
            ],
            of: "the batch")
        switch (
            flags.contains(RAFT_WAL_BATCH_RESET), flags.contains(RAFT_WAL_BATCH_RESET_TO_NOTHING)
        ) {
        case (true, true): throw .invalidArgument("the batch resets to a position and to nothing")
        case (true, false): reset(to: LogPosition(changes.reset_to))
        case (false, true): reset(to: nil)
        case (false, false): break
        }
        if flags.contains(RAFT_WAL_BATCH_TRUNCATE) { truncate(from: changes.truncate_from) }
        try append(
            flat: Arguments.bytes(changes.entries, changes.entries_byte_count, "the entries"))
        if flags.contains(RAFT_WAL_BATCH_COMPACT) {
            compact(through: LogPosition(changes.compact_through))
        }
        try addMetadata(changes.metadata, changes.metadata_count)
    }

    private mutating func addMetadata(
        _ start: UnsafePointer<raft_wal_metadata_change>?, _ count: Int
    ) throws(LogStoreError) {
        guard count >= 0, count == 0 || start != nil else {
            throw .invalidArgument("the metadata changes are NULL, or more than memory holds")
        }
        for change in UnsafeBufferPointer(start: start, count: count) {
            let key = try Arguments.key(change.key, change.key_byte_count)
            let value = try Arguments.bytes(change.value, change.value_byte_count, "a value")
            if change.removes == 0 {
                setMetadata([UInt8](value), for: key)
            } else if value.isEmpty {
                removeMetadata(for: key)
            } else {
                throw .invalidArgument("a metadata change removes the key and has a value")
            }
        }
    }
}
