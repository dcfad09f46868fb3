import Dispatch
import Synchronization
import WALProtocol

/// Runs `body` as a task and waits for it on the calling thread, which is none of the pool's.
///
/// - Parameter executor: Where it runs instead of the pool, and all that it starts.
package func waitFor<R: Sendable>(
    on executor: (any TaskExecutor)? = nil, _ body: @escaping @Sendable () async throws -> R
) throws -> R {
    let outcome = TaskOutcome<R>()
    Task.detached(executorPreference: executor) {
        do { outcome.put(.success(try await body())) } catch { outcome.put(.failure(error)) }
    }
    return try outcome.wait()
}

/// What a task leaves for the thread that waits for it.
private final class TaskOutcome<R: Sendable>: Sendable {
    private let result = Mutex<Result<R, any Error>?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    func put(_ result: Result<R, any Error>) {
        self.result.withLock { $0 = result }
        isThere.signal()
    }

    func wait() throws -> R {
        isThere.wait()
        guard let result = result.withLock({ $0 }) else {
            throw LogStoreError(.io, "a task ended without a result")
        }
        return try result.get()
    }
}
