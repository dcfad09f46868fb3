public import CRaftWAL
import WALProtocol

/// A code of the library and what C calls it.
struct ErrorCode: Sendable {
    var code: LogStoreError.Code
    var value: Int
    var name: StaticString

    /// Every failure that C can be told of: all there are but `cancelled`, which is a task's.
    static let all: [ErrorCode] = [
        ErrorCode(code: .closed, value: RAFT_WAL_CLOSED, name: "closed"),
        ErrorCode(code: .locked, value: RAFT_WAL_LOCKED, name: "locked"),
        ErrorCode(code: .readOnly, value: RAFT_WAL_READ_ONLY, name: "readOnly"),
        ErrorCode(code: .poisoned, value: RAFT_WAL_POISONED, name: "poisoned"),
        ErrorCode(code: .corrupt, value: RAFT_WAL_CORRUPT, name: "corrupt"),
        ErrorCode(
            code: .unsupportedFormat, value: RAFT_WAL_UNSUPPORTED_FORMAT,
            name: "unsupportedFormat"),
        ErrorCode(code: .compacted, value: RAFT_WAL_COMPACTED, name: "compacted"),
        ErrorCode(code: .unavailable, value: RAFT_WAL_UNAVAILABLE, name: "unavailable"),
        ErrorCode(code: .notContiguous, value: RAFT_WAL_NOT_CONTIGUOUS, name: "notContiguous"),
        ErrorCode(code: .termRegression, value: RAFT_WAL_TERM_REGRESSION, name: "termRegression"),
        ErrorCode(
            code: .indexOutOfRange, value: RAFT_WAL_INDEX_OUT_OF_RANGE, name: "indexOutOfRange"),
        ErrorCode(code: .entryTooLarge, value: RAFT_WAL_ENTRY_TOO_LARGE, name: "entryTooLarge"),
        ErrorCode(code: .batchTooLarge, value: RAFT_WAL_BATCH_TOO_LARGE, name: "batchTooLarge"),
        ErrorCode(
            code: .metadataTooLarge, value: RAFT_WAL_METADATA_TOO_LARGE, name: "metadataTooLarge"),
        ErrorCode(code: .invalidRange, value: RAFT_WAL_INVALID_RANGE, name: "invalidRange"),
        ErrorCode(
            code: .positionConflict, value: RAFT_WAL_POSITION_CONFLICT, name: "positionConflict"),
        ErrorCode(code: .noSpace, value: RAFT_WAL_NO_SPACE, name: "noSpace"),
        ErrorCode(code: .io, value: RAFT_WAL_IO, name: "io"),
        ErrorCode(
            code: .invalidArgument, value: RAFT_WAL_INVALID_ARGUMENT, name: "invalidArgument"),
    ]

    /// What C is told of a failure.
    static func value(of code: LogStoreError.Code) -> raft_wal_code {
        raft_wal_code(all.first { $0.code == code }?.value ?? RAFT_WAL_IO)
    }

    /// The name of what C was told.
    static func name(of value: raft_wal_code) -> StaticString {
        if value == RAFT_WAL_OK { return "ok" }
        return all.first { $0.value == Int(value) }?.name ?? "unknown"
    }
}

/// The name of a code.
@c @implementation
public func raft_wal_code_name(_ code: raft_wal_code) -> UnsafePointer<CChar>? {
    // A static string is ASCII here, ends with a zero and lives as long as the library.
    UnsafeRawPointer(ErrorCode.name(of: code).utf8Start).assumingMemoryBound(to: CChar.self)
}
