import Foundation
import Testing

/// `copy`: hot backups, and the way to another backend.
@Suite struct CopyTests {
    static let pairs = backends.flatMap { from in backends.map { (from, $0) } }

    /// Truncated, compacted, with a vote, and so small segments that there are many.
    private func fill(_ store: String, _ backend: String) throws {
        let outcome = try Walctl.run(
            "--backend", backend, "--segment-bytes", "8192", "apply", store,
            input: """
                append 200 300 1
                truncate-after 150
                append 100 200 2
                compact-before 37
                vote 3 n2

                """)
        #expect(outcome.status == 0)
    }

    private func storeID(of store: String) throws -> String? {
        try Walctl.run("info", store).lines.first { $0.hasPrefix("store id:") }
    }

    @Test(arguments: pairs) func theCopyIsTheSameLog(from: String, to: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let copy = directory + "/backup/copy"
            try fill(store, from)
            let before = try contents(of: store)
            let outcome = try Walctl.run(
                "copy", store, "--to", copy, "--backend", to, "--segment-bytes", "8192")
            #expect(outcome.status == 0, "\(outcome.messages)")
            #expect(outcome.lines.first?.hasPrefix("ok first=37 last=250 entries=214 ") == true)
            #expect(try contents(of: store) == before)
            let dump = try Walctl.run("dump", store).text
            #expect(try Walctl.run("dump", copy).text == dump)
            #expect(try Walctl.run("verify", copy).lines == ["ok first=37 last=250 torn=0"])
            #expect(try storeID(of: copy) == storeID(of: store))
            // Each goes its own way.
            try Walctl.run("apply", copy, input: "truncate-after 100\nappend 50 300 9\n")
            #expect(try Walctl.run("dump", store).text == dump)
            try Walctl.run("apply", store, input: "append 50 300 8\ncompact-before 200\n")
            #expect(try Walctl.run("verify", copy).lines == ["ok first=37 last=150 torn=0"])
            #expect(try Walctl.run("verify", store).status == 0)
        }
    }

    @Test(arguments: pairs) func aCopyBesideAWriterIsOneMoment(from: String, to: String) throws {
        try withTemporaryDirectory { directory in
            // Each term has ten entries, so that every cut and every hole shows.
            let operations = (1...20_000).map {
                "append 10 300 \($0)\ntruncate-after \($0 * 5)\ncompact-before \(max(90, $0 * 5) - 90)\n"
            }
            let input = directory + "/operations"
            try Data(operations.joined().utf8).write(to: URL(fileURLWithPath: input))
            let outcome = try Walctl.shell(
                """
                "$WALCTL" --backend \(from) --segment-bytes 8192 apply "$1" <"$2" >"$1.acks" &
                for wait in {1..12000}; do
                    if grep -q 90 "$1.acks" 2>/dev/null; then break; fi
                    sleep 0.01
                done
                for round in 1 2; do
                    walctl copy "$1" --to "$1.$round" --backend \(to) >/dev/null || echo "copy: $?"
                    walctl verify "$1.$round"
                done
                kill -KILL $!
                """, directory + "/store", input)
            #expect(outcome.lines.count == 2, "\(outcome.text) \(outcome.messages)")
            #expect(outcome.lines.allSatisfy { $0.hasPrefix("ok ") }, "\(outcome.text)")
            for round in 1...2 {
                // INDEX TERM: the entries of term t are those from 5 (t - 1) + 1 on.
                for line in try Walctl.run("dump", directory + "/store.\(round)").lines {
                    let words = line.split(separator: " ").compactMap { Int($0) }
                    let (index, term) = (words[0], words[1])
                    #expect((5 * term - 4...5 * term + 5).contains(index), "\(line)")
                }
            }
        }
    }

    @Test(arguments: backends) func aFullDiskLeavesWhatTheNextCopyUses(to: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let copy = directory + "/copy"
            // The last segment, or LMDB's file, is larger than the limit.
            try Walctl.run(
                "--segment-bytes", "8192", "apply", store,
                input: "append 50 300 1\nappend 50 300 1\nappend 50 300 1\nappend 1 300000 1\n")
            let first = try Walctl.shell(
                "ulimit -f 200; walctl copy \"$1\" --to \"$2\" --backend \(to) --no-sharing "
                    + "--segment-bytes 8192", store, copy)
            #expect(first.status == 5, "\(first.text) \(first.messages)")
            // No store is opened by mistake, and nothing else takes the directory.
            for command in ["dump", "verify", "info", "tail", "apply"] {
                for backend in backends {
                    let outcome = try Walctl.run("--backend", backend, command, copy)
                    #expect(outcome.status == 6, "\(command): \(outcome.messages)")
                    #expect(outcome.messages.contains("unfinished copy"))
                }
            }
            let other = directory + "/other"
            try Walctl.run("append", other, "--count", "1", "--size", "1")
            #expect(try Walctl.run("copy", other, "--to", copy, "--backend", to).status == 2)
            let second = try Walctl.run(
                "copy", store, "--to", copy, "--backend", to, "--no-sharing", "--json",
                "--segment-bytes", "8192")
            #expect(second.status == 0, "\(second.messages)")
            #expect(second.text.contains("\"resumed\":true"))
            let kept = try #require(second.text.firstMatch(of: /"keptBytes":(\d+)/)).1
            // LMDB had room for no commit at all.
            #expect(try #require(Int(kept)) > 0 || to == "lmdb")
            #expect(try Walctl.run("dump", copy).text == Walctl.run("dump", store).text)
        }
    }

    @Test(arguments: pairs) func aCopyThatWasKilledIsContinued(from: String, to: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let copy = directory + "/copy"
            try fill(store, from)
            for _ in 1...3 {
                let copier = try RunningWriter([
                    "copy", store, "--to", copy, "--backend", to, "--no-sharing",
                ])
                while copier.isRunning,
                    !FileManager.default.fileExists(atPath: copy + "/COPYING")
                {}
                copier.kill()
            }
            let isWhole = !FileManager.default.fileExists(atPath: copy + "/COPYING")
            let last = try Walctl.run("copy", store, "--to", copy, "--backend", to, "--no-sharing")
            #expect(last.status == (isWhole ? 2 : 0), "\(last.messages)")
            #expect(try Walctl.run("dump", copy).text == Walctl.run("dump", store).text)
            #expect(try Walctl.run("verify", copy).status == 0)
            let names = try FileManager.default.contentsOfDirectory(atPath: copy)
            #expect(!names.contains("copying") && !names.contains("COPYING"))
        }
    }

    @Test func whatIsThereIsRefusedAndLeftAlone() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try fill(store, "segment")
            let target = directory + "/target"
            try FileManager.default.createDirectory(
                atPath: target, withIntermediateDirectories: false)
            try Data("mine".utf8).write(to: URL(fileURLWithPath: target + "/file"))
            #expect(try Walctl.run("copy", store, "--to", target).status == 2)
            #expect(try Walctl.run("copy", store, "--to", target + "/file").status == 2)
            #expect(try contents(of: target) == ["file": Data("mine".utf8)])
            let before = try contents(of: store)
            #expect(try Walctl.run("copy", store, "--to", store).status == 2)
            #expect(try contents(of: store) == before)
            #expect(try Walctl.run("copy", target, "--to", directory + "/new").status == 6)
            #expect(!FileManager.default.fileExists(atPath: directory + "/new"))
        }
    }

    @Test(arguments: backends) func damageOfTheSourceIsNamed(to: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try fill(store, "segment")
            let file = store + "/" + (try #require(try dataFiles(in: store).first))
            // Among the entries that are neither compacted nor truncated.
            try flip(file, at: 40_000)
            let copy = directory + "/copy"
            let outcome = try Walctl.run("copy", store, "--to", copy, "--backend", to)
            #expect(outcome.status == 3)
            #expect(outcome.messages.contains(file), "\(outcome.messages)")
        }
    }
}
