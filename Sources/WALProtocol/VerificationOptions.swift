/// How a store is verified.
public struct VerificationOptions: Sendable {
    /// The most bytes to read in a second; `nil` for as many as the disk gives.
    ///
    /// For a node at work, whose own reads and writes need the disk more.
    public var byteLimitPerSecond: UInt64?
    /// Told how far it is, some ten times a second, from one thread at a time but not always the
    /// same one.
    public var progress: (@Sendable (VerificationProgress) -> Void)?

    /// Options: no limit and nobody to tell.
    public init(
        byteLimitPerSecond: UInt64? = nil,
        progress: (@Sendable (VerificationProgress) -> Void)? = nil
    ) {
        self.byteLimitPerSecond = byteLimitPerSecond
        self.progress = progress
    }
}

/// How far a verification is.
public struct VerificationProgress: Hashable, Sendable {
    /// The bytes read.
    public var readByteCount: UInt64
    /// The bytes there are to read, as far as that is known; `nil` at first.
    public var totalByteCount: UInt64?

    /// Describes how far it is.
    public init(readByteCount: UInt64, totalByteCount: UInt64?) {
        self.readByteCount = readByteCount
        self.totalByteCount = totalByteCount
    }
}
