public import WALProtocol

/// Why a node refused or lost a request, or stopped.
public struct RaftError: Error, Hashable, Sendable {
    /// The kind of a failure.
    ///
    /// A struct over a private enum: new codes break nobody's switch.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String {
            case notLeader, leadershipLost, stopped, busy, invalidArgument, storage, engine
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// Another member leads, or none; nothing was done.
        public static let notLeader = Code(.notLeader)
        /// The node lost its leadership meanwhile: the request may take effect or not.
        public static let leadershipLost = Code(.leadershipLost)
        /// The node was stopped, or stopped by itself: the request may take effect or not.
        public static let stopped = Code(.stopped)
        /// Something else has to end first, such as another change of the members; nothing was done.
        public static let busy = Code(.busy)
        /// The request makes no sense; nothing was done.
        public static let invalidArgument = Code(.invalidArgument)
        /// The disk failed; ``RaftError/cause`` says how.
        public static let storage = Code(.storage)
        /// The engine failed in another way; the message has its words.
        public static let engine = Code(.engine)

        /// The name.
        public var description: String { value.rawValue }
    }

    /// What kind of failure this is.
    public var code: Code
    /// What happened.
    public var message: String
    /// What the disk said.
    public var cause: LogStoreError?

    /// Makes an error.
    public init(_ code: Code, _ message: String, cause: LogStoreError? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// A failure of the disk.
    public static func storage(_ cause: LogStoreError) -> RaftError {
        RaftError(.storage, "the replica's disk failed: \(cause.message)", cause: cause)
    }

    /// Errors are equal if code and cause are; messages are for people.
    public static func == (lhs: RaftError, rhs: RaftError) -> Bool {
        lhs.code == rhs.code && lhs.cause == rhs.cause
    }

    /// Hashes the code.
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension RaftError: CustomStringConvertible {
    /// `notLeader: another member leads [cause]`.
    public var description: String {
        "\(code): \(message)" + (cause.map { " [\($0)]" } ?? "")
    }
}
