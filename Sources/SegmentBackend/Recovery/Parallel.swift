internal import Dispatch

/// Work on many files at once.
enum Parallel {
    /// Runs `body` for each element on all processors, the last elements first, and returns the
    /// results in order.
    ///
    /// - Throws: what the first of them throws.
    static func map<T: Sendable, R: Sendable, E: Error>(
        _ elements: [T], _ body: @Sendable (T) throws(E) -> R
    ) throws(E) -> [R] {
        var results = [Result<R, E>?](repeating: nil, count: elements.count)
        results.withUnsafeMutableBufferPointer { buffer in
            // Each iteration has an element of its own.
            nonisolated(unsafe) let buffer = buffer
            DispatchQueue.concurrentPerform(iterations: elements.count) { iteration in
                let place = elements.count - 1 - iteration
                buffer[place] = Result { () throws(E) in try body(elements[place]) }
            }
        }
        var values: [R] = []
        for result in results {
            guard let result else { preconditionFailure("every iteration leaves a result") }
            values.append(try result.get())
        }
        return values
    }
}
