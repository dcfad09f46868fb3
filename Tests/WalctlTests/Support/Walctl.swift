import Foundation
import Testing

/// The tool, run as scripts run it.
enum Walctl {
    /// What a run left.
    struct Outcome {
        var status: Int32
        /// Whether a signal ended it, which must never be.
        var wasSignalled: Bool
        var output: Data
        var messages: String

        /// The output as text.
        var text: String { String(decoding: output, as: UTF8.self) }

        /// The output's lines.
        var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    /// The binary beside the test bundle.
    static func binary() throws -> String {
        var directory = URL(fileURLWithPath: CommandLine.arguments[0])
        if let bundle = Bundle.allBundles.first(where: { $0.bundlePath.hasSuffix(".xctest") }) {
            directory = bundle.bundleURL
        }
        while directory.path != "/" {
            directory.deleteLastPathComponent()
            let candidate = directory.appendingPathComponent("walctl").path
            var isDirectory: ObjCBool = false
            if FileManager.default.fileExists(atPath: candidate, isDirectory: &isDirectory),
                !isDirectory.boolValue, FileManager.default.isExecutableFile(atPath: candidate)
            {
                return candidate
            }
        }
        throw NoBinary()
    }

    struct NoBinary: Error {}

    /// Runs the tool to its end.
    @discardableResult
    static func run(
        _ arguments: String..., input: String = "", environment: [String: String] = [:]
    ) throws -> Outcome {
        try run(arguments, input: input, environment: environment)
    }

    /// Runs the tool to its end.
    @discardableResult
    static func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) throws -> Outcome {
        try run(try binary(), arguments, input: Data(input.utf8), environment: environment)
    }

    /// Runs the tool in a line of the shell, as `walctl`, with the arguments as `$1`, `$2`….
    static func shell(_ line: String, _ arguments: String...) throws -> Outcome {
        let walctl = "walctl() { \"$WALCTL\" \"$@\"; }; "
        return try run(
            "/bin/bash", ["-c", walctl + line, "bash"] + arguments, input: Data(),
            environment: ["WALCTL": try binary()])
    }

    private static func run(
        _ path: String, _ arguments: [String], input: Data, environment: [String: String]
    ) throws -> Outcome {
        try withTemporaryDirectory { directory in
            let url = URL(fileURLWithPath: directory)
            let files = ["in", "out", "err"].map { url.appendingPathComponent($0) }
            try input.write(to: files[0])
            for file in files[1...] { try Data().write(to: file) }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = arguments
            process.environment = cleanEnvironment.merging(environment) { $1 }
            process.standardInput = try FileHandle(forReadingFrom: files[0])
            process.standardOutput = try FileHandle(forWritingTo: files[1])
            process.standardError = try FileHandle(forWritingTo: files[2])
            try process.run()
            process.waitUntilExit()
            return Outcome(
                status: process.terminationStatus,
                wasSignalled: process.terminationReason == .uncaughtSignal,
                output: try Data(contentsOf: files[1]),
                messages: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
        }
    }

    private static var cleanEnvironment: [String: String] {
        ProcessInfo.processInfo.environment.filter { $0.key != "WALCTL_SEG" }
    }
}

/// Runs `body` with a new directory, removed afterwards with all that is in it.
func withTemporaryDirectory<R>(_ body: (String) throws -> R) throws -> R {
    let directory = FileManager.default.temporaryDirectory
        .appendingPathComponent("walctl-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory.path)
}
