import Synchronization
public import WALProtocol

/// Runs background work at once, in the caller's thread, so that a run is the same every time.
public struct InlineExecutor: BackgroundExecutor {
    /// Makes one; it has no state.
    public init() {}
    /// Runs `work` now.
    public func submit(_ work: @escaping @Sendable () -> Void) { work() }
    /// Returns: nothing is ever under way.
    public func drain() {}
}

/// When the background work of a run on a simulated disk is done.
public enum BackgroundPace: String, Hashable, Sendable, CaseIterable {
    /// In the call that asks for it.
    case atOnce = "at-once"
    /// A piece at a time, some calls later.
    case late
    /// When the store is closed.
    case atClose = "at-close"
}

/// Runs background work when it is told to, as a busy machine does: late, and in order.
public final class DeferredExecutor: BackgroundExecutor {
    private let backlog = Mutex<[@Sendable () -> Void]>([])

    /// Makes one with nothing to do.
    public init() {}

    /// The number of pieces of work that wait.
    public var count: Int { backlog.withLock { $0.count } }

    /// Keeps `work` for later.
    public func submit(_ work: @escaping @Sendable () -> Void) {
        backlog.withLock { $0.append(work) }
    }

    /// Runs everything that waits.
    public func drain() { run(.max) }

    /// Runs the oldest pieces of work.
    public func run(_ limit: Int) {
        for _ in 0..<limit {
            let work = backlog.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            guard let work else { return }
            work()
        }
    }
}
