public import WALProtocol

/// What a cluster replicates: the commands of the log, applied in order, on every member.
///
/// The engine calls all three from one thread of its own and waits for them, so each should be
/// quick. Everything else, such as reading the state, is the state machine's own business.
public protocol StateMachine: AnyObject, Sendable {
    /// Applies a committed command; it must have the same effect on every member.
    ///
    /// Called with each command once, in the order of their indexes, from the snapshot that was
    /// restored last, or from the first one.
    ///
    /// - Parameters:
    ///   - command: The bytes that were proposed; valid until the call returns.
    ///   - index: Where it stands in the log.
    func apply(_ command: RawSpan, at index: LogIndex)

    /// The state as bytes, from which ``restore(_:at:)`` makes it again.
    ///
    /// - Returns: the bytes; `nil` if none can be made now, and the engine asks again later.
    func snapshot() -> [UInt8]?

    /// Replaces the state.
    ///
    /// - Parameters:
    ///   - snapshot: What ``snapshot()`` gave on some member; valid until the call returns.
    ///   - index: The last command that it covers, or an index after it.
    /// - Throws: if the bytes cannot be understood; the node stops then.
    func restore(_ snapshot: RawSpan, at index: LogIndex) throws
}
