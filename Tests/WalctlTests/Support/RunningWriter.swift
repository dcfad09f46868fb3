import Foundation
import Testing

/// A `walctl` that runs beside the test, with its input kept open.
final class RunningWriter {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var received = Data()

    /// Starts the tool.
    init(_ arguments: String...) throws {
        process.executableURL = URL(fileURLWithPath: try Walctl.binary())
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

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
        if process.isRunning { kill() }
    }
}
