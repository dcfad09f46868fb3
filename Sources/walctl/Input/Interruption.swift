import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The wish to end a command that would go on for ever: SIGINT, SIGTERM, SIGHUP, or nobody left to
/// read its output.
///
/// The first signal ends the command in its own time; a second one ends the process as it would any.
/// A signal that the caller had ignored, as `nohup` does, stays ignored; one that it had blocked, as
/// threads of servers do before they start a process, is not.
struct Interruption {
    private static let isWished = Atomic<Bool>(false)

    /// Listens from now on.
    init() {
        // Made here and not in the handler, which may do next to nothing.
        Self.isWished.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] where !Self.isIgnored(number) {
            var action = sigaction()
            let handler: @convention(c) (Int32) -> Void = { _ in
                Interruption.isWished.store(true, ordering: .relaxed)
            }
            #if canImport(Darwin)
                action.__sigaction_u.__sa_handler = handler
            #else
                action.__sigaction_handler.sa_handler = handler
            #endif
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
            sigaction(number, &action, nil)
            var set = sigset_t()
            sigemptyset(&set)
            sigaddset(&set, number)
            pthread_sigmask(SIG_UNBLOCK, &set, nil)
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        #if canImport(Darwin)
            let handler = action.__sigaction_u.__sa_handler
        #else
            let handler = action.__sigaction_handler.sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Waits, but not when there is a wish to end.
    ///
    /// - Returns: whether there is one.
    func wait(milliseconds: Int32) -> Bool {
        if Self.isWished.load(ordering: .relaxed) { return true }
        // A pipe without a reader is an event that nobody has to ask for.
        var request = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        let count = poll(&request, 1, milliseconds)
        if count > 0, request.revents & Int16(POLLERR | POLLHUP) != 0 { return true }
        return Self.isWished.load(ordering: .relaxed)
    }
}
