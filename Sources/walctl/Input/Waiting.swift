import Dispatch
import RaftWAL
import Synchronization

/// Runs `body` as a task and waits for it on the calling thread, which is none of the pool's.
func waitFor<R: Sendable>(_ body: @escaping @Sendable () async -> R) throws -> R {
    let outcome = TaskOutcome<R>()
    Task.detached { outcome.put(await body()) }
    return try outcome.wait()
}

/// What a task leaves for the thread that waits for it.
private final class TaskOutcome<R: Sendable>: Sendable {
    private let result = Mutex<R?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    func put(_ result: R) {
        self.result.withLock { $0 = result }
        isThere.signal()
    }

    func wait() throws -> R {
        isThere.wait()
        guard let result = result.withLock({ $0 }) else {
            throw LogStoreError(.io, "a task ended without a result")
        }
        return result
    }
}
