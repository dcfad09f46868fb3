import WALProtocol

/// Why a command ends early: what the process exits with and what stderr is told.
struct Failure: Error {
    var status: ExitStatus
    var message: String

    /// Makes a failure.
    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// A failure of a store, or of a system call, which has the same words.
    init(_ error: LogStoreError) {
        self.init(ExitStatus(error.code), error.description)
    }

    /// A failed system call on a file that is not the store's.
    init(_ error: SystemCallError) {
        self.init(.failed, error.description)
    }

    /// A failure of something that the input's line asked for.
    ///
    /// A position that the log no longer has or does not have yet is the line's mistake.
    init(_ error: LogStoreError, inputLine: Int) {
        let status = ExitStatus(error.code)
        self.init(status == .notFound ? .usage : status, "line \(inputLine): \(error)")
    }
}
