import Foundation
import Testing

/// Writers that are killed, and the tails they leave.
@Suite struct CrashTests {
    @Test(arguments: backends, ["each", "batch"])
    func killedWriterLosesNothingAcknowledged(backend: String, sync: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            var acked = 0
            for round in 1...6 {
                let writer = try RunningWriter(
                    "--backend", backend, "--segment-bytes", "8192", "append", store, "--count",
                    "1000000000", "--size", "100", "--sync", sync, "--batch", "5")
                // Killed while it goes on with the entries after these.
                for _ in 0..<round * 5 {
                    let line = try #require(writer.receive())
                    acked = try #require(Int(line.dropFirst("acked ".count)))
                }
                writer.kill()
                let dump = try Walctl.run("dump", store)
                #expect(dump.status == 0)
                #expect(dump.lines.count >= acked)
                #expect(try Walctl.run("verify", store).text.hasPrefix("ok first=1 "))
            }
            let dump = try Walctl.run("dump", store).lines
            let calm = directory + "/calm"
            try Walctl.run(
                "append", calm, "--count", String(dump.count), "--size", "100", "--sync", "none")
            #expect(try Walctl.run("dump", calm).lines == dump)
        }
    }

    @Test(arguments: [1, 10, 31, 32, 33, 70, 100, 500])
    func tornTailIsCutAndSaidSo(byteCount: Int) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let before = try killedStore(store, acked: 6, unacked: 1)
            let path = store + "/" + (try newestFile(in: store))
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            let end = try #require(bytes.lastIndex { $0 != 0 }) + 1
            let start = try #require(bytes.range(of: before.payload)).lowerBound
            // What a crash leaves of a record that was on its way to the disk.
            let cut = min(byteCount, end - start)
            bytes.replaceSubrange(end - cut..<end, with: Data(count: cut))
            try bytes.write(to: URL(fileURLWithPath: path))

            let verdict = try Walctl.run("verify", store)
            #expect(verdict.status == 0)
            #expect(verdict.text.hasPrefix("ok first=1 last=6 torn="))
            #expect(try Walctl.run("dump", store).lines == before.acked)
            #expect(try Walctl.run("apply", store).status == 0)
            #expect(try Walctl.run("dump", store).lines == before.acked)
            #expect(try Walctl.run("verify", store).text == "ok first=1 last=6 torn=0\n")
            #expect(
                try Walctl.run("append", store, "--count", "1", "--size", "9").text == "acked 7\n")
        }
    }

    @Test func damageBeforeTheTailIsNoTornTail() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            _ = try killedStore(store, acked: 6, unacked: 0)
            let payload = try Walctl.run("get", store, "3").output
            let path = store + "/" + (try newestFile(in: store))
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            try flip(path, at: UInt64(try #require(bytes.range(of: payload)).lowerBound))
            for command in ["verify", "apply"] {
                #expect(try Walctl.run(command, store).status == 3)
            }
        }
    }

    /// Leaves a store whose writer was killed after it acknowledged some entries.
    ///
    /// - Parameter unacked: 1 to write one more, which only the operating system has.
    /// - Returns: the dump of the acknowledged entries, and the payload of the last one written.
    private func killedStore(
        _ store: String, acked: Int, unacked: Int
    ) throws -> (acked: [String], payload: Data) {
        let writer = try RunningWriter("apply", store)
        var lines: [String] = []
        for number in 1...acked + unacked {
            if number == acked + 1 { lines = try Walctl.run("dump", store).lines }
            try writer.send("append 1 60 1")
            try #require(writer.receive() == "acked \(number)")
        }
        writer.kill()
        let last = try Walctl.run("get", store, String(acked + unacked)).output
        return (lines, last)
    }

    private func newestFile(in store: String) throws -> String {
        // The newest file is prepared for the next rotation and holds nothing yet.
        try #require(
            try dataFiles(in: store).last {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: store + "/" + $0))
                return bytes.contains { $0 != 0 }
            })
    }
}
