internal import WALProtocol

/// Whoever waits until a count reaches a number of his.
struct WaitList {
    /// What is done when the wait is over.
    enum Completion: Sendable {
        case task(UnsafeContinuation<Result<Void, LogStoreError>, Never>)
        case callback(@Sendable (Result<Void, LogStoreError>) -> Void)

        func finish(_ result: Result<Void, LogStoreError>) {
            switch self {
            case .task(let continuation): continuation.resume(returning: result)
            case .callback(let body): body(result)
            }
        }
    }

    struct Waiter: Sendable {
        var id: UInt64
        var number: UInt64
        var completion: Completion
    }

    private(set) var waiters: [Waiter] = []

    var count: Int { waiters.count }

    mutating func add(_ waiter: Waiter) { waiters.append(waiter) }

    /// Takes out those whose number the count has reached, in the order of their numbers.
    mutating func take(reached count: UInt64) -> [Waiter] {
        if waiters.allSatisfy({ $0.number <= count }) { return takeAll() }
        var taken: [Waiter] = []
        waiters.removeAll { waiter in
            guard waiter.number <= count else { return false }
            taken.append(waiter)
            return true
        }
        return Self.ordered(taken)
    }

    mutating func takeAll() -> [Waiter] {
        defer { waiters = [] }
        return Self.ordered(waiters)
    }

    mutating func take(id: UInt64) -> Waiter? {
        waiters.firstIndex { $0.id == id }.map { waiters.remove(at: $0) }
    }

    private static func ordered(_ waiters: [Waiter]) -> [Waiter] {
        zip(waiters, waiters.dropFirst()).allSatisfy { $0.number <= $1.number }
            ? waiters : waiters.sorted { $0.number < $1.number }
    }
}

extension [WaitList.Waiter] {
    func finish(_ result: Result<Void, LogStoreError>) {
        for waiter in self { waiter.completion.finish(result) }
    }
}
