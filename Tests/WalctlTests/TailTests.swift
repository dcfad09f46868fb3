import Foundation
import Testing

/// `tail` and `tail -f`.
@Suite struct TailTests {
    @Test(arguments: backends) func theLastEntriesAreThoseOfDump(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run(
                "--backend", backend, "append", store, "--count", "30", "--size", "20", "--sync",
                "none")
            let dump = try Walctl.run("dump", store).lines
            #expect(try Walctl.run("tail", store).lines == Array(dump.suffix(10)))
            #expect(try Walctl.run("tail", store, "--lines", "3").lines == Array(dump.suffix(3)))
            #expect(try Walctl.run("tail", store, "--lines", "99").lines == dump)
            #expect(try Walctl.run("tail", store, "--lines", "0").lines.isEmpty)
            let json = try Walctl.run("tail", store, "--lines", "1", "--json", "--payload", "hex")
            let full = try Walctl.run("dump", store, "--from", "30", "--json", "--payload", "hex")
            #expect(json.text == full.text)
        }
    }

    @Test(arguments: backends) func ofADamagedStoreTheRestIsShown(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run(
                "--backend", backend, "append", store, "--count", "30", "--size", "2000",
                "--sync", "none")
            let dump = try Walctl.run("dump", store, "--payload", "hex").lines
            let file = store + "/" + (try #require(try dataFiles(in: store).last))
            let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
            let words = dump[27].split(separator: " ")
            let payload = stride(from: 0, to: 64, by: 2).map {
                UInt8(words[4].dropFirst($0).prefix(2), radix: 16) ?? 0
            }
            let place = try #require(bytes.range(of: Data(payload))).lowerBound
            try flip(file, at: UInt64(place) + 1000)
            for flags in [[], ["-f"]] {
                let outcome = try Walctl.run(
                    ["tail", store, "--lines", "5", "--payload", "hex"] + flags)
                #expect(outcome.status == 3, "\(outcome.messages)")
                #expect(outcome.lines == [dump[25], dump[26], dump[28], dump[29]])
                #expect(outcome.messages.contains("lost 28"), "\(outcome.messages)")
                #expect(outcome.messages.contains("/store/"))
            }
        }
    }

    @Test func whereNoStoreIsNothingCanBeFollowed() throws {
        try withTemporaryDirectory { directory in
            let outcome = try Walctl.run("tail", "-f", directory)
            #expect(outcome.status == 6)
        }
    }

    /// Rotation, compaction, the death of the writer in the middle of everything, its restart with
    /// recovery, and a clean close: each entry comes once.
    @Test(arguments: backends) func aFollowerSeesEveryEntryOnce(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let options = ["--backend", backend, "--segment-bytes", "8192"]
            var writer = try RunningWriter(options + ["apply", store])
            try writer.send("append 1 100 1")
            #expect(writer.receive() == "acked 1")
            let follower = try RunningWriter(["tail", "-f", store])
            #expect(follower.index() == 1)
            var next = 2
            for round in 1...4 {
                for _ in 1...5 {
                    try writer.send("append 20 100 \(round)")
                    #expect(writer.receive() != nil)
                    // What was handed out may go.
                    for _ in 0..<20 {
                        #expect(follower.index() == next)
                        next += 1
                    }
                    try writer.send("compact-before \(next - 5)")
                    #expect(writer.receive() != nil)
                }
                let isKilled = round % 2 == 0
                if isKilled { writer.kill() } else { #expect(try writer.finish() == 0) }
                writer = try RunningWriter(options + ["apply", store])
            }
            #expect(try writer.finish() == 0)
            #expect(follower.terminate() == 0)
            #expect(follower.receive() == nil)
        }
    }

    @Test(arguments: backends) func whatIsTakenBackIsSaid(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let writer = try RunningWriter("--backend", backend, "apply", store)
            try writer.send("append 9 10 1")
            #expect(writer.receive() == "acked 1")
            let messages = directory + "/messages"
            let follower = try RunningWriter(
                ["tail", "-f", store, "--lines", "2"], messages: messages)
            #expect(follower.index() == 8)
            #expect(follower.index() == 9)
            try writer.send("truncate-after 4")
            #expect(writer.receive() == "acked 2")
            var said = ""
            while said.isEmpty, follower.isRunning {
                said = try String(contentsOfFile: messages, encoding: .utf8)
            }
            try writer.send("append 1 10 2")
            #expect(follower.receive()?.hasPrefix("5 2 10 ") == true)
            said = try String(contentsOfFile: messages, encoding: .utf8)
            #expect(said == "the log was truncated to 4\n")
            #expect(try writer.finish() == 0)
            #expect(follower.terminate() == 0)
        }
    }

    /// Without a line to write, only the pipe itself can tell that nobody reads it.
    @Test func aReaderThatGoesAwayEndsIt() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run("append", store, "--count", "3", "--size", "20", "--sync", "none")
            let outcome = try Walctl.shell(
                "walctl tail -f \"$1\" | head -n 1; echo ${PIPESTATUS[0]}", store)
            #expect(outcome.lines.count == 2)
            #expect(outcome.lines.last == "0")
            #expect(outcome.messages.isEmpty)
        }
    }

    @Test func damageBehindTheFollowerIsReported() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let writer = try RunningWriter("apply", store)
            try writer.send("append 3 100 1")
            #expect(writer.receive() == "acked 1")
            let follower = try RunningWriter(["tail", "-f", store])
            for index in 1...3 { #expect(follower.index() == index) }
            // A stopped follower cannot have read on before the damage is there.
            follower.pause()
            try writer.send("append 1 100 1")
            #expect(writer.receive() == "acked 2")
            try writer.send("append 1 100 1")
            #expect(writer.receive() == "acked 3")
            let file = store + "/0000000000000001.wal"
            try flip(file, at: try offset(ofEntry: 4, in: file) + 40)
            follower.resume()
            // What stands behind it can be read.
            #expect(follower.index() == 5)
            #expect(follower.receive() == nil)
            #expect(follower.waitForExit() == 3)
            writer.kill()
        }
    }

    /// Where the n-th record of type entry stands: records follow each other from 4096 on.
    private func offset(ofEntry number: Int, in path: String) throws -> UInt64 {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var offset = 4096
        var found = 0
        while bytes[offset + 8] != 0 {
            if bytes[offset + 8] == 1 { found += 1 }
            if found == number { return UInt64(offset) }
            let length = bytes[(offset + 4)..<(offset + 8)].reversed().reduce(0) {
                $0 << 8 | Int($1)
            }
            offset += (length + 39) & ~7
        }
        throw NoSuchEntry()
    }

    private struct NoSuchEntry: Error {}
}
