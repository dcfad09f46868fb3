/// When an ``AsyncLog`` makes what it accepted durable, and what its calls wait for.
///
/// | strategy | a call returns | a power cut may take | raft-wal | hiqlite-wal |
/// |---|---|---|---|---|
/// | ``everyWrite`` | once the write is durable | nothing acknowledged | `sync` after each write | `Immediate` (acknowledges before) |
/// | ``background`` | once it is accepted | what the running sync and the next one cover | – | `ImmediateAsync` |
/// | ``interval(_:)`` | once it is accepted | an interval and a sync | – | `IntervalMillis` |
/// | ``manual`` | once it is accepted | everything since the last ``AsyncLog/sync()`` | without `sync` | – |
///
/// Term, vote and all other metadata are durable before their calls return under every strategy, and
/// ``Receipt/durable()`` waits for durability under every strategy.
public enum FlushStrategy: Hashable, Sendable {
    /// Acknowledges after the write is durable; one sync serves everybody who waits.
    case everyWrite
    /// Starts a sync at once and acknowledges when the write is accepted: **not durable yet**.
    case background
    /// Syncs what there is at intervals and acknowledges on acceptance: **not durable yet**.
    case interval(Duration)
    /// Syncs when it is told to, and when too much is pending: **not durable until then**.
    case manual
}
