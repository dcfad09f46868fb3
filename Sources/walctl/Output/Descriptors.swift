import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The standard streams and the signals of the process.
enum Descriptors {
    /// Turns into errors what would otherwise end the process or go into the wrong file.
    ///
    /// - A pipe without a reader and a file beyond the size limit are errors of `write(2)`.
    /// - A standard stream that the caller closed is replaced, because the next file opened would
    ///   take its number, and acknowledgements would be written into a store. What replaces it can
    ///   only be used the wrong way round, so that using it fails with `EBADF`, as it should.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
        where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is taken, which is this one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Writes all bytes, repeating what was interrupted or written in part.
    static func write(
        _ bytes: RawSpan, to descriptor: Int32, path: String
    ) throws(SystemCallError) {
        var offset = 0
        while offset < bytes.byteCount {
            let (count, number) = bytes.extracting(offset...).withUnsafeBytes { part in
                #if canImport(Darwin)
                    let count = Darwin.write(descriptor, part.baseAddress, part.count)
                #elseif canImport(Glibc)
                    let count = Glibc.write(descriptor, part.baseAddress, part.count)
                #elseif canImport(Musl)
                    let count = Musl.write(descriptor, part.baseAddress, part.count)
                #endif
                return (count, errno)
            }
            if count >= 0 {
                offset += count
            } else if number == EAGAIN {
                waitUntilReady(descriptor, for: Int16(POLLOUT))
            } else if number != EINTR {
                throw SystemCallError(call: "write", errno: number, path: path)
            }
        }
    }

    /// Reads what is there, waiting for at least one byte.
    ///
    /// - Returns: the number of bytes; 0 at the end.
    static func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, path: String
    ) throws(SystemCallError) -> Int {
        while true {
            #if canImport(Darwin)
                let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
            #elseif canImport(Glibc)
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            #elseif canImport(Musl)
                let count = Musl.read(descriptor, buffer.baseAddress, buffer.count)
            #endif
            if count >= 0 { return count }
            let number = errno
            if number == EINTR { continue }
            if number == EAGAIN {
                waitUntilReady(descriptor, for: Int16(POLLIN))
                continue
            }
            throw SystemCallError(call: "read", errno: number, path: path)
        }
    }

    /// Waits for a descriptor that somebody made non-blocking.
    private static func waitUntilReady(_ descriptor: Int32, for events: Int16) {
        var request = pollfd(fd: descriptor, events: events, revents: 0)
        _ = poll(&request, 1, -1)
    }
}
