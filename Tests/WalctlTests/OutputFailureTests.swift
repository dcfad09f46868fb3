import Foundation
import Testing

/// An output that cannot be written is exit code 5, never a signal, and never costs data.
@Suite struct OutputFailureTests {
    /// Ways of having no output; 9 is a pipe whose reader is gone.
    static let outputs = [">/dev/full", ">&-", ">&9"]
    static let openPipe =
        #"rm -f "$1.pipe"; mkfifo "$1.pipe"; exec 8<>"$1.pipe" 9>"$1.pipe" 8<&-;"#

    @Test(arguments: outputs, ["dump", "info", "verify", "get", "dump --json"])
    func readingIntoNowhereFails(output: String, command: String) throws {
        #if os(Linux)
            try withTemporaryDirectory { directory in
                let store = directory + "/store"
                // More than a pipe holds.
                try Walctl.run("apply", store, input: "append 9000 10 1\nappend 1 200000 1\n")
                let index = command == "get" ? " 9001" : ""
                let outcome = try Walctl.shell(
                    "\(Self.openPipe) walctl \(command) \"$1\"\(index) \(output)", store)
                #expect(outcome.status == 5)
                #expect(outcome.messages.contains("write(standard output)"))
                #expect(outcome.messages.contains("errno"))
            }
        #endif
    }

    @Test(arguments: backends, outputs)
    func writingGoesOnUntilTheFirstAcknowledgement(backend: String, output: String) throws {
        #if os(Linux)
            try withTemporaryDirectory { directory in
                let store = directory + "/store"
                for command in ["append \"$1\" --count 5 --size 10", "apply \"$1\""] {
                    let outcome = try Walctl.shell(
                        """
                        \(Self.openPipe)
                        printf 'append 1 10 9\\nappend 1 10 9\\n' >"$1.in"
                        walctl --backend \(backend) \(command) <"$1.in" \(output)
                        """, store)
                    #expect(outcome.status == 5)
                }
                // Both made durable what they could not acknowledge, and closed the store.
                let dump = try Walctl.run("dump", store)
                #expect(dump.status == 0)
                #expect(dump.lines.map { $0.prefix(3) } == ["1 1", "2 9"])
                #expect(try Walctl.run("verify", store).text == "ok first=1 last=2 torn=0\n")
            }
        #endif
    }

    @Test func whatPrintsNothingNeedsNoOutput() throws {
        try withTemporaryDirectory { directory in
            let outcome = try Walctl.shell(
                "walctl append \"$1\" --count 5 --size 10 --sync none <&- >&- 2>&-",
                directory + "/store")
            #expect(outcome.status == 0)
            #expect(try Walctl.run("dump", directory + "/store").lines.count == 5)
        }
    }

    @Test(arguments: outputs) func corruptionIsWorseThanNoOutput(output: String) throws {
        #if os(Linux)
            try withTemporaryDirectory { directory in
                let store = directory + "/store"
                try Walctl.run("append", store, "--count", "20", "--size", "100")
                let payload = try Walctl.run("get", store, "7").output
                let path = store + "/" + (try #require(try dataFiles(in: store).first))
                let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
                try flip(path, at: UInt64(try #require(bytes.range(of: payload)?.lowerBound)))
                for command in ["verify", "verify --json", "dump"] {
                    let outcome = try Walctl.shell(
                        "\(Self.openPipe) walctl \(command) \"$1\" \(output)", store)
                    #expect(outcome.status == 3)
                }
            }
        #endif
    }

    @Test(arguments: ["--help", "--version", "dump --help"])
    func evenHelpHasToArrive(arguments: String) throws {
        #if os(Linux)
            #expect(try Walctl.shell("walctl \(arguments) >/dev/full").status == 5)
        #endif
    }

    @Test func unreadableInputFails() throws {
        try withTemporaryDirectory { directory in
            for input in ["<&-", "</"] {
                let outcome = try Walctl.shell("walctl apply \"$1\" \(input)", directory + "/store")
                #expect(outcome.status == 5)
                #expect(outcome.messages.contains("read(standard input)"))
            }
        }
    }
}
