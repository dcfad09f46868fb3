public import CRaftWAL
import RaftWAL
import WALProtocol

/// The version of the interface that this library was built with.
@c @implementation
public func raft_wal_abi_version() -> UInt32 { UInt32(RAFT_WAL_ABI_VERSION) }

/// Opens a store.
@c @implementation
public func raft_wal_open(
    _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<raft_wal_options>?,
    _ wal: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    wal?.pointee = nil
    return reporting(to: error) { () throws(LogStoreError) in
        let wal = try Arguments.pointer(wal, "where to put the handle")
        let path = try Arguments.path(path)
        let configuration = try StoreConfiguration(options?.pointee ?? .standard)
        let handle = Handle(try openLogStore(at: path, configuration))
        wal.pointee = OpaquePointer(Unmanaged.passRetained(handle).toOpaque())
    }
}

/// Closes a store.
@c @implementation
public func raft_wal_close(
    _ wal: OpaquePointer?, _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        try Arguments.handle(wal).close()
    }
}

/// Frees a handle.
@c @implementation
public func raft_wal_free(_ wal: OpaquePointer?) {
    guard let wal else { return }
    let handle = Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(wal)).takeRetainedValue()
    // There is nobody left to tell; who wants to know closes first.
    do throws(LogStoreError) { try handle.close() } catch {}
}

/// What opening a store found.
@c @implementation
public func raft_wal_get_recovery(
    _ wal: OpaquePointer?, _ recovery: UnsafeMutablePointer<raft_wal_recovery>?,
    _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        let report = try Arguments.handle(wal).recoveryReport
        let recovery = try Arguments.pointer(recovery, "where to put the recovery")
        let (seconds, attoseconds) = report.duration.components
        recovery.pointee = raft_wal_recovery(
            stopped_cleanly: report.stoppedCleanly ? 1 : 0,
            must_catch_up_before_voting: report.mustCatchUpBeforeVoting ? 1 : 0,
            entry_count: report.entryCount, torn_byte_count: report.tornByteCount,
            duration_nanoseconds: UInt64(clamping: seconds) &* 1_000_000_000
                &+ UInt64(clamping: attoseconds / 1_000_000_000))
    }
}

/// Checks every byte of a store.
@c @implementation
public func raft_wal_verify(
    _ path: UnsafePointer<CChar>?, _ damage_count: UnsafeMutablePointer<UInt64>?,
    _ report: UnsafeMutablePointer<raft_wal_buffer>?,
    _ error: UnsafeMutablePointer<raft_wal_error>?
) -> raft_wal_code {
    reporting(to: error) { () throws(LogStoreError) in
        let path = try Arguments.path(path)
        // Where there is none, the native one says so.
        let found = try (Backend.detect(at: path) ?? .segment).verify(at: path)
        if let report {
            let text = OutputBuffer(report)
            for damage in found.damages { try text.append((damage.description + "\n").utf8) }
        }
        damage_count?.pointee = UInt64(found.damages.count)
    }
}

extension raft_wal_options {
    static var standard: raft_wal_options {
        var options = raft_wal_options()
        options.struct_size = UInt32(MemoryLayout<raft_wal_options>.size)
        return options
    }
}

extension StoreConfiguration {
    /// What C asks for.
    init(_ options: raft_wal_options) throws(LogStoreError) {
        try Arguments.structSize(
            options.struct_size, of: raft_wal_options.self, "the options")
        switch Int(options.backend) {
        case RAFT_WAL_SEGMENT: self.init(.segment)
        case RAFT_WAL_LMDB: self.init(.lmdb)
        default: throw .invalidArgument("there is no backend number \(options.backend)")
        }
        let flags = try Arguments.flags(
            options.flags,
            among: [RAFT_WAL_OPEN_READ_ONLY, RAFT_WAL_OPEN_VERIFY, RAFT_WAL_OPEN_ACCEPT_LOSS],
            of: "the options")
        if flags.contains(RAFT_WAL_OPEN_READ_ONLY) { access = .readOnly }
        verifiesOnOpen = flags.contains(RAFT_WAL_OPEN_VERIFY)
        if flags.contains(RAFT_WAL_OPEN_ACCEPT_LOSS) {
            policy = .truncateTail(acceptingLossFrom: options.accept_loss_from)
        }
        if options.maximum_segment_byte_count > 0 {
            maximumSegmentByteCount = Int(clamping: options.maximum_segment_byte_count)
        }
        if options.cache_byte_count > 0 { cacheByteCount = Int(clamping: options.cache_byte_count) }
    }
}
