import Foundation
import Testing

/// Looking at a store while somebody writes it.
@Suite struct LiveWriterTests {
    @Test(arguments: backends) func lookingChangesNoByte(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let writer = try RunningWriter(
                "--backend", backend, "--segment-bytes", "8192", "apply", store)
            try writer.send("append 200 100 1")
            #expect(writer.receive() == "acked 1")
            try writer.send("vote 1 n1")
            #expect(writer.receive() == "acked 2")
            // The segment for the next rotation is made in the background.
            if backend == "segment" {
                var attempts = 0
                while try !Walctl.run("info", store).text.contains(" prepared "), attempts < 500 {
                    attempts += 1
                }
            }
            let before = try contents(of: store)
            for command in ["dump", "verify", "info", "get", "export"] {
                let rest = ["get": " 5", "export": " --to /dev/null"][command] ?? ""
                let outcome = try Walctl.shell("walctl \(command) \"$1\"\(rest)", store)
                #expect(outcome.status == 0)
            }
            #expect(try contents(of: store) == before)
            #expect(try Walctl.run("dump", store).lines.count == 201)
            #expect(try writer.finish() == 0)
        }
    }

    /// LMDB's file was checked before a transaction kept its pages from being reused: beside a fast
    /// writer the check met pages of later states, and every look ended with exit code 5.
    @Test(arguments: backends) func everyDumpBesideAWriterIsARun(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let writer = try RunningWriter(
                "--backend", backend, "--segment-bytes", "8192", "append", store, "--count",
                "1000000000", "--size", "200", "--sync", "batch", "--batch", "20")
            #expect(writer.receive() == "acked 1")
            var last = 0
            for _ in 0..<15 {
                let dump = try Walctl.run("dump", store)
                #expect(dump.status == 0, "\(dump.messages)")
                let indexes = dump.lines.map { Int($0.split(separator: " ")[0]) ?? -1 }
                #expect(indexes.elementsEqual(1...max(1, indexes.count)))
                #expect(indexes.count >= last)
                last = indexes.count
                #expect(try Walctl.run("verify", store).status == 0)
                #expect(try Walctl.run("info", store).status == 0)
            }
            writer.kill()
        }
    }

    /// Segments vanish between the moment a reader learns of them and the one it opens them; once
    /// `verify` ended with exit code 5 for that, and `dump` would have.
    @Test(arguments: backends) func compactionBesideAReaderIsNoFailure(backend: String) throws {
        try withTemporaryDirectory { directory in
            let operations = (1...4000).map { number in
                "append 10 300 1\ncompact-before \(max(150, number * 10) - 150)\n"
            }
            let input = directory + "/operations"
            try Data(operations.joined().utf8).write(to: URL(fileURLWithPath: input))
            let outcome = try Walctl.shell(
                """
                walctl --backend \(backend) --segment-bytes 8192 apply "$1" <"$2" >"$1.acks" &
                for wait in {1..12000}; do
                    if grep -q 50 "$1.acks" 2>/dev/null; then break; fi
                    sleep 0.01
                done
                for round in 1 2 3 4 5; do
                    for command in dump verify info; do
                        walctl $command "$1" >/dev/null || echo "$command: $?"
                    done
                done
                kill -KILL $!
                """, directory + "/store", input)
            #expect(outcome.lines.isEmpty, "\(outcome.text) \(outcome.messages)")
        }
    }
}
