import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Data for stdout: buffered, and every byte accounted for.
///
/// Its errors are those of a store, so that reading closures can pass them on.
final class Output {
    private static let capacity = 64 << 10

    private var buffer: [UInt8] = []
    /// Why nothing more can be written.
    private(set) var failure: LogStoreError?

    /// Makes an empty buffer in front of stdout.
    init() {
        buffer.reserveCapacity(Self.capacity)
    }

    /// Writes a line; it may stay in the buffer.
    func line(_ text: String) throws(LogStoreError) {
        buffer.append(contentsOf: text.utf8)
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= Self.capacity { try flush() }
    }

    /// Writes text as it is; it may stay in the buffer.
    func text(_ text: String) throws(LogStoreError) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= Self.capacity { try flush() }
    }

    /// Writes raw bytes; they may stay in the buffer.
    func bytes(_ bytes: RawSpan) throws(LogStoreError) {
        bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
        if buffer.count >= Self.capacity { try flush() }
    }

    /// Hands everything to the operating system.
    ///
    /// - Throws: what the first failed write threw, again and again: after it nothing is written.
    func flush() throws(LogStoreError) {
        if let failure { throw failure }
        defer { buffer.removeAll(keepingCapacity: true) }
        do throws(SystemCallError) {
            try Descriptors.write(
                buffer.span.bytes, to: STDOUT_FILENO, path: "standard output")
        } catch {
            let meaning = LogStoreError(
                .io, "the output could not be written", cause: error)
            failure = meaning
            throw meaning
        }
    }

    /// Whether writing failed because nobody reads any more.
    var isReaderGone: Bool { failure?.cause?.errno == EPIPE }

    /// Forgets what is not written, and that it could not be: for a command that this ends well.
    func abandon() {
        buffer = []
        failure = nil
    }
}
