public import WALProtocol

/// A write that was accepted: its entries are visible to every reader, in order.
public struct Receipt: Sendable {
    /// The end of the log just after the write.
    public let last: LogPosition?
    /// The write's place in the order of all writes of this ``AsyncLog``, from 1 on.
    public let number: UInt64
    let core: LogCore

    /// Whether the write is durable by now.
    public var isDurable: Bool { core.isDurable(number) }

    /// Waits until the write is durable.
    ///
    /// It may be called any number of times, from any task. Giving up the wait by cancelling the
    /// task changes nothing about the write.
    ///
    /// - Throws: `poisoned`, `noSpace`, `io`: what kept it from becoming durable; `cancelled`.
    nonisolated(nonsending) public func durable() async throws(LogStoreError) {
        try await core.waitUntilDurable(number)
    }

    /// Calls `body` once when the write is durable, or when it is known that it will not be.
    ///
    /// For engines with callbacks. `body` runs on the log's worker, or at once if the write is
    /// durable already; it should not take long.
    public func whenDurable(_ body: @escaping @Sendable (Result<Void, LogStoreError>) -> Void) {
        core.notifyWhenDurable(number, body)
    }
}
