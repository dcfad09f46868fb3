import Foundation
import Testing

/// A `walctl` that runs beside the test, with its input kept open: a writer, or a follower.
final class RunningWriter {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var received = Data()
    private var watchdog: DispatchWorkItem?

    /// Starts the tool.
    convenience init(_ arguments: String...) throws {
        try self.init(arguments)
    }

    /// Starts the tool.
    ///
    /// - Parameter messages: The file that its messages go to.
    init(_ arguments: [String], messages: String? = nil) throws {
        process.executableURL = URL(fileURLWithPath: try Walctl.binary())
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        if let messages {
            try Data().write(to: URL(fileURLWithPath: messages))
            process.standardError = try FileHandle(
                forWritingTo: URL(fileURLWithPath: messages))
        }
        try process.run()
        // So that whoever waits for a line that does not come fails, and does not wait for ever.
        let number = process.processIdentifier
        let watchdog = DispatchWorkItem { Foundation.kill(number, SIGKILL) }
        self.watchdog = watchdog
        DispatchQueue.global().asyncAfter(deadline: .now() + 120, execute: watchdog)
    }

    /// Whether it runs.
    var isRunning: Bool { process.isRunning }

    /// Sends a line to its input.
    func send(_ line: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Waits for its next line of output; `nil` at the end.
    func receive() -> String? {
        while true {
            if let newline = received.firstIndex(of: 10) {
                defer { received = received[(newline + 1)...] }
                return String(decoding: received[..<newline], as: UTF8.self)
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { return nil }
            received.append(more)
        }
    }

    /// The index at the beginning of its next line of output.
    func index() -> Int? {
        receive().flatMap { $0.split(separator: " ").first }.flatMap { Int($0) }
    }

    /// Stops it where it is.
    func pause() { Foundation.kill(process.processIdentifier, SIGSTOP) }

    /// Lets it go on.
    func resume() { Foundation.kill(process.processIdentifier, SIGCONT) }

    /// Asks it to end.
    ///
    /// - Returns: the exit code; the number of a signal that ended it, negative.
    func terminate() -> Int32 {
        Foundation.kill(process.processIdentifier, SIGTERM)
        return waitForExit()
    }

    /// Waits until it ends.
    ///
    /// - Returns: as ``terminate()``.
    func waitForExit() -> Int32 {
        process.waitUntilExit()
        let status = process.terminationStatus
        return process.terminationReason == .uncaughtSignal ? -status : status
    }

    /// Kills it, as a power cut of the process would.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Ends its input and waits for it.
    ///
    /// - Returns: the exit code.
    func finish() throws -> Int32 {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        return process.terminationStatus
    }

    deinit {
        watchdog?.cancel()
        if process.isRunning { kill() }
    }
}
