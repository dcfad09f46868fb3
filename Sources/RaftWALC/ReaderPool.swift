import AsyncWAL
import WALProtocol

/// Lends each reading thread a reader of its own.
///
/// Readers keep caches without locks; who calls from C has no place to keep one.
final class ReaderPool: @unchecked Sendable {
    /// More threads than that at once make readers anew.
    private static let idleLimit = 64

    private let monitor = Monitor()
    /// Makes all others, under the lock: readers can be made anywhere, a store's owner is one.
    private let first: any LogReader
    private var idle: [any LogReader] = []
    private var lentCount = 0
    private var isClosed = false

    init(_ first: sending any LogReader) { self.first = first }

    func withReader<R>(
        _ body: (any LogReader) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        let reader = try take()
        defer { giveBack(reader) }
        return try body(reader)
    }

    private func take() throws(LogStoreError) -> any LogReader {
        try monitor.withLock { () throws(LogStoreError) in
            if isClosed { throw .closed }
            lentCount += 1
            return idle.popLast() ?? first.makeReader()
        }
    }

    private func giveBack(_ reader: any LogReader) {
        let isAwaited = monitor.withLock {
            lentCount -= 1
            if !isClosed, idle.count < Self.idleLimit { idle.append(reader) }
            return isClosed && lentCount == 0
        }
        if isAwaited { monitor.signal() }
    }

    /// Lends no more, and waits until nobody reads.
    func close() {
        monitor.withLock {
            isClosed = true
            idle.removeAll()
            while lentCount > 0 { monitor.wait() }
        }
    }
}
