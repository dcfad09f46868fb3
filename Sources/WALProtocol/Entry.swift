/// What an entry is for, as far as the engine cares.
///
/// The store never interprets it.
public struct EntryKind: RawRepresentable, Hashable, Sendable {
    /// The engine's own code.
    public var rawValue: UInt8

    /// Makes a kind from the engine's own code.
    @inlinable
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A state machine command: the kind to use when an engine has no other.
    public static let command = EntryKind(rawValue: 0)
}

/// What the store knows of an entry besides its payload.
public struct EntryHeader: Hashable, Sendable {
    /// Term and index.
    public var position: LogPosition
    /// The engine's own code, as it was appended.
    public var kind: EntryKind
    /// The length of the payload in bytes.
    public var payloadByteCount: Int

    /// Makes a header.
    @inlinable
    public init(position: LogPosition, kind: EntryKind, payloadByteCount: Int) {
        self.position = position
        self.kind = kind
        self.payloadByteCount = payloadByteCount
    }
}

/// An owned copy of an entry.
///
/// Reading through closures (``LogReading/withEntry(at:_:)``) copies nothing and is much faster.
public struct Entry: Hashable, Sendable {
    /// Term and index.
    public var position: LogPosition
    /// The engine's own code.
    public var kind: EntryKind
    /// The bytes that were appended.
    public var payload: [UInt8]

    /// Makes an entry.
    public init(position: LogPosition, kind: EntryKind = .command, payload: [UInt8]) {
        self.position = position
        self.kind = kind
        self.payload = payload
    }

    /// The place of the entry in the log.
    public var index: LogIndex { position.index }
    /// The term in which the entry was created.
    public var term: Term { position.term }
}
