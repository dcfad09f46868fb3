import Testing
import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite struct LogStoreErrorTests {
    /// A hot path throws it in a register.
    @Test func isOnePointerWide() {
        #expect(MemoryLayout<LogStoreError>.size == MemoryLayout<UnsafeRawPointer>.size)
    }

    @Test(
        arguments: [
            (ENOSPC, .noSpace, .noSpace), (EDQUOT, .noSpace, .noSpace), (EFBIG, .noSpace, .noSpace),
            (EROFS, .readOnly, .io), (EACCES, .readOnly, .io), (EPERM, .readOnly, .io),
            (EIO, .io, .io), (EMFILE, .io, .io), (ENOENT, .io, .io),
        ] as [(Int32, LogStoreError.Code, LogStoreError.Code)])
    func aSystemCallErrorHasAMeaning(
        _ number: Int32, _ writing: LogStoreError.Code, _ reading: LogStoreError.Code
    ) {
        let cause = SystemCallError(call: "pwrite", errno: number, path: "/store/file")
        let written = LogStoreError(cause)
        #expect(written.code == writing)
        #expect(written.cause == cause)
        #expect(written.context.file == "/store/file")
        #expect(LogStoreError(cause, writing: false).code == reading)
    }

    @Test func onlyInterruptionsAreRepeated() {
        for number in [EINTR, EAGAIN] {
            #expect(SystemCallError(call: "read", errno: number, path: "").isInterruption)
        }
        for number in [EIO, ENOSPC, EBADF] {
            #expect(!SystemCallError(call: "read", errno: number, path: "").isInterruption)
        }
    }

    @Test func saysWhatHappenedWhereAndWhy() {
        let error = LogStoreError(
            .io, "a system call failed",
            context: .init(
                file: "f", byteOffset: 1, index: 2, term: 3, expected: 4, found: 5, limit: 6),
            cause: SystemCallError(call: "pwrite", errno: ENOSPC, path: "/f"))
        #expect(
            error.description
                == "io: a system call failed (file: f, offset: 1, index: 2, term: 3, expected: 4, "
                + "found: 5, limit: 6) [pwrite(/f): \(String(cString: strerror(ENOSPC))) (errno \(ENOSPC))]"
        )
        #expect(LogStoreError.closed.description == "closed: the store is closed; open it again")
        #expect("\(error.code)" == "io")
    }

    @Test func messagesDoNotMakeErrorsDifferent() {
        #expect(LogStoreError(.io, "one") == LogStoreError(.io, "another"))
        #expect(LogStoreError(.io, "one") != LogStoreError(.corrupt, "one"))
        #expect(LogStoreError(.io, "one") != LogStoreError(.io, "one", context: .init(index: 1)))
        let cause = SystemCallError(call: "read", errno: EIO, path: "f")
        #expect(LogStoreError(.io, "one") != LogStoreError(.io, "one", cause: cause))
    }

    @Test func everyCodeHasAName() {
        let names = LogStoreError.Code.all.map(\.description)
        #expect(names.count == 20)
        #expect(Set(names).count == names.count)
        #expect(names.contains("positionConflict"))
    }
}
