import Foundation
import WALProtocol

/// What ends the program: an exit code of cli.md and one sentence.
struct Failure: Error {
    var exitCode: Int32
    var message: String

    init(exitCode: Int32, message: String) {
        self.exitCode = exitCode
        self.message = message
    }

    /// A system call of this program failed.
    init(call: String, path: String, errno number: Int32 = errno) {
        self.init(
            exitCode: 5, message: "\(SystemCallError(call: call, errno: number, path: path))")
    }

    /// The failure that an error means; `nil` if it is the argument parser's.
    init?(_ error: any Error) {
        if let failure = error as? Failure {
            self = failure
        } else if let error = error as? LogStoreError {
            self.init(exitCode: Self.exitCode(for: error.code), message: Self.sentence(error))
        } else {
            return nil
        }
    }

    static func exitCode(for code: LogStoreError.Code) -> Int32 {
        switch code {
        case .corrupt: 3
        case .locked: 4
        case .unavailable, .compacted: 6
        case .unsupportedFormat: 7
        case .invalidArgument: 2
        default: 5
        }
    }

    private static func sentence(_ error: LogStoreError) -> String {
        switch error.code {
        case .noSpace:
            "the disk is full: free about 2 GB or name another directory with --dir"
                + (error.cause.map { " [\($0)]" } ?? "")
        case .readOnly:
            "the directory cannot be written: name another one with --dir"
                + (error.cause.map { " [\($0)]" } ?? "")
        case .invalidArgument: error.message
        case .io: error.message + (error.cause.map { " [\($0)]" } ?? "")
        default: "\(error)"
        }
    }

    /// Says why and ends the program.
    func exit(prefixed: Bool = true) -> Never {
        Output.complain((prefixed ? "walbench: " : "") + message + "\n")
        Self.exitSilently(exitCode)
    }

    /// Ends the program at once.
    ///
    /// Nothing is buffered that could be lost.
    static func exitSilently(_ code: Int32) -> Never { _exit(code) }
}
