/// One factory per failure, so that every backend says the same thing in the same words.
extension LogStoreError {
    /// The store was closed.
    public static var closed: LogStoreError {
        LogStoreError(.closed, "the store is closed; open it again")
    }

    /// A wait that was given up.
    public static var cancelled: LogStoreError {
        LogStoreError(.cancelled, "the task was cancelled; the write it waited for goes on")
    }

    /// The directory belongs to another writer.
    public static func locked(path: String) -> LogStoreError {
        LogStoreError(
            .locked, "another writer has this store open; close it first",
            context: Context(file: path))
    }

    /// A write through something that can only be read.
    public static func readOnly(path: String, cause: SystemCallError? = nil) -> LogStoreError {
        LogStoreError(
            .readOnly, "the store cannot be written here", context: Context(file: path),
            cause: cause)
    }

    /// A write after a failed sync.
    public static func poisoned(by cause: SystemCallError?) -> LogStoreError {
        LogStoreError(
            .poisoned,
            "a sync failed, so what reached the disk is unknown; open the store again to find out",
            cause: cause)
    }

    /// Damage to acknowledged bytes.
    public static func corrupt(
        _ what: String, file: String, byteOffset: UInt64? = nil, index: LogIndex? = nil,
        term: Term? = nil, expected: UInt64? = nil, found: UInt64? = nil
    ) -> LogStoreError {
        LogStoreError(
            .corrupt, what,
            context: Context(
                file: file, byteOffset: byteOffset, index: index, term: term, expected: expected,
                found: found))
    }

    /// Why a store that was checked as a whole is not opened; `nil` if nothing was found.
    ///
    /// The code and the context are those of the first damage; the message lists them all, up to
    /// a hundred.
    public static func refusal(for damages: [LogStoreError]) -> LogStoreError? {
        guard let first = damages.first else { return nil }
        let limit = 100
        var message = "\(damages.count) damages were found by the check at opening: "
        message += damages.prefix(limit).map(\.description).joined(separator: "; ")
        if damages.count > limit { message += "; and more" }
        return LogStoreError(first.code, message, context: first.context, cause: first.cause)
    }

    /// A format version or a required feature that this code does not know.
    public static func unsupportedFormat(
        _ what: String, file: String, found: UInt64, supported: UInt64
    ) -> LogStoreError {
        LogStoreError(
            .unsupportedFormat, what,
            context: Context(file: file, expected: supported, found: found))
    }

    /// A read or an append below what is left.
    public static func compacted(index: LogIndex, first: LogIndex?) -> LogStoreError {
        LogStoreError(
            .compacted, "the entry was dropped by compaction; it is in a snapshot by now",
            context: Context(index: index, expected: first))
    }

    /// A read beyond the end.
    public static func unavailable(index: LogIndex, next: LogIndex?) -> LogStoreError {
        LogStoreError(
            .unavailable, "the entry is not in the log",
            context: Context(index: index, expected: next))
    }

    /// An append that is not the next one.
    public static func notContiguous(expected: LogIndex, found: LogIndex) -> LogStoreError {
        LogStoreError(
            .notContiguous,
            found < expected
                ? "the index is taken; truncate first" : "the append would leave a hole",
            context: Context(index: found, expected: expected, found: found))
    }

    /// An append with a term lower than its predecessor's.
    public static func termRegression(
        index: LogIndex, expected: Term, found: Term
    ) -> LogStoreError {
        LogStoreError(
            .termRegression, "terms never decrease along a log",
            context: Context(index: index, term: found, expected: expected, found: found))
    }

    /// An index that no entry can have.
    public static func indexOutOfRange(_ index: LogIndex, minimum: LogIndex) -> LogStoreError {
        LogStoreError(
            .indexOutOfRange,
            index < minimum
                ? "the store's first legal index is \(minimum)" : "UInt64.max is not a legal index",
            context: Context(index: index, limit: index < minimum ? minimum : LogIndex.max - 1))
    }

    /// A payload over the limit.
    public static func entryTooLarge(
        index: LogIndex, byteCount: Int, limit: Int
    ) -> LogStoreError {
        LogStoreError(
            .entryTooLarge, "the payload is longer than the store takes",
            context: Context(
                index: index, found: UInt64(clamping: byteCount), limit: UInt64(clamping: limit)))
    }

    /// A batch over the limit.
    public static func batchTooLarge(byteCount: Int, limit: Int) -> LogStoreError {
        LogStoreError(
            .batchTooLarge, "the batch is larger than the store takes; split it",
            context: Context(found: UInt64(clamping: byteCount), limit: UInt64(clamping: limit)))
    }

    /// A metadata key, value or their total over the limit.
    public static func metadataTooLarge(
        _ what: String, byteCount: Int, limit: Int
    ) -> LogStoreError {
        LogStoreError(
            .metadataTooLarge, "\(what) is too large",
            context: Context(found: UInt64(clamping: byteCount), limit: UInt64(clamping: limit)))
    }

    /// A compaction position that contradicts the log.
    public static func positionConflict(
        index: LogIndex, expected: Term, found: Term
    ) -> LogStoreError {
        LogStoreError(
            .positionConflict, "the position's term contradicts the log",
            context: Context(index: index, term: found, expected: expected, found: found))
    }

    /// An argument or option that makes no sense.
    public static func invalidArgument(_ what: String) -> LogStoreError {
        LogStoreError(.invalidArgument, what)
    }
}
