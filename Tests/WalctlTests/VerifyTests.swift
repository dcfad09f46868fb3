import Foundation
import Testing

/// `verify` lists all that is wrong, and what to do about it.
@Suite struct VerifyTests {
    /// Recovery refuses this store at the missing segment; once nothing else was looked at then
    /// but the first damage of each file.
    @Test func everyDamageOfSeveralFilesIsListedThoughASegmentIsMissing() throws {
        try withSegments { store, files in
            let missing = try damage(store, files)
            let outcome = try Walctl.run("verify", store)
            #expect(outcome.status == 3)
            #expect(outcome.lines.count == 4)
            #expect(outcome.lines.allSatisfy { $0.hasPrefix("corrupt: ") })
            for word in [files[6], files[9], "index: 300, term: 31", "index: 303, term: 31"] {
                #expect(outcome.lines.contains { $0.contains(word) }, "\(word): \(outcome.text)")
            }
            #expect(outcome.lines.last?.contains("the segment is missing") == true)
            #expect(outcome.lines.last?.contains(missing) == true)
            #expect(outcome.messages.contains("repair"))
        }
    }

    @Test func everyDamageHasItsKindItsLossAndAnAdviceAsJSON() throws {
        try withSegments { store, files in
            _ = try damage(store, files)
            let outcome = try Walctl.run("verify", store, "--json")
            #expect(outcome.messages == "error: 4 damages found\n")
            let object = try #require(
                try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
            let damages = try #require(object["damages"] as? [[String: Any]])
            let kinds = damages.map { $0["kind"] as? String }
            #expect(kinds == ["records", "records", "records", "missing"])
            for damage in damages {
                #expect((damage["advice"] as? String)?.contains("walctl repair") == true)
                let lost = try #require(damage["lost"] as? [String: Int])
                #expect(lost["from"] == damage["index"] as? Int)
            }
            #expect(object["first"] as? Int == 1)
            #expect(object["last"] as? Int == 600)
        }
    }

    @Test func everyDamageOfAnLMDBStoreIsListed() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run(
                "--backend", "lmdb", "append", store, "--count", "300", "--size", "100")
            let path = store + "/data.mdb"
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            for index in ["5", "100", "200"] {
                let payload = try Walctl.run("get", store, index).output
                // Older states of the page may still be in the file: all of them are hit.
                var from = bytes.startIndex
                while let found = bytes.range(of: payload, in: from..<bytes.endIndex) {
                    try flip(path, at: UInt64(found.lowerBound))
                    from = found.upperBound
                }
            }
            let outcome = try Walctl.run("verify", store)
            #expect(outcome.status == 3)
            for index in [5, 100, 200] {
                #expect(outcome.lines.contains { $0.contains("index: \(index)") }, "\(index)")
            }
            #expect(outcome.messages.contains("what can be read"))
        }
    }

    @Test(arguments: backends) func aLimitChangesNothingOfTheVerdict(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run(
                "--backend", backend, "append", store, "--count", "100", "--size", "100",
                "--sync", "none")
            let outcome = try Walctl.run("verify", store, "--rate", "1000")
            #expect(outcome.text == "ok first=1 last=100 torn=0\n")
            #expect(outcome.messages.isEmpty)
            #expect(try Walctl.run("verify", store, "--rate", "0").status == 2)
            #expect(
                try Walctl.run("verify", store, "--rate", "18446744073709551615").status == 0)
        }
    }

    /// Damages three entries in two segments and removes the fourth segment.
    ///
    /// - Returns: the name of what was removed.
    private func damage(_ store: String, _ files: [String]) throws -> String {
        for index in ["300", "303", "450"] {
            let payload = try Walctl.run("get", store, index).output
            for file in files {
                let path = store + "/" + file
                let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
                guard let found = bytes.range(of: payload) else { continue }
                try flip(path, at: UInt64(found.lowerBound))
            }
        }
        try FileManager.default.removeItem(atPath: store + "/" + files[3])
        return files[3]
    }

    /// Runs `body` with a closed store of 600 entries in many segments of 16 KiB, and its files.
    private func withSegments(_ body: (String, [String]) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run(
                "append", store, "--count", "600", "--size", "200", "--sync", "none",
                "--segment-bytes", "16384")
            try body(store, try dataFiles(in: store))
        }
    }
}
