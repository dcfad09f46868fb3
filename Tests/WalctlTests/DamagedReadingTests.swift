import Foundation
import Testing

/// `dump` and `get` show what is left of stores that cannot be opened any more.
@Suite struct DamagedReadingTests {
    @Test func whatIsBesideAMissingSegmentIsPrinted() throws {
        try withStore("segment") { store, whole in
            let files = try dataFiles(in: store)
            try FileManager.default.removeItem(atPath: store + "/" + files[2])
            let dump = try Walctl.run("dump", store)
            #expect(dump.status == 3)
            #expect(!dump.wasSignalled)
            let lost = Set(whole).subtracting(dump.lines).compactMap {
                Int($0.split(separator: " ")[0])
            }.sorted()
            #expect(dump.lines == whole.filter { dump.lines.contains($0) })
            let first = try #require(lost.first)
            let last = try #require(lost.last)
            #expect(lost == Array(first...last))
            #expect(dump.messages.contains("lost \(first)-\(last)"), "\(dump.messages)")

            let before = try Walctl.run("get", store, "\(first - 1)")
            #expect(before.status == 3)
            #expect(before.output.count == 200)
            #expect(before.messages.contains("is whole"))
            let inside = try Walctl.run("get", store, "\(first)")
            #expect(inside.status == 3)
            #expect(inside.output.isEmpty)
            // Beyond the end there is nothing, damaged store or not.
            #expect(try Walctl.run("get", store, "99999").status == 6)
        }
    }

    @Test(arguments: [0, 1]) func entriesOfAnLMDBFileWithADamagedPageArePrinted(
        page: Int
    ) throws {
        try withStore("lmdb") { store, whole in
            let path = store + "/data.mdb"
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            let payload = try Walctl.run("get", store, "300").output
            let place = try #require(bytes.range(of: payload)).lowerBound
            // A byte of the payload, or the header of the page that it is on.
            try flip(path, at: UInt64(page == 0 ? place : place / 4096 * 4096 + 12))
            let dump = try Walctl.run("dump", store)
            #expect(dump.status == 3)
            #expect(dump.lines.count >= whole.count - 30)
            #expect(dump.lines == whole.filter { dump.lines.contains($0) })
            if page == 0 {
                #expect(dump.lines.count == whole.count - 1)
                #expect(dump.messages.contains("lost 300-300"))
            }
            let other = try Walctl.run("get", store, "20")
            #expect(other.output.count == 200)
        }
    }

    @Test func anUncertainVoteIsNotPrintedAsOne() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run("apply", store, input: "append 5 100 1\nvote 1 old\nvote 2 new\n")
            let file = store + "/" + (try #require(try dataFiles(in: store).first))
            let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
            let place = try #require(bytes.range(of: Data("new".utf8))).lowerBound
            try flip(file, at: UInt64(place))
            let dump = try Walctl.run("dump", store)
            if dump.status == 0 {
                // The checkpoint of the clean close has it as well.
                #expect(dump.lines.last == "vote 2 new")
            } else {
                #expect(dump.status == 3)
                #expect(!dump.text.contains("vote"))
            }
            #expect(try Walctl.run("verify", store).status == 3)
        }
    }

    /// On a read-only mount not even an access time changes; where mounting is not allowed, a
    /// directory of another user's has to do.
    @Test(arguments: backends) func aReadOnlyMountIsEnough(backend: String) throws {
        #if os(Linux)
            try withStore(backend) { store, whole in
                let script = """
                    if unshare -m true 2>/dev/null; then
                        exec unshare -m bash -c '
                            mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" || exit 99
                            ! touch "$0/x" 2>/dev/null || exit 98
                            for command in dump "get 7" verify info map tail; do
                                set -- $command
                                "$WALCTL" $1 "$0" ${2:-} >/dev/null || echo "$command: $?"
                            done' "$1"
                    fi
                    """
                let outcome = try Walctl.shell(script, store)
                if outcome.status == 99 { return }
                #expect(outcome.status == 0)
                #expect(outcome.lines.isEmpty, "\(outcome.text) \(outcome.messages)")
            }
        #endif
    }

    /// Runs `body` with a closed store of 600 entries, and its dump.
    private func withStore(_ backend: String, _ body: (String, [String]) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run(
                "--backend", backend, "append", store, "--count", "600", "--size", "200",
                "--sync", "none", "--segment-bytes", "16384")
            try body(store, try Walctl.run("dump", store).lines)
        }
    }
}
