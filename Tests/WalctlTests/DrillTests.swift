import Foundation
import Testing

/// Real damage on real files, put right with the documented commands only.
///
/// Each drill ends with a store that works, and with an exact statement of what was lost.
@Suite struct DrillTests {
    // MARK: - Torn tail

    @Test func tornTailIsCutAndNothingIsLost() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/store"
            let writer = try RunningWriter("apply", path)
            try writer.send("append 20 100 1")
            #expect(writer.receive() == "acked 1")
            writer.kill()
            let store = DrillStore(path: path, before: try Walctl.run("dump", path).lines)
            #expect(store.before.count == 20)
            // A power cut in the middle of the next record.
            let newest = try #require(
                try store.files().filter { $0.key.hasSuffix(".wal") && $0.value.first != 0 }
                    .max { $0.key < $1.key })
            let end = try #require(newest.value.lastIndex { $0 != 0 }) / 8 * 8 + 8
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path + "/" + newest.key))
            try file.seek(toOffset: UInt64(end))
            try file.write(contentsOf: Data(repeating: 0xA5, count: 40))
            try file.close()

            let verified = try store.look("verify", path, status: 0)
            #expect(verified.lines == ["ok first=1 last=20 torn=40"])
            let kept = "quarantine/\(newest.key.dropLast(4))-\(end).cut"
            let plan = try store.look("repair", path, "--plan", status: 0)
            #expect(
                plan.lines == [
                    "found tornTail \(newest.key)",
                    "would cut the torn tail of \(newest.key), kept as \(kept)",
                    "lost perhaps: 21-unknown, unless the disk honours flushes",
                    "voting: this replica must catch up before it votes, unless its disk honours "
                        + "flushes",
                    "then first=1 last=20",
                ])
            // Nothing acknowledged is lost, so that nothing has to be accepted.
            let repaired = try Walctl.run("repair", path, "--apply")
            #expect(repaired.status == 0)
            #expect(repaired.lines.contains("cut the torn tail of \(newest.key), kept as \(kept)"))
            #expect(repaired.lines.last == "ok first=1 last=20")
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: path + "/" + kept))
                    .starts(with: Data(repeating: 0xA5, count: 40)))
            try store.expectWorking(entries: 20)
        }
    }

    // MARK: - Flipped byte in a sealed segment

    @Test func flippedByteIsLostByName() throws {
        try withDrillStore { store in
            let file = try store.flip(entry: 60)
            let verified = try store.look("verify", store.path, status: 3)
            #expect(verified.text.contains(file) && verified.text.contains("index: 60"))
            let plan = try store.look("repair", store.path, "--plan", status: 0)
            #expect(plan.lines.contains { $0.contains("index: 60") && $0.hasPrefix("found ") })
            let statement = [
                "lost 60-60 term=7", "discarded 61-300, readable in the quarantine",
                "voting: this replica must catch up before it votes",
            ]
            for line in statement { #expect(plan.lines.contains(line)) }
            #expect(plan.lines.contains("would end the log before 60"))
            #expect(plan.lines.last == "then first=1 last=59")

            // Without consent nothing happens.
            let refused = try store.look("repair", store.path, "--apply", status: 3)
            #expect(refused.lines == plan.lines)
            #expect(refused.messages.contains("--accept-loss"))

            let damaged = try store.files()
            let repaired = try Walctl.run("repair", store.path, "--apply", "--accept-loss")
            #expect(repaired.status == 0)
            for line in statement { #expect(repaired.lines.contains(line)) }
            #expect(repaired.lines.last == "ok first=1 last=59")
            // The damaged segment and all behind it are kept.
            let quarantine = try store.files().filter { $0.key.hasPrefix("quarantine/") }
            for (name, bytes) in damaged where name.hasSuffix(".wal") && name >= file {
                guard bytes.contains(where: { $0 != 0 }) else { continue }
                #expect(quarantine["quarantine/\(name).1.damaged"] == bytes, "\(name)")
            }
            try store.expectWorking(entries: 59)
        }
    }

    @Test func flippedByteInLMDBIsLostByName() throws {
        try withDrillStore("lmdb") { store in
            try store.flip(entry: 65)
            #expect(try store.look("verify", store.path, status: 3).text.contains("index: 65"))
            let plan = try store.look("repair", store.path, "--plan", status: 0)
            let statement = [
                "lost 65-65 term=7", "discarded 66-300, readable in the quarantine",
                "voting: this replica must catch up before it votes",
            ]
            for line in statement { #expect(plan.lines.contains(line)) }
            let refused = try store.look("repair", store.path, "--apply", status: 3)
            #expect(refused.lines == plan.lines)
            let damaged = try store.files()["data.mdb"]
            let repaired = try Walctl.run("repair", store.path, "--apply", "--accept-loss")
            #expect(repaired.status == 0)
            for line in statement { #expect(repaired.lines.contains(line)) }
            #expect(try store.files()["quarantine/data.mdb.1.damaged"] == damaged)
            try store.expectWorking(entries: 64)
        }
    }

    @Test(arguments: backends) func replicaBringsTheFlippedEntryBack(backend: String) throws {
        try withDrillStore(backend) { store in
            let replica = store.path + "-replica"
            try FileManager.default.copyItem(atPath: store.path, toPath: replica)
            let copy = DrillStore(path: replica, before: [])
            let files = try copy.files()
            try store.flip(entry: 60)
            let plan = try store.look("repair", store.path, "--plan", "--from", replica, status: 0)
            #expect(!plan.text.contains("lost"))
            let repaired = try Walctl.run("repair", store.path, "--apply", "--from", replica)
            #expect(repaired.status == 0)
            #expect(repaired.lines.contains { $0.hasPrefix("restored 1 entries") })
            #expect(repaired.lines.last == "ok first=1 last=300")
            #expect(try copy.files() == files)
            try store.expectWorking(entries: 300)
        }
    }

    /// The check at start-up finds what an opening does not look at.
    @Test(arguments: backends) func forcedCheckKeepsADamagedReplicaDown(backend: String) throws {
        try withDrillStore(backend) { store in
            try store.flip(entry: 60)
            let verify = ["RAFT_WAL_VERIFY": "1"]
            for command in ["apply", "dump"] {
                let refused = try Walctl.run([command, store.path], environment: verify)
                #expect(refused.status == 3)
                #expect(refused.messages.contains("index: 60"))
            }
            #expect(try Walctl.run("apply", store.path).status == 0)
            let mistaken = try Walctl.run(
                ["apply", store.path], environment: ["RAFT_WAL_VERIFY": "maybe"])
            #expect(mistaken.status == 2)
        }
    }

    // MARK: - Missing segment

    @Test func missingSegmentIsLostByItsRange() throws {
        try withDrillStore { store in
            let name = try store.places(of: 100).file
            let range = try Walctl.run("info", store.path, "--json").segment(name)
            try FileManager.default.removeItem(atPath: store.path + "/" + name)
            #expect(try store.look("verify", store.path, status: 3).text.contains(name))
            let plan = try store.look("repair", store.path, "--plan", status: 0)
            #expect(plan.lines.contains { $0.hasPrefix("found ") && $0.contains(name) })
            // A range for every term.
            let lost = plan.lines.filter { $0.hasPrefix("lost ") }
            #expect(lost.indexes == Array(range))
            let behind = "discarded \(range.upperBound + 1)-300, readable in the quarantine"
            #expect(plan.lines.contains(behind))
            _ = try store.look("repair", store.path, "--apply", status: 3)
            let repaired = try Walctl.run("repair", store.path, "--apply", "--accept-loss")
            #expect(repaired.status == 0)
            #expect(repaired.lines.filter { $0.hasPrefix("lost ") } == lost)
            #expect(repaired.lines.contains(behind))
            try store.expectWorking(entries: range.lowerBound - 1)
        }
    }

    @Test func missingNewestSegmentLosesAnUnknownEnd() throws {
        try withDrillStore { store in
            let name = try store.places(of: 300).file
            let range = try Walctl.run("info", store.path, "--json").segment(name)
            try FileManager.default.removeItem(atPath: store.path + "/" + name)
            _ = try store.look("verify", store.path, status: 3)
            let plan = try store.look("repair", store.path, "--plan", status: 0)
            #expect(plan.lines.contains("found missing \(name)"))
            let statement = [
                "lost \(range.lowerBound)-unknown",
                "lost perhaps: the end of the log, term, vote and other metadata",
                "voting: this replica must catch up before it votes",
            ]
            for line in statement { #expect(plan.lines.contains(line)) }
            _ = try store.look("repair", store.path, "--apply", status: 3)
            let repaired = try Walctl.run("repair", store.path, "--apply", "--accept-loss")
            #expect(repaired.status == 0)
            for line in statement { #expect(repaired.lines.contains(line)) }
            try store.expectWorking(entries: range.lowerBound - 1)
        }
    }

    // MARK: - Full disk

    @Test(arguments: backends) func fullDiskLosesNothing(backend: String) throws {
        try withDrillStore(backend, count: 20) { store in
            // The limit on a file's size is what a full disk is, for one process.
            let full = try Walctl.shell(
                "ulimit -f 100; walctl append \"$1\" --count 1000 --size 3000", store.path)
            #expect(full.status == 5)
            #expect(full.messages.contains("noSpace"))
            let acknowledged = full.lines.count
            #expect(try Walctl.run("verify", store.path).status == 0)
            let dump = try Walctl.run("dump", store.path).lines
            // Everything acknowledged is there, and nothing has to be repaired.
            #expect(dump.count >= 20 + acknowledged)
            #expect(Array(dump.prefix(20)) == store.before)
            try DrillStore(path: store.path, before: dump).expectWorking(entries: dump.count)
        }
    }

    @Test(arguments: backends)
    func repairOnAFullDiskChangesNothingThatCounts(backend: String) throws {
        try withDrillStore(backend) { store in
            try store.flip(entry: 65)
            // Too small for a segment: the new end of the log cannot be written.
            let full = try Walctl.shell(
                "ulimit -f 4; walctl repair \"$1\" --apply --accept-loss", store.path)
            #expect(full.status == 5)
            #expect(full.messages.contains("noSpace"))
            #expect(try Walctl.run("verify", store.path).text.contains("index: 65"))
            let repaired = try Walctl.run("repair", store.path, "--apply", "--accept-loss")
            #expect(repaired.status == 0)
            #expect(repaired.lines.contains("lost 65-65 term=7"))
            try store.expectWorking(entries: 64)
        }
    }

    @Test func fullOutputIsAFailureAndThePlanIsRepeated() throws {
        try withDrillStore { store in
            try store.flip(entry: 60)
            let full = try Walctl.shell("walctl repair \"$1\" --plan > /dev/full", store.path)
            #expect(full.status == 5)
            #expect(full.messages.contains("No space left"))
            let plan = try store.look("repair", store.path, "--plan", status: 0)
            #expect(plan.lines.contains("lost 60-60 term=7"))
        }
    }

    // MARK: - Stale lock

    @Test(arguments: backends) func staleLockIsNoLock(backend: String) throws {
        try withDrillStore(backend, count: 20) { store in
            let writer = try RunningWriter("apply", store.path)
            try writer.send("append 5 100 9")
            #expect(writer.receive() == "acked 1")
            // A live one is a lock, and does not disturb those who only look.
            #expect(try Walctl.run("append", store.path, "--count", "1", "--size", "1").status == 4)
            #expect(try Walctl.run("repair", store.path, "--apply").status == 4)
            #expect(try Walctl.run("repair", store.path, "--plan").status == 0)
            writer.kill()
            let lock = backend == "segment" ? "LOCK" : "lock.mdb"
            #expect(FileManager.default.fileExists(atPath: store.path + "/" + lock))
            let dump = try Walctl.run("dump", store.path).lines
            #expect(dump.count == 25)
            // The dead process's file is nobody's lock: no one has to remove it.
            try DrillStore(path: store.path, before: dump).expectWorking(entries: 25)
        }
    }

    // MARK: - Newer format

    @Test func newerFormatIsLeftAlone() throws {
        try withDrillStore(count: 20) { store in
            // Bytes 8 to 11 are the format version.
            for file in ["STORE", try store.places(of: 20).file] {
                try flip(store.path + "/" + file, at: 8, mask: 3)
                for command in [["verify"], ["repair", "--plan"], ["repair", "--apply"]] {
                    let files = try store.files()
                    let outcome = try Walctl.run(
                        [command[0], store.path] + command.dropFirst())
                    #expect(outcome.status == 7, "\(command) \(file)")
                    #expect((outcome.text + outcome.messages).contains(file))
                    #expect(try store.files() == files)
                }
                #expect(
                    try Walctl.run("repair", store.path, "--apply", "--accept-loss").status == 7)
                try flip(store.path + "/" + file, at: 8, mask: 3)
            }
            // Whoever knows the format finds everything.
            try store.expectWorking(entries: 20)
        }
    }
}

extension Walctl.Outcome {
    /// The indexes that `info --json` says are in a segment.
    fileprivate func segment(_ name: String) throws -> ClosedRange<Int> {
        let object = try JSONSerialization.jsonObject(with: output) as? [String: Any]
        let segments = object?["segments"] as? [[String: Any]] ?? []
        let segment = try #require(segments.first { $0["file"] as? String == name })
        let first = try #require(segment["first"] as? Int)
        let count = try #require(segment["entries"] as? Int)
        return first...first + count - 1
    }
}

extension [String] {
    /// The indexes of lines `lost FIRST-LAST`.
    fileprivate var indexes: [Int] {
        flatMap { line -> [Int] in
            let numbers = line.split(separator: " ")[1].split(separator: "-").compactMap { Int($0) }
            return numbers.count == 2 ? [Int](numbers[0]...numbers[1]) : []
        }
    }
}
