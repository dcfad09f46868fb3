import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Text for people, on stderr.
enum Messages {
    /// Whether somebody looks at stderr.
    static let isTerminal = isatty(STDERR_FILENO) == 1

    private static let isColoured =
        isTerminal && getenv("NO_COLOR") == nil && getenv("TERM").map { strcmp($0, "dumb") } != 0

    /// Says what went wrong.
    static func error(_ message: String) {
        write(isColoured ? "\u{1B}[31;1merror:\u{1B}[0m \(message)\n" : "error: \(message)\n")
    }

    /// Says something worth knowing.
    static func note(_ message: String) {
        write(isColoured ? "\u{1B}[2m\(message)\u{1B}[0m\n" : "\(message)\n")
    }

    /// Writes text as it is; where it cannot be written there is nobody to tell.
    static func write(_ text: String) {
        do throws(SystemCallError) {
            try Descriptors.write(
                Array(text.utf8).span.bytes, to: STDERR_FILENO, path: "standard error")
        } catch {}
    }
}
