import Foundation
import Testing

/// `import --from-raft-wal` and `--from-hiqlite`, on logs written by an encoder of the tests' own.
@Suite struct ForeignImportTests {
    /// `dump`'s line of an entry.
    private func line(_ index: UInt64, _ term: UInt64, _ payload: [UInt8]) -> String {
        "\(index) \(term) \(payload.count) \(crc32c(payload))"
    }

    /// A directory with a log in a format, and where its store is to be.
    private func withLog(
        _ make: (String) throws -> Void, _ body: (_ log: String, _ store: String) throws -> Void
    ) throws {
        try withTemporaryDirectory { directory in
            try make(directory + "/log")
            let before = try contents(of: directory + "/log")
            try body(directory + "/log", directory + "/store")
            #expect(try contents(of: directory + "/log").keys.sorted() == before.keys.sorted())
        }
    }

    @Test func theChecksumOfHiqliteIsThatOfTheCatalogue() {
        #expect(HiqliteFixture.checksum(Array("123456789".utf8)) == 0x765E_7680)
    }

    @Test(arguments: backends) func raftWALIsTakenAsItIs(backend: String) throws {
        try withLog(RaftWALFixture.make) { log, store in
            let before = try contents(of: log)
            let outcome = try Walctl.run(
                "--backend", backend, "import", store, "--from-raft-wal", log, "--term", "7")
            #expect(outcome.status == 0, "\(outcome.messages)")
            #expect(outcome.messages == "imported 28 entries\n")
            #expect(try contents(of: log) == before)
            #expect(
                try Walctl.run("dump", store).lines
                    == (13...40).map { line($0, 7, ForeignFixtures.payload($0)) })
            #expect(try Walctl.run("verify", store).lines == ["ok first=13 last=40 torn=0"])
            let info = try Walctl.run("info", store).text
            #expect(info.contains("raft-wal.term raft-wal.vote"))
            // The log goes on where it ended.
            #expect(
                try Walctl.run("append", store, "--count", "1", "--size", "1").text == "acked 41\n")
        }
    }

    @Test(arguments: backends) func hiqliteIsTakenWithItsTerms(backend: String) throws {
        try withLog(HiqliteFixture.make) { log, store in
            let before = try contents(of: log)
            let outcome = try Walctl.run(
                "--backend", backend, "import", store, "--from-hiqlite", log)
            #expect(outcome.status == 0, "\(outcome.messages)")
            #expect(try contents(of: log) == before)
            #expect(
                try Walctl.run("dump", store).lines
                    == (19...60).map { line($0, 1 + $0 / 10, HiqliteFixture.payload($0)) })
            let info = try Walctl.run("info", store).text
            #expect(info.contains("compacted:                 18 (term 2)"), "\(info)")
            #expect(info.contains("hiqlite.last_purged_log_id hiqlite.vote"))
        }
    }

    /// A segment of raft-wal may end torn if the log went on in the next one.
    @Test func whatACrashLeftIsNoDamageIfTheLogGoesOn() throws {
        try withLog(RaftWALFixture.make) { log, store in
            let path = log + "/" + RaftWALFixture.name(21)
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            try ForeignFixtures.write(
                Array(whole) + RaftWALFixture.entry(36, [1, 2, 3]).dropLast(2), to: path)
            let outcome = try Walctl.run("import", store, "--from-raft-wal", log)
            #expect(outcome.status == 0, "\(outcome.messages)")
            #expect(outcome.messages.contains("what a crash left"))
            #expect(try Walctl.run("dump", store).lines.count == 28)
        }
    }

    /// A killed hiqlite has written more than its header says, and takes it back at its next start.
    @Test(arguments: [false, true])
    func recordsBehindTheHeaderCountAfterAKill(wasKilled: Bool) throws {
        try withLog { log in
            try ForeignFixtures.write(
                HiqliteFixture.file(1...20, named: 15), to: log + "/" + HiqliteFixture.name(1))
            if wasKilled { try ForeignFixtures.write([], to: log + "/lock.hql") }
        } _: { log, store in
            let outcome = try Walctl.run("import", store, "--from-hiqlite", log)
            #expect(outcome.status == 0, "\(outcome.messages)")
            #expect(try Walctl.run("dump", store).lines.count == (wasKilled ? 20 : 15))
            #expect(outcome.messages.contains("5 entries behind the end") == wasKilled)
        }
    }

    /// A damage: what is done to a log, the file and the index that are named, and what is left.
    struct Damage: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var format: String
        var file: String
        var index: Int?
        var entryCount: Int
        var apply: @Sendable (String) throws -> Void
    }

    static let damages = [
        Damage(
            testDescription: "flipped byte", format: "raft-wal", file: RaftWALFixture.name(21),
            index: 25, entryCount: 12
        ) { path in
            let before = RaftWALFixture.segment(21...24, version: 1).count
            try flip(path + "/" + RaftWALFixture.name(21), at: UInt64(before + 20), mask: 1)
        },
        Damage(
            testDescription: "torn tail", format: "raft-wal", file: RaftWALFixture.name(36),
            index: 40, entryCount: 27
        ) { path in
            let file = path + "/" + RaftWALFixture.name(36)
            try ForeignFixtures.write(
                Array(try Data(contentsOf: URL(fileURLWithPath: file)).dropLast(3)), to: file)
        },
        Damage(
            testDescription: "missing segment", format: "raft-wal",
            file: RaftWALFixture.name(36), index: 36, entryCount: 8
        ) { try FileManager.default.removeItem(atPath: $0 + "/" + RaftWALFixture.name(21)) },
        Damage(
            testDescription: "cut metadata", format: "raft-wal", file: "meta.bin", index: nil,
            entryCount: 28
        ) { path in
            let file = path + "/meta.bin"
            try ForeignFixtures.write(
                Array(try Data(contentsOf: URL(fileURLWithPath: file)).dropLast(3)), to: file)
        },
        Damage(
            testDescription: "flipped byte", format: "hiqlite", file: HiqliteFixture.name(3),
            index: 18, entryCount: 0
        ) { try flip($0 + "/" + HiqliteFixture.name(3), at: 60, mask: 1) },
        Damage(
            testDescription: "wrong end", format: "hiqlite", file: HiqliteFixture.name(4),
            index: 60, entryCount: 42
        ) { try flip($0 + "/" + HiqliteFixture.name(4), at: 31, mask: 1) },
        Damage(
            testDescription: "missing file", format: "hiqlite", file: HiqliteFixture.name(5),
            index: 41, entryCount: 22
        ) { try FileManager.default.removeItem(atPath: $0 + "/" + HiqliteFixture.name(4)) },
        Damage(
            testDescription: "magic", format: "hiqlite", file: HiqliteFixture.name(4), index: 41,
            entryCount: 22
        ) { try flip($0 + "/" + HiqliteFixture.name(4), at: 2) },
        Damage(
            testDescription: "metadata", format: "hiqlite", file: "meta.hql", index: nil,
            entryCount: 0
        ) { try flip($0 + "/meta.hql", at: 20) },
    ]

    @Test(arguments: damages) func damageIsRefusedAndNamed(damage: Damage) throws {
        let make = damage.format == "hiqlite" ? HiqliteFixture.make : RaftWALFixture.make
        try withTemporaryDirectory { directory in
            let log = directory + "/log"
            let store = directory + "/store"
            try make(log)
            try damage.apply(log)
            let option = "--from-" + damage.format
            let refused = try Walctl.run("import", store, option, log)
            #expect(refused.status == 3, "\(refused.messages)")
            #expect(refused.messages.contains("/" + damage.file))
            #expect(refused.messages.contains("offset"))
            if let index = damage.index {
                #expect(refused.messages.contains("\(index)"), "\(refused.messages)")
            }
            #expect(!FileManager.default.fileExists(atPath: store))
            let accepted = try Walctl.run("import", store, option, log, "--allow-damaged")
            #expect(accepted.status == 0, "\(accepted.messages)")
            #expect(accepted.messages.contains("missing: the entries from"))
            #expect(accepted.messages.contains("imported \(damage.entryCount) entries"))
            #expect(try Walctl.run("dump", store).lines.count == damage.entryCount)
            #expect(try Walctl.run("verify", store).status == 0)
        }
    }

    @Test(arguments: [
        ("raft-wal", RaftWALFixture.name(21), 4), ("hiqlite", HiqliteFixture.name(4), 7),
    ])
    func anUnknownVersionIsNoDamage(format: String, file: String, offset: Int) throws {
        let make = format == "hiqlite" ? HiqliteFixture.make : RaftWALFixture.make
        try withLog(make) { log, store in
            try flip(log + "/" + file, at: UInt64(offset), mask: 0x40)
            for flags in [[], ["--allow-damaged"]] {
                let outcome = try Walctl.run(["import", store, "--from-" + format, log] + flags)
                #expect(outcome.status == 7, "\(outcome.messages)")
                #expect(!FileManager.default.fileExists(atPath: store))
            }
        }
    }

    @Test func aFullDiskLeavesNoStoreAndTheNextImportMakesOne() throws {
        try withLog(RaftWALFixture.make) { log, store in
            let first = try Walctl.shell(
                "ulimit -f 512; walctl import \"$1\" --from-raft-wal \"$2\"", store, log)
            #expect(first.status == 5, "\(first.messages)")
            #expect(try Walctl.run("dump", store).status == 6)
            #expect(try Walctl.run("import", store, "--from-hiqlite", log).status == 6)
            let second = try Walctl.run("import", store, "--from-raft-wal", log)
            #expect(second.status == 0, "\(second.messages)")
            #expect(try Walctl.run("dump", store).lines.count == 28)
        }
    }

    @Test func whatMakesNoSenseIsRefused() throws {
        try withLog(RaftWALFixture.make) { log, store in
            #expect(try Walctl.run("import", store).status == 2)
            #expect(
                try Walctl.run("import", store, "--from", log, "--from-hiqlite", log).status == 2)
            #expect(try Walctl.run("import", store, "--from", log, "--allow-damaged").status == 2)
            #expect(try Walctl.run("import", store, "--from-hiqlite", log).status == 6)
            #expect(try Walctl.run("import", store, "--from-raft-wal", log + "/none").status == 6)
            try Walctl.run("append", store, "--count", "1", "--size", "1")
            #expect(try Walctl.run("import", store, "--from-raft-wal", log).status == 2)
            #expect(try Walctl.run("dump", store).lines.count == 1)
        }
    }
}
