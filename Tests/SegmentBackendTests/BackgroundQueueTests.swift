import Dispatch
import SegmentBackend
import Synchronization
import Testing
import WALProtocol

@Suite struct BackgroundQueueTests {
    @Test func workRunsOnceInOrderAndDrainWaitsForIt() {
        let queue = BackgroundQueue()
        let seen = Numbers()
        for number in 0..<1_000 { queue.submit { seen.append(number) } }
        queue.drain()
        #expect(seen.all == Array(0..<1_000))
    }

    @Test(.timeLimit(.minutes(10))) func workRunsBesideItsSubmitter() {
        let queue = BackgroundQueue()
        let gate = DispatchSemaphore(value: 0)
        // Run inline, this would wait for its own submitter.
        queue.submit { gate.wait() }
        gate.signal()
        queue.drain()
    }
}

private final class Numbers: Sendable {
    private let numbers = Mutex<[Int]>([])
    var all: [Int] { numbers.withLock { $0 } }
    func append(_ number: Int) { numbers.withLock { $0.append(number) } }
}
