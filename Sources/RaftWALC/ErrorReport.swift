import CRaftWAL
import WALProtocol

/// Runs what a C function does, and tells its caller of a failure.
@inline(__always)
func reporting(
    to error: UnsafeMutablePointer<raft_wal_error>?, _ body: () throws(LogStoreError) -> Void
) -> raft_wal_code {
    do throws(LogStoreError) {
        try body()
        return raft_wal_code(RAFT_WAL_OK)
    } catch let failure {
        let code = ErrorCode.value(of: failure.code)
        error?.pointee = raft_wal_error(failure, code: code)
        return code
    }
}

extension raft_wal_error {
    init(_ failure: LogStoreError, code: raft_wal_code) {
        self.init()
        self.code = code
        system_error = failure.cause?.errno ?? 0
        let context = failure.context
        index = note(context.index, RAFT_WAL_HAS_INDEX)
        term = note(context.term, RAFT_WAL_HAS_TERM)
        expected = note(context.expected, RAFT_WAL_HAS_EXPECTED)
        found = note(context.found, RAFT_WAL_HAS_FOUND)
        limit = note(context.limit, RAFT_WAL_HAS_LIMIT)
        byte_offset = note(context.byteOffset, RAFT_WAL_HAS_BYTE_OFFSET)
        withUnsafeMutableBytes(of: &message) { memory in
            let text = failure.description.prefix(utf8ByteCount: memory.count - 1)
            memory.copyBytes(from: text.utf8)
            memory[text.utf8.count] = 0
        }
    }

    private mutating func note(_ value: UInt64?, _ detail: Int) -> UInt64 {
        guard let value else { return 0 }
        details |= UInt32(detail)
        return value
    }
}

extension String {
    /// As many whole characters from the start as fit.
    func prefix(utf8ByteCount limit: Int) -> Substring {
        guard utf8.count > limit else { return self[...] }
        var end = utf8.index(startIndex, offsetBy: limit)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return self[..<end]
    }
}
