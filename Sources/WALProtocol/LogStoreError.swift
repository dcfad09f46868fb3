/// The one error of every store: a stable code, a sentence for people, typed context and cause.
///
/// A single pointer wide, so that the hot paths can throw it in a register.
public struct LogStoreError: Error, Sendable {
    private final class Storage: Sendable {
        let code: Code
        let message: String
        let context: Context
        let cause: SystemCallError?

        init(code: Code, message: String, context: Context, cause: SystemCallError?) {
            self.code = code
            self.message = message
            self.context = context
            self.cause = cause
        }
    }

    private let storage: Storage

    /// Makes an error.
    ///
    /// Prefer the factories, which phrase the message.
    public init(
        _ code: Code, _ message: String, context: Context = Context(),
        cause: SystemCallError? = nil
    ) {
        storage = Storage(code: code, message: message, context: context, cause: cause)
    }

    /// What kind of failure this is: what a program switches on.
    public var code: Code { storage.code }
    /// What happened and what to do about it.
    public var message: String { storage.message }
    /// Where it happened, as values.
    public var context: Context { storage.context }
    /// The system call that failed, if one did.
    public var cause: SystemCallError? { storage.cause }

    /// The typed details of an error; what does not apply is `nil`.
    public struct Context: Hashable, Sendable {
        /// The file concerned.
        public var file: String?
        /// Where in the file, in bytes from its start.
        public var byteOffset: UInt64?
        /// The log index concerned.
        public var index: LogIndex?
        /// The term concerned.
        public var term: Term?
        /// What would have been right: the next index, the first index present, a checksum.
        public var expected: UInt64?
        /// What was there instead.
        public var found: UInt64?
        /// The limit that was exceeded, in bytes or as an index.
        public var limit: UInt64?

        /// Makes a context.
        public init(
            file: String? = nil, byteOffset: UInt64? = nil, index: LogIndex? = nil,
            term: Term? = nil, expected: UInt64? = nil, found: UInt64? = nil, limit: UInt64? = nil
        ) {
            self.file = file
            self.byteOffset = byteOffset
            self.index = index
            self.term = term
            self.expected = expected
            self.found = found
            self.limit = limit
        }
    }

    /// The kind of a failure.
    ///
    /// A struct over a private enum: new codes break nobody's switch.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String, CaseIterable {
            case closed, locked, readOnly, poisoned, corrupt, unsupportedFormat, compacted
            case unavailable, notContiguous, termRegression, indexOutOfRange, entryTooLarge
            case batchTooLarge, metadataTooLarge, invalidRange, positionConflict, noSpace, io
            case invalidArgument, cancelled
        }

        private let value: Value

        private init(_ value: Value) { self.value = value }

        /// The store was closed; open it again.
        public static let closed = Code(.closed)
        /// Another process, or another store in this one, owns the directory.
        public static let locked = Code(.locked)
        /// The directory or the store can only be read.
        public static let readOnly = Code(.readOnly)
        /// A sync failed: what reached the disk is unknown until the store is opened again.
        public static let poisoned = Code(.poisoned)
        /// Bytes that were acknowledged are damaged or missing.
        public static let corrupt = Code(.corrupt)
        /// The directory was written by a newer version or with an unknown feature.
        public static let unsupportedFormat = Code(.unsupportedFormat)
        /// The entry was there and was dropped by compaction; `context.expected` is the first
        /// index that can still be read, if any.
        public static let compacted = Code(.compacted)
        /// The entry was not written yet; `context.expected` is the next index, if it is known.
        public static let unavailable = Code(.unavailable)
        /// An append that would leave a hole or overwrite; `context.expected` is the next index.
        public static let notContiguous = Code(.notContiguous)
        /// An append whose term is lower than its predecessor's.
        public static let termRegression = Code(.termRegression)
        /// An index below the store's minimum, or `UInt64.max`.
        public static let indexOutOfRange = Code(.indexOutOfRange)
        /// A payload longer than the store takes; `context.limit` is the limit.
        public static let entryTooLarge = Code(.entryTooLarge)
        /// A batch larger than the store takes; `context.limit` is the limit.
        public static let batchTooLarge = Code(.batchTooLarge)
        /// A metadata key or value, or all of them together, longer than the store takes.
        public static let metadataTooLarge = Code(.metadataTooLarge)
        /// A range that runs backwards.
        public static let invalidRange = Code(.invalidRange)
        /// A compaction position whose term differs from the entry's.
        public static let positionConflict = Code(.positionConflict)
        /// The disk or the quota is full; free some space and repeat the call.
        public static let noSpace = Code(.noSpace)
        /// A system call failed; `cause` says which.
        public static let io = Code(.io)
        /// An option or argument that makes no sense.
        public static let invalidArgument = Code(.invalidArgument)
        /// A wait was given up by cancelling its task; what it waited for goes on.
        public static let cancelled = Code(.cancelled)

        /// Every code there is, for exhaustive tests and documentation.
        public static let all: [Code] = Value.allCases.map { Code($0) }

        /// The name of the code.
        public var description: String { value.rawValue }
    }
}

extension LogStoreError: CustomStringConvertible {
    /// `code: message (context) [cause]`, on one line.
    public var description: String {
        var text = "\(code): \(message)"
        let details = context.details
        if !details.isEmpty {
            text += " (" + details.map { "\($0.0): \($0.1)" }.joined(separator: ", ") + ")"
        }
        if let cause { text += " [\(cause)]" }
        return text
    }
}

extension LogStoreError: Equatable {
    /// Errors are equal if code, context and cause are; messages are for people.
    public static func == (lhs: LogStoreError, rhs: LogStoreError) -> Bool {
        lhs.code == rhs.code && lhs.context == rhs.context && lhs.cause == rhs.cause
    }
}

extension LogStoreError.Context {
    /// The details that are there, named, in reading order.
    public var details: [(String, String)] {
        var list: [(String, String)] = []
        if let file { list.append(("file", file)) }
        if let byteOffset { list.append(("offset", String(byteOffset))) }
        if let index { list.append(("index", String(index))) }
        if let term { list.append(("term", String(term))) }
        if let expected { list.append(("expected", String(expected))) }
        if let found { list.append(("found", String(found))) }
        if let limit { list.append(("limit", String(limit))) }
        return list
    }
}
