import AsyncWAL
import WALProtocol

/// Lends each reading thread a reader of its own.
///
/// Readers keep caches without locks; who calls from C has no place to keep one.
final class ReaderPool: @unchecked Sendable {
    /// More threads than that at once make readers anew.
    private static let idleLimit = 64

    private struct State {
        var idle: [any LogReader] = []
        var lentCount = 0
        var isClosed = false
    }

    private let monitor = Monitor()
    /// Makes all others, under the lock: readers can be made anywhere, a store's owner is one.
    private let first: any LogReader
    /// Behind a pointer, because a class's own variables are checked for exclusive access.
    private let state: UnsafeMutablePointer<State>

    init(_ first: sending any LogReader) {
        self.first = first
        state = .allocate(capacity: 1)
        state.initialize(to: State())
    }

    deinit {
        state.deinitialize(count: 1)
        state.deallocate()
    }

    func withReader<R>(
        _ body: (any LogReader) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        let reader = try take()
        defer { giveBack(reader) }
        return try body(reader)
    }

    private func take() throws(LogStoreError) -> any LogReader {
        monitor.lock()
        defer { monitor.unlock() }
        if state.pointee.isClosed { throw .closed }
        state.pointee.lentCount += 1
        return state.pointee.idle.popLast() ?? first.makeReader()
    }

    private func giveBack(_ reader: any LogReader) {
        monitor.lock()
        state.pointee.lentCount -= 1
        let isClosed = state.pointee.isClosed
        if !isClosed, state.pointee.idle.count < Self.idleLimit {
            state.pointee.idle.append(reader)
        }
        let isAwaited = isClosed && state.pointee.lentCount == 0
        monitor.unlock()
        if isAwaited { monitor.signal() }
    }

    /// Lends no more, and waits until nobody reads.
    func close() {
        monitor.lock()
        defer { monitor.unlock() }
        state.pointee.isClosed = true
        state.pointee.idle.removeAll()
        while state.pointee.lentCount > 0 { monitor.wait() }
    }
}
