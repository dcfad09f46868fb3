import Foundation
import Testing

/// `dump`, `get`, `verify` and `info` on a store that nobody writes.
@Suite struct ReadingTests {
    @Test(arguments: backends) func dumpPrintsWhatGetReturns(backend: String) throws {
        try withStore(backend) { store in
            for line in try Walctl.run("dump", store).lines.dropLast() {
                let fields = line.split(separator: " ").map(String.init)
                let payload = try Walctl.run("get", store, fields[0]).output
                #expect(fields[2] == String(payload.count))
                #expect(fields[3] == crc32c(payload))
            }
        }
    }

    @Test(arguments: backends) func dumpEndsWithTheVote(backend: String) throws {
        try withStore(backend) { store in
            #expect(try Walctl.run("dump", store).lines.last == "vote 9 node-7")
            try Walctl.run("apply", store, input: "vote 10 a\u{7}\u{202E}b\n")
            let last = try Walctl.run("dump", store).lines.last
            #expect(last == "vote 10 a\\u{7}\\u{202e}b")
        }
    }

    @Test(arguments: [
        ("--from 8", 8, 12), ("--to 4", 3, 4), ("--from 5 --to 6", 5, 6), ("--from 0", 3, 12),
        ("--from 12 --to 18446744073709551615", 12, 12), ("--from 1 --to 2", 1, 0),
        ("--from 18446744073709551615", 1, 0), ("--to 0", 1, 0), ("--from 13", 1, 0),
    ])
    func rangesAreInclusiveAndMayReachBeyondTheLog(options: String, first: Int, last: Int) throws {
        for backend in backends {
            try withStore(backend) { store in
                let outcome = try Walctl.shell("walctl dump \"$1\" \(options)", store)
                #expect(outcome.status == 0)
                let indexes = outcome.lines.dropLast().map { Int($0.split(separator: " ")[0]) }
                #expect(indexes == (0...12).filter { $0 >= first && $0 <= last })
            }
        }
    }

