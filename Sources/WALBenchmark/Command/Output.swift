import Foundation

/// Text to stdout: complete, or the reason why not.
enum Output {
    /// Makes sure that writing to the standard streams does what it says.
    ///
    /// A reader that leaves is an error of `write`, not the end of the process. And a stream that
    /// the caller closed is replaced, because the next file opened would take its number, and the
    /// table would be written into a store.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        while true {
            let descriptor = open("/dev/null", O_RDWR)
            if descriptor > STDERR_FILENO { close(descriptor) }
            if descriptor < 0 || descriptor > STDERR_FILENO { return }
        }
    }

    /// Whether a file could be written, before much time is spent on what is to be in it.
    ///
    /// - Throws: what opening it would.
    static func checkWritable(_ path: String) throws(Failure) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT != S_IFDIR else {
                throw Failure(call: "open", path: path, errno: EISDIR)
            }
            guard access(path, W_OK) == 0 else { throw Failure(call: "open", path: path) }
        } else {
            let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
            guard access(parent, W_OK) == 0 else { throw Failure(call: "open", path: path) }
        }
    }

    /// Writes to stdout.
    ///
    /// A reader that left early (`| head`) has what it wanted.
    static func print(_ text: String) throws(Failure) {
        try write(text, to: STDOUT_FILENO, "stdout")
    }

    /// Writes a message; where it cannot be written there is nobody to tell.
    static func complain(_ text: String) {
        do throws(Failure) {
            try write(text, to: STDERR_FILENO, "stderr")
        } catch {}
    }

    /// Writes a file.
    static func write(_ text: String, toFile path: String) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure(call: "open", path: path) }
        defer { close(descriptor) }
        try write(text, to: descriptor, path)
    }

    /// Writes a file, or to stdout where the file is called `-`.
    static func write(_ text: String, toFileOrStdout path: String) throws(Failure) {
        if path == "-" { try print(text) } else { try write(text, toFile: path) }
    }

    /// Whether somebody looks at stdout.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether escape codes mean something to whoever reads.
    static var isEmphatic: Bool {
        isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1
            && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }

    private static func write(
        _ text: String, to descriptor: Int32, _ path: String
    ) throws(Failure) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress, $0.count)
            }
            if written < 0 {
                if errno == EINTR { continue }
                if errno == EPIPE { return }
                throw Failure(call: "write", path: path)
            }
            rest = rest.dropFirst(written)
        }
    }
}
