internal import WALProtocol

/// Makes readers for whoever asks, and reads on a thread of its own for those who follow the log.
final class ReaderSource: @unchecked Sendable {
    private let monitor = Monitor()
    private let prototype: any LogReader
    private let isInline: Bool
    private var jobs = FIFO<@Sendable () -> Void>()
    private var hasThread = false
    private var isEnded = false

    init(_ prototype: sending any LogReader, isInline: Bool) {
        self.prototype = prototype
        self.isInline = isInline
    }

    func makeReader() -> sending any LogReader {
        monitor.lock()
        defer { monitor.unlock() }
        return prototype.makeReader()
    }

    /// The state of the log at this moment.
    var state: LogState { monitor.withLock { prototype.state } }

    /// Runs `read`, which may wait for the disk, on the reading thread.
    nonisolated(nonsending) func perform<R: Sendable>(
        _ read: @escaping @Sendable () -> R
    ) async -> R {
        await withUnsafeContinuation { continuation in
            if !submit({ continuation.resume(returning: read()) }) {
                continuation.resume(returning: read())
            }
        }
    }

    /// Whether the thread will run a job.
    private func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        monitor.lock()
        defer { monitor.unlock() }
        if isInline || isEnded { return false }
        if !hasThread { hasThread = startThread { [self] in run() } }
        guard hasThread else { return false }
        jobs.append(job)
        monitor.signal()
        return true
    }

    private func run() {
        monitor.lock()
        while true {
            if let job = jobs.popFirst() {
                monitor.unlock()
                job()
                monitor.lock()
            } else if isEnded {
                break
            } else {
                monitor.wait()
            }
        }
        hasThread = false
        monitor.unlock()
    }

    /// Lets the thread go, after the jobs it has.
    func end() {
        monitor.withLock {
            isEnded = true
            monitor.signal()
        }
    }
}