    @Test func payloadsArePrintedInEveryForm() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let file = directory + "/file"
            let payloads: [[UInt8]] = [
                [], [0x41], [0x41, 0x42], Array("a\\b\r\tc ü\u{2028}".utf8), [0, 0x7F, 0x80, 0xFF],
            ]
            try Data(payloads.flatMap { [UInt8($0.count), 0, 0, 0] + $0 })
                .write(to: URL(fileURLWithPath: file))
            try Walctl.run("import", store, "--from", file, "--framing", "u32le")
            func fields(_ form: String) throws -> [String] {
                try Walctl.run("dump", store, "--payload", form).lines.map {
                    $0.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
                        .dropFirst(4).joined()
                }
            }
            #expect(try fields("base64") == payloads.map { Data($0).base64EncodedString() })
            let digits = payloads.map { payload in
                payload.map { String(format: "%02x", $0) }.joined()
            }
            #expect(try fields("hex") == digits)
            #expect(
                try fields("text") == [
                    "", "A", "AB", "a\\\\b\\r\\tc ü\\u{2028}", "\\u{0}\\u{7f}\\x80\\xff",
                ])
        }
    }

    @Test(arguments: backends) func jsonSaysTheSameAsText(backend: String) throws {
        try withStore(backend) { store in
            let dump = try Walctl.run("dump", store, "--json", "--payload", "text").lines
            let text = try Walctl.run("dump", store).lines
            #expect(dump.count == text.count)
            for (object, line) in zip(try dump.dropLast().map(json), text) {
                let values = ["index", "term", "length", "crc32c"].map { "\(object[$0] ?? "?")" }
                #expect(values.joined(separator: " ") == line)
            }
            let vote = try #require(try json(dump.last ?? "")["vote"] as? [String: Any])
            #expect(vote["term"] as? Int == 9)
            #expect(vote["node"] as? String == "node-7")

            let verdict = try json(Walctl.run("verify", store, "--json").text)
            #expect(verdict["ok"] as? Bool == true)
            #expect(verdict["first"] as? Int == 3)
            #expect(verdict["last"] as? Int == 12)
        }
    }

    @Test(arguments: backends) func verifySaysWhereTheLogBeginsAndEnds(backend: String) throws {
        try withStore(backend) { store in
            #expect(try Walctl.run("verify", store).text == "ok first=3 last=12 torn=0\n")
            try Walctl.run("apply", store, input: "reset 40 77\n")
            #expect(try Walctl.run("verify", store).text == "ok first=- last=- torn=0\n")
        }
    }

    @Test func verifyListsEveryDamage() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run("append", store, "--count", "30", "--size", "100")
            let path = store + "/" + (try #require(try dataFiles(in: store).first))
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            for index in ["5", "15", "25"] {
                let payload = try Walctl.run("get", store, index).output
                try flip(path, at: UInt64(try #require(bytes.range(of: payload)?.lowerBound)))
            }
            let outcome = try Walctl.run("verify", store)
            #expect(outcome.status == 3)
            #expect(outcome.lines.count == 3)
            #expect(outcome.messages.contains("3 damages"))
            let report = try json(Walctl.run("verify", store, "--json").text)
            #expect(report["ok"] as? Bool == false)
            let damages = try #require(report["damages"] as? [[String: Any]])
            #expect(damages.map { $0["index"] as? Int } == [5, 15, 25])
            #expect(damages.allSatisfy { $0["file"] as? String == path })

            // What is whole is still printed, and what is not is named.
            let dump = try Walctl.run("dump", store)
            #expect(dump.status == 3)
            let indexes = dump.lines.compactMap { $0.split(separator: " ").first }.map(String.init)
            #expect(
                indexes == (1...30).map(String.init).filter { !["5", "15", "25"].contains($0) })
            for index in [5, 15, 25] {
                #expect(dump.messages.contains("lost \(index)-\(index)"), "\(dump.messages)")
            }
        }
    }

    @Test(arguments: backends) func infoDescribesTheStore(backend: String) throws {
        try withStore(backend) { store in
            let object = try json(Walctl.run("info", store, "--json").text)
            #expect(object["backend"] as? String == backend)
            #expect(object["formatVersion"] as? Int == 1)
            #expect((object["storeID"] as? String)?.count == 32)
            #expect(object["entries"] as? Int == 10)
            #expect((object["compacted"] as? [String: Int])?["index"] == 2)
            #expect((object["last"] as? [String: Int]) == ["index": 12, "term": 4])
            #expect(object["metadataKeys"] as? [String] == ["raft.term", "raft.vote"])
            let segments = try #require(object["segments"] as? [[String: Any]])
            #expect(segments.reduce(0) { $0 + ($1["entries"] as? Int ?? 0) } == 10)
            let sizes = try contents(of: store)
            for segment in segments {
                let file = try #require(segment["file"] as? String)
                #expect(segment["fileBytes"] as? Int == sizes[file]?.count)
            }
            let text = try Walctl.run("info", store).text
            for word in ["raft.vote", "12 (term 4)", "stopped cleanly: yes", object["storeID"]] {
                #expect(text.contains(try #require(word as? String)))
            }
        }
    }

    @Test(arguments: backends) func readingChangesNothing(backend: String) throws {
        try withStore(backend) { store in
            // Read-only, as on a read-only mount; root may write all the same.
            let before = try contents(of: store)
            for command in ["dump", "verify", "info", "get", "export"] {
                let rest = ["get": " 5", "export": " --to /dev/null"][command] ?? ""
                let outcome = try Walctl.shell(
                    "chmod a-w \"$1\" \"$1\"/*; walctl \(command) \"$1\"\(rest)", store)
                #expect(outcome.status == 0)
            }
            #expect(try contents(of: store) == before)
            _ = try Walctl.shell("chmod u+w \"$1\" \"$1\"/*", store)
        }
    }

    /// Runs `body` with a closed store that holds 3 to 12 and a vote.
    private func withStore(_ backend: String, _ body: (String) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let outcome = try Walctl.run(
                "--backend", backend, "apply", store,
                input: "append 6 100 2\nappend 6 7 4\ncompact-before 3\nvote 9 node-7\n")
            try #require(outcome.lines.count == 4)
            try body(store)
        }
    }
}

/// A JSON object.
private func json(_ text: String) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return try #require(object as? [String: Any])
}
