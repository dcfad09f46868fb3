import Dispatch
import WALProtocol

/// Threads of the kit's own for tasks: those of the pool may all be blocked, by tests for example.
private final class TaskThreads: TaskExecutor {
    static let shared = TaskThreads()

    private let queues = (0..<4).map { DispatchQueue(label: "conformance.tasks.\($0)") }
    private let next = Shared(0)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let number = next.update { next in
            next += 1
            return next % queues.count
        }
        queues[number].async { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}

/// What tasks do while the thread of a rule goes on, or waits for it.
///
/// A rule has a thread of its own, so that waiting here takes none from the tasks.
final class Background<Value: Sendable>: Sendable {
    private let result = Shared<Result<Value, any Error>?>(nil)
    private let done = DispatchSemaphore(value: 0)
    private let task: Task<Void, Never>

    /// Starts a task.
    init(_ body: @escaping @Sendable () async throws -> Value) {
        task = Task.detached(executorPreference: TaskThreads.shared) { [result, done] in
            do {
                let value = try await body()
                result.value = .success(value)
            } catch {
                result.value = .failure(error)
            }
            done.signal()
        }
    }

    /// Whether the task has ended.
    var hasEnded: Bool { result.value != nil }

    func cancel() { task.cancel() }

    /// Waits for the end of the task, once.
    ///
    /// - Throws: what its body threw.
    func join() throws -> Value {
        done.wait()
        guard let result = result.value else { throw Failure("a task left no result", at: .here()) }
        return try result.get()
    }
}

extension Trial {
    /// Runs a task to its end.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) throws -> Value {
        try Background(body).join()
    }

    /// Runs several tasks at once, each with its number, to the end of all.
    func runTasks<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value
    ) throws -> [Value] {
        try startTasks(count, body).join()
    }

    /// Starts several tasks at once; their values come in the order of their numbers.
    func startTasks<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value
    ) -> Background<[Value]> {
        Background {
            try await withThrowingTaskGroup(of: (Int, Value).self) { group in
                for number in 0..<count {
                    group.addTask { (number, try await body(number)) }
                }
                var values: [(Int, Value)] = []
                for try await value in group { values.append(value) }
                return values.sorted { $0.0 < $1.0 }.map(\.1)
            }
        }
    }

    /// Expects something to become true soon, which is long for what is only slow.
    func expectSoon(
        _ what: String, _ file: String = #fileID, _ line: Int = #line, _ condition: () -> Bool
    ) throws {
        let patience = suite.timeLimit / 12
        for _ in 0..<Int(patience / .milliseconds(1)) {
            if condition() { return }
            Files.pause(milliseconds: 1)
        }
        throw Failure("\(what): not within \(patience)", at: .here(file, line))
    }

    /// Expects an error of a kind from what a task does.
    @discardableResult
    func expectError<Value: Sendable>(
        _ code: LogStoreError.Code, from what: String, _ file: String = #fileID,
        _ line: Int = #line, task body: @escaping @Sendable () async throws -> Value
    ) throws -> LogStoreError {
        try expectError(code, what, file, line) { _ = try run(body) }
    }
}
