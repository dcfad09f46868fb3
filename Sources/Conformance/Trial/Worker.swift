import Dispatch
import WALProtocol

/// A thread that reads beside the writer.
final class Worker: Sendable {
    private let failure = Shared<(any Error)?>(nil)
    private let done = DispatchSemaphore(value: 0)

    /// Starts a thread with a reader of its own.
    convenience init(
        reading store: any LogStore, _ body: @escaping @Sendable (any LogReader) throws -> Void
    ) {
        self.init(with: store.makeReader(), body)
    }

    /// Starts a thread with a reader.
    init(
        with reader: sending any LogReader,
        _ body: @escaping @Sendable (any LogReader) throws -> Void
    ) {
        let reader = Transfer(reader)
        DispatchQueue(label: "conformance.reader").async { [failure, done] in
            do { try body(reader.value) } catch { failure.value = error }
            done.signal()
        }
    }

    /// Whether its body has thrown.
    var hasFailed: Bool { failure.value != nil }

    /// Waits for the thread to end.
    ///
    /// - Throws: what its body threw.
    func join() throws {
        done.wait()
        if let error = failure.value { throw error }
    }

    static func expect(
        _ condition: Bool, _ message: @autoclosure () -> String, _ file: String = #fileID,
        _ line: Int = #line
    ) throws {
        guard condition else { throw Failure(message(), at: .here(file, line)) }
    }
}

/// Carries a reader, which is used by one thread at a time, to the thread that uses it.
private struct Transfer: @unchecked Sendable {
    let value: any LogReader

    init(_ value: sending any LogReader) { self.value = value }
}
