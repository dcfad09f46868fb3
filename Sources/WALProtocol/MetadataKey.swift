/// The name of a small durable value that lives in the log's order, such as the vote.
public struct MetadataKey: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The name.
    ///
    /// Its UTF-8 form has to hold 1 to 255 bytes, checked when it is written. Keys are equal if
    /// these bytes are: not, as strings are, if they look alike.
    public var name: String

    /// Makes a key.
    public init(_ name: String) { self.name = name }

    /// Makes a key from a literal.
    public init(stringLiteral value: String) { self.name = value }

    /// The current term, as ``LogStore/setHardState(_:)`` stores it.
    public static let currentTerm: MetadataKey = "raft.term"
    /// The vote of the current term, as ``LogStore/setHardState(_:)`` stores it.
    public static let votedFor: MetadataKey = "raft.vote"

    /// The longest key, in bytes of UTF-8.
    public static let maximumByteCount = 255
}

extension MetadataKey: Comparable, CustomStringConvertible {
    /// Compares the bytes of the names.
    public static func == (lhs: MetadataKey, rhs: MetadataKey) -> Bool {
        lhs.name.utf8.elementsEqual(rhs.name.utf8)
    }
    /// Hashes the bytes of the name.
    public func hash(into hasher: inout Hasher) {
        for byte in name.utf8 { hasher.combine(byte) }
        hasher.combine(UInt8(0xFF))
    }
    /// Orders by the bytes of the names.
    public static func < (lhs: MetadataKey, rhs: MetadataKey) -> Bool {
        lhs.name.utf8.lexicographicallyPrecedes(rhs.name.utf8)
    }
    /// The name.
    public var description: String { name }
}
