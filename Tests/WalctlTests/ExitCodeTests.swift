import Foundation
import Testing

/// One test for every exit code, on each backend where it depends on it.
@Suite struct ExitCodeTests {
    @Test(arguments: [
        ["--help"], ["--version"], ["help", "dump"], ["append", "--help"], ["apply", "--help"],
        ["import", "--help"], ["export", "--help"], ["dump", "--help"], ["get", "--help"],
        ["verify", "--help"], ["info", "--help"], ["repair", "--help"],
        ["--generate-completion-script", "bash"],
    ])
    func askingForHelpIsDone(arguments: [String]) throws {
        let line = arguments.joined(separator: " ")
        let outcome = try Walctl.shell("walctl \(line)")
        #expect(outcome.status == 0)
        #expect(!outcome.output.isEmpty)
        #expect(outcome.messages.isEmpty)
    }

    @Test(arguments: [
        "", "frobnicate", "dump", "dump a b", "get a", "get a x", "get a -1",
        "get a 18446744073709551616", "append a --count 1", "append a --count -1 --size 1",
        "append a --count 1 --size 99999999999999999999 --sync each",
        "append a --count 1 --size 67108865 --sync each",
        "append a --count 1 --size 18446744073709551615 --sync each",
        "append a --count 1 --size 1 --sync sometimes",
        "append a --count 1 --size 1 --sync batch --batch 0",
        "dump a --from 2 --to 1", "dump a --payload octal", "--backend tape dump a",
        "--segment-bytes many append a --count 1 --size 1 --sync each",
        "append a --count 1 --size 1 --segment-bytes=-1",
        "append a --count 1 --size 1 --segment-bytes 18446744073709551615",
        "import a", "import a --from /dev/null --framing xml", "export a", "repair a",
        "repair a --plan --apply", "repair a --plan --accept-loss",
    ])
    func whatMakesNoSenseIsUsage(line: String) throws {
        try withTemporaryDirectory { directory in
            let outcome = try Walctl.shell("cd \"$1\" && walctl \(line)", directory)
            #expect(outcome.status == 2)
            #expect(outcome.output.isEmpty)
            #expect(!outcome.messages.isEmpty)
        }
    }

    @Test func unreadableEnvironmentIsUsage() throws {
        try withTemporaryDirectory { directory in
            let outcome = try Walctl.run(
                "append", directory + "/store", "--count", "1", "--size", "1",
                environment: ["WALCTL_SEG": "64k"])
            #expect(outcome.status == 2)
            #expect(outcome.messages.contains("WALCTL_SEG"))
        }
    }

    @Test func anotherBackendsStoreIsUsage() throws {
        try withStore { store in
            for command in ["dump", "verify", "info", "apply"] {
                let after = try Walctl.run(command, store, "--backend", "lmdb")
                #expect(after.status == 2)
                let before = try Walctl.run("--backend", "lmdb", command, store)
                #expect(before.status == 2)
            }
        }
    }

    @Test func damageIsCorrupt() throws {
        try withStore { store in
            let file = try #require(try dataFiles(in: store).first)
            let payload = try Walctl.run("get", store, "7").output
            let place = try #require(
                try Data(contentsOf: URL(fileURLWithPath: store + "/" + file))
                    .range(of: payload)?.lowerBound)
            try flip(store + "/" + file, at: UInt64(place))
            for command in ["dump", "verify"] {
                let outcome = try Walctl.run(command, store)
                #expect(outcome.status == 3)
                // The message names file, offset and index.
                let text = outcome.text + outcome.messages
                #expect(text.contains(file))
                #expect(text.contains("offset: \(place - 32)"))
                #expect(text.contains("index: 7"))
            }
        }
    }

    @Test(arguments: backends) func secondWriterIsLocked(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let writer = try RunningWriter("--backend", backend, "apply", store)
            try writer.send("append 1 1 1")
            #expect(writer.receive() == "acked 1")
            #expect(try Walctl.run("apply", store).status == 4)
            #expect(
                try Walctl.run("append", store, "--count", "1", "--size", "1").status == 4)
            #expect(try Walctl.run("import", store, "--from", "/dev/null").status == 4)
            #expect(try Walctl.run("dump", store).lines.count == 1)
            #expect(try writer.finish() == 0)
            #expect(try Walctl.run("apply", store).status == 0)
        }
    }

    @Test func failedSystemCallIsNamed() throws {
        try withTemporaryDirectory { directory in
            let file = directory + "/file"
            try Data().write(to: URL(fileURLWithPath: file))
            for arguments in [
                ["dump", file], ["apply", file + "/store"], ["import", directory, "--from", "/no"],
            ] {
                let outcome = try Walctl.shell("walctl \(arguments.joined(separator: " "))")
                #expect(outcome.status == 5)
                #expect(outcome.messages.contains("errno"))
                #expect(outcome.messages.contains("("))
            }
        }
    }

    @Test(arguments: backends) func fileSizeLimitIsAFailureNotASignal(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let small = "--count 3 --size 10 --segment-bytes 8192"
            let outcome = try Walctl.shell(
                """
                walctl --backend \(backend) append "$1" \(small) || exit
                ulimit -f 100
                walctl append "$1" --count 1 --size 500000
                """, store)
            #expect(outcome.status == 5)
            #expect(outcome.lines == ["acked 1", "acked 2", "acked 3"])
            #expect(outcome.messages.contains("noSpace"))
            #expect(try Walctl.run("dump", store).lines.count == 3)
        }
    }

    @Test(arguments: backends) func whatIsNotThereIsNotFound(backend: String) throws {
        try withTemporaryDirectory { directory in
            for command in ["dump", "verify", "info", "get", "export"] {
                let rest = ["get": " 1", "export": " --to /dev/null"][command] ?? ""
                for place in [directory, directory + "/none"] {
                    let outcome = try Walctl.shell(
                        "walctl --backend \(backend) \(command) \"$1\"\(rest)", place)
                    #expect(outcome.status == 6)
                }
            }
            // Looking creates nothing.
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)

            let store = directory + "/store"
            try Walctl.run(
                "--backend", backend, "apply", store,
                input: "append 10 5 1\ncompact-before 4\n")
            for index in ["0", "1", "3", "11", "18446744073709551615"] {
                #expect(try Walctl.run("get", store, index).status == 6)
            }
            #expect(try Walctl.run("get", store, "4").output.count == 5)
            #expect(try Walctl.run("get", store, "10").output.count == 5)
        }
    }

    @Test func unknownVersionIsUnsupported() throws {
        try withStore { store in
            // Bytes 8 to 11 of the identity file are the format version.
            try flip(store + "/STORE", at: 8, mask: 3)
            for command in ["dump", "verify", "info", "apply"] {
                #expect(try Walctl.run(command, store).status == 7)
            }
        }
    }

    /// Runs `body` with a closed segment store of 20 entries.
    private func withStore(_ body: (String) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let outcome = try Walctl.run("append", store, "--count", "20", "--size", "30")
            try #require(outcome.status == 0)
            try body(store)
        }
    }
}
