import Foundation
import Testing

/// What is shown on a terminal, and what is not when there is none.
@Suite struct TerminalTests {
    @Test(arguments: backends) func nothingIsColouredWhenPiped(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = try damagedStore(directory, backend)
            for command in ["info", "map", "verify", "dump", "tail", "get"] {
                let arguments = [command, store] + (command == "get" ? ["7"] : [])
                // Neither a variable nor a damage changes that.
                let outcome = try Walctl.run(
                    arguments, environment: ["TERM": "xterm-256color", "CLICOLOR_FORCE": "1"])
                #expect(!outcome.output.contains(0x1B), "\(command)")
                #expect(!outcome.messages.contains("\u{1B}"), "\(command)")
                #expect(!outcome.messages.contains("\r"), "\(command)")
            }
            #expect(try !Walctl.run("help", "verify").output.contains(0x1B))
        }
    }

    #if os(Linux)
        @Test(.enabled(if: hasTerminals), arguments: [80, 200])
        func aMapFillsTheTerminalAndIsColoured(width: Int) throws {
            try withTemporaryDirectory { directory in
                let store = try damagedStore(directory, "segment")
                let shown = try terminal("walctl map store", width, in: directory)
                let plain = shown.replacing(#/\x1B\[[0-9;]*m/#, with: "")
                #expect(shown.contains("\u{1B}[34m"), "\(shown)")
                #expect(shown.contains("\u{1B}[31;1mdamaged"))
                let lines = plain.split(whereSeparator: \.isNewline)
                let widest = lines.filter { $0.contains("░░") }.map(\.count).max() ?? 0
                #expect((width - 4...width).contains(widest), "\(plain)")
                #expect(lines.allSatisfy { $0.count <= width }, "\(plain)")
                #expect(plain.contains("error: 1 damage found"))
                let without = try terminal("NO_COLOR=1 walctl map store", width, in: directory)
                #expect(!without.contains("\u{1B}"))
                _ = store
            }
        }

        @Test(.enabled(if: hasTerminals)) func verifyShowsProgressOnATerminalAndRemovesIt() throws {
            try withTemporaryDirectory { directory in
                try Walctl.run(
                    "append", directory + "/store", "--count", "700", "--size", "1000", "--sync",
                    "none")
                let shown = try terminal("walctl verify store --rate 2", 80, in: directory)
                #expect(shown.contains("MiB/s") || shown.contains("KiB/s"), "\(shown)")
                #expect(shown.contains("\r\u{1B}[K[#"), "\(shown)")
                #expect(shown.hasSuffix("\r\u{1B}[Kok first=1 last=700 torn=0\r\n"), "\(shown)")
            }
        }
    #endif

    @Test func bashCompletesCommandsAndDirectories() throws {
        try withTemporaryDirectory { directory in
            let outcome = try Walctl.shell(
                """
                cd "$1"; mkdir storage; touch stone
                walctl --generate-completion-script bash >script
                bash -n script && source ./script
                complete() {
                    COMPREPLY=() COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*"
                    COMP_POINT=${#COMP_LINE}
                    _walctl walctl "${@: -1}" "${@: -2:1}" 2>/dev/null
                    echo "${COMPREPLY[*]}"
                }
                complete walctl veri
                complete walctl verify sto
                complete walctl dump x --payload b
                """, directory)
            #expect(outcome.lines == ["verify", "storage", "base64"], "\(outcome.messages)")
        }
    }

    @Test(arguments: [("zsh", "#compdef walctl"), ("fish", "complete")])
    func otherShellsGetAScript(shell: String, word: String) throws {
        let outcome = try Walctl.run("--generate-completion-script", shell)
        #expect(outcome.status == 0)
        #expect(outcome.text.contains(word))
        for command in try Help.commands() {
            #expect(outcome.text.contains(command), "\(command)")
        }
    }

    /// No paragraph of a help is wrapped in the middle of a table: every line that is indented in
    /// the source still is.
    @Test func everyHelpReadsWellAtEightyColumns() throws {
        for command in try Help.commands() {
            let outcome = try Walctl.run("help", command, environment: ["COLUMNS": "80"])
            let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
            let discussion = lines.prefix { !$0.hasPrefix("USAGE:") }
            #expect(discussion.allSatisfy { $0.count <= 80 }, "\(command)")
            for (line, next) in zip(discussion, discussion.dropFirst())
            where line.hasPrefix("  ") && !next.isEmpty {
                #expect(next.hasPrefix(" "), "\(command): '\(line)' is wrapped")
            }
        }
    }

    /// A store with one damaged entry.
    private func damagedStore(_ directory: String, _ backend: String) throws -> String {
        let store = directory + "/store"
        try Walctl.run(
            "--backend", backend, "append", store, "--count", "60", "--size", "100", "--sync",
            "none")
        let path = store + "/" + (try #require(try dataFiles(in: store).first))
        let payload = try Walctl.run("get", store, "30").output
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try flip(path, at: UInt64(try #require(bytes.range(of: payload)).lowerBound))
        return store
    }

    #if os(Linux)
        /// Whether there is a tool that makes a terminal.
        private static let hasTerminals =
            FileManager.default.isExecutableFile(atPath: "/usr/bin/script")

        /// What a line of the shell shows on a terminal.
        private func terminal(_ line: String, _ width: Int, in directory: String) throws -> String {
            let outcome = try Walctl.shell(
                """
                cd "$1"; mkdir -p bin; ln -sf "$WALCTL" bin/walctl; export PATH="$1/bin:$PATH"
                unset -f walctl; unset NO_COLOR; export TERM=xterm LC_ALL=C.UTF-8
                script -qec "stty cols $2; $3" /dev/null </dev/null
                """, directory, "\(width)", line)
            return outcome.text
        }
    #endif
}
