import Dispatch
public import WALProtocol

/// The real background executor: a serial queue, one thread at a time, in order of submission.
public final class BackgroundQueue: BackgroundExecutor {
    private let queue: DispatchQueue

    /// Makes a queue of its own.
    ///
    /// - Parameter label: names the queue in a debugger.
    public init(label: String = "swift-raft-wal.background") {
        queue = DispatchQueue(label: label, qos: .utility)
    }

    /// Runs `work` once, after everything submitted before it.
    public func submit(_ work: @escaping @Sendable () -> Void) {
        queue.async(execute: work)
    }

    /// Runs `work` once, no sooner than after a pause.
    public func submit(afterMilliseconds: Int, _ work: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + .milliseconds(afterMilliseconds), execute: work)
    }

    /// Returns when everything submitted so far has run.
    ///
    /// Not to be called by the work itself, which would wait for its own end.
    public func drain() {
        queue.sync {}
    }
}
