import Foundation
import Testing

@Suite struct ApplyTests {
    @Test(arguments: [
        ("", ""),
        ("append 3 0 1", "1 2 3"),
        ("append 0 0 5\nappend 1 0 1", "1"),
        ("append 9 0 1\ntruncate-after 4", "1 2 3 4"),
        ("append 9 0 1\ntruncate-after 0", ""),
        ("append 9 0 1\ntruncate-after 9", "1 2 3 4 5 6 7 8 9"),
        ("append 2 0 1\ntruncate-after 18446744073709551615", "1 2"),
        ("append 9 0 1\ncompact-before 8", "8 9"),
        ("append 2 0 1\ncompact-before 0\ncompact-before 1", "1 2"),
        ("append 9 0 1\ncompact-before 8\ncompact-before 3", "8 9"),
        ("append 4 0 1\ncompact-before 5", ""),
        ("append 4 0 1\ncompact-before 5\nappend 1 0 1", "5"),
        ("append 4 0 3\ncompact-before 9\nappend 2 0 3", "9 10"),
        ("compact-before 7\nappend 1 0 1", "1"),
        ("reset 0 0\nappend 2 0 1", "1 2"),
        ("append 4 0 3\nreset 99 1\nappend 1 0 1", "100"),
        ("append 4 0 3\nreset 2 9\ntruncate-after 2\nappend 1 0 9", "3"),
        ("reset 18446744073709551613 1\nappend 1 0 1", "18446744073709551614"),
        ("\n \t\nappend 1 0 1\r\n\nappend 1 0 1", "1 2"),
    ])
    func operationsDoWhatTheySay(input: String, indexes: String) throws {
        for backend in backends {
            try withTemporaryDirectory { directory in
                let store = directory + "/store"
                let outcome = try Walctl.run("--backend", backend, "apply", store, input: input)
                #expect(outcome.status == 0)
                let operations = input.split(separator: "\n").filter { $0.contains { $0.isLetter } }
                #expect(outcome.lines == operations.indices.map { "acked \($0 + 1)" })
                let dump = try Walctl.run("dump", store)
                let found = dump.lines.map { $0.split(separator: " ")[0] }.joined(separator: " ")
                #expect(found == indexes)
                #expect(try Walctl.run("verify", store).status == 0)
            }
        }
    }

    @Test(arguments: [
        "frobnicate", "append", "append 1 1", "append 1 1 1 1", "append -1 1 1", "append +1 1 1",
        "append 1 x 1", "append 1 1 18446744073709551616", "vote 1", "vote x n", "vote 1 a b",
        "truncate-after", "compact-before -1", "reset 1", "reset 1 1 1", "append 1 1 1;",
        // What the log refuses.
        "append 1 0 1", "reset 18446744073709551615 1", "truncate-after 1",
        "append 1 67108865 9", "append 5 67108864 9", "append 18446744073709551615 0 9",
        "append 18446744073709551615 18446744073709551615 9", "append 4294967296 4294967296 9",
        "append 99999999 1 9",
    ])
    func refusedLineIsNamedAndNothingBeforeItIsLost(line: String) throws {
        for backend in backends {
            try withTemporaryDirectory { directory in
                let store = directory + "/store"
                let input = "append 5 10 3\n\ncompact-before 3\n\(line)\nappend 1 0 9\n"
                let outcome = try Walctl.run("--backend", backend, "apply", store, input: input)
                #expect(outcome.status == 2)
                #expect(outcome.lines == ["acked 1", "acked 2"])
                #expect(outcome.messages.contains("line 4"))
                let dump = try Walctl.run("dump", store)
                #expect(dump.lines.map { $0.prefix(3) } == ["3 3", "4 3", "5 3"])
            }
        }
    }

    @Test func overlongAndUndecodableLinesAreRefused() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let long = "vote 1 " + String(repeating: "n", count: (64 << 10) - 7)
            #expect(try Walctl.run("apply", store, input: long + "\n").status == 0)
            #expect(try Walctl.run("apply", store, input: long + "n\n").status == 2)
            #expect(try Walctl.run("apply", store, input: long + "n").status == 2)
            let binary = try Walctl.shell("printf 'vote 2 \\xff\\n' | walctl apply \"$1\"", store)
            #expect(binary.status == 2)
            #expect(binary.messages.contains("line 1"))
        }
    }

    @Test(arguments: backends) func everyOperationIsAcknowledgedAtOnce(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let writer = try RunningWriter("--backend", backend, "apply", store)
            for number in 1...20 {
                try writer.send("append 2 100 \(number)")
                // The next line is sent only after this one.
                #expect(writer.receive() == "acked \(number)")
                let dump = try Walctl.run("dump", store)
                #expect(dump.status == 0)
                #expect(dump.lines.count == 2 * number)
            }
            writer.kill()
            #expect(try Walctl.run("dump", store).lines.count == 40)
        }
    }

    @Test(arguments: [1, 2, 3]) func backendsAgree(seed: UInt64) throws {
        try withTemporaryDirectory { directory in
            var generator = Generator(state: seed)
            var input = ""
            var term = 1
            // About where the log ends, so that most operations cut or drop something.
            var next = 1
            for _ in 0..<40 {
                let number = Int.random(in: 0...12, using: &generator)
                let near = max(0, next - number)
                switch Int.random(in: 0..<12, using: &generator) {
                case 0...1:
                    input += "truncate-after \(near)\n"
                    next = near + 1
                case 2...3:
                    input += "compact-before \(near + 2)\n"
                    next = max(next, near + 2)
                case 4: input += "vote \(number) n\(number)\n"
                case 5 where number > 8:
                    input += "reset \(near) \(term)\n"
                    next = near + 1
                default:
                    term += number / 11
                    input += "append \(number) \(number * 90) \(term)\n"
                    next += number
                }
            }
            // Each line alone, so that a refused one does not end the history.
            var outcomes: [[String]] = []
            for backend in backends {
                let outcome = try Walctl.shell(
                    """
                    while read -r line; do
                        walctl --backend \(backend) --segment-bytes 8192 apply "$1" <<<"$line" \
                            2>/dev/null
                        echo "$line: $?"
                    done <<<"$2"
                    walctl dump "$1"; walctl verify "$1"
                    """, directory + "/" + backend, input)
                #expect(outcome.lines.contains { $0.hasPrefix("ok ") })
                outcomes.append(outcome.lines)
            }
            #expect(outcomes[0] == outcomes[1], "seed \(seed)")
        }
    }

    /// SplitMix64.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
            return word ^ word >> 31
        }
    }
}
