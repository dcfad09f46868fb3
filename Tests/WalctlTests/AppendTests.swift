import Foundation
import Testing

@Suite struct AppendTests {
    @Test(arguments: backends) func entriesGetTheNextIndexesAndTerms(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            for _ in 0..<2 {
                try Walctl.run(
                    "--backend", backend, "append", store, "--count", "13", "--size", "9")
            }
            let fields = try Walctl.run("dump", store).lines.map { $0.split(separator: " ") }
            #expect(fields.map { UInt64($0[0]) } == (1...26).map { $0 })
            #expect(fields.map { UInt64($0[1]) } == (1...26).map { 1 + $0 / 10 })
            #expect(fields.allSatisfy { $0[2] == "9" })
            // Every payload is another one.
            #expect(Set(fields.map { $0[3] }).count == 26)
        }
    }

    @Test func payloadsDependOnIndexAndSizeOnly() throws {
        try withTemporaryDirectory { directory in
            let stores = ["/a", "/b", "/c"].map { directory + $0 }
            try Walctl.run("append", stores[0], "--count", "9", "--size", "50", "--sync", "none")
            for count in ["4", "5"] {
                try Walctl.run(
                    "--backend", "lmdb", "append", stores[1], "--count", count, "--size", "50")
            }
            try Walctl.run("append", stores[2], "--count", "9", "--size", "51")
            let dumps = try stores.map { try Walctl.run("dump", $0, "--payload", "hex").lines }
            #expect(dumps[0].count == 9)
            #expect(dumps[0] == dumps[1])
            #expect(dumps[0][8].split(separator: " ")[4] != dumps[2][8].split(separator: " ")[4])
        }
    }

    @Test(arguments: [
        ("each", 7, [1, 2, 3, 4, 5, 6, 7]), ("batch", 7, [1, 2, 3, 4, 5, 6, 7]), ("none", 7, []),
        ("each", 0, []), ("batch", 0, []), ("none", 0, []),
    ])
    func everyDurableEntryIsAcknowledged(sync: String, count: Int, acked: [Int]) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let outcome = try Walctl.run(
                "append", store, "--count", String(count), "--size", "5", "--sync", sync,
                "--batch", "3")
            #expect(outcome.status == 0)
            #expect(outcome.lines == acked.map { "acked \($0)" })
            #expect(try Walctl.run("dump", store).lines.count == count)
        }
    }

    @Test(arguments: backends) func theTermNeverFalls(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run("--backend", backend, "apply", store, input: "reset 40 77\n")
            let outcome = try Walctl.run("append", store, "--count", "1", "--size", "0")
            #expect(outcome.lines == ["acked 41"])
            #expect(try Walctl.run("dump", store).lines == ["41 77 0 00000000"])
        }
    }

    @Test func smallSegmentsRotateWhicheverWayTheyAreAskedFor() throws {
        try withTemporaryDirectory { directory in
            func segments(_ name: String, _ arguments: String, _ variable: String) throws -> Int {
                let store = directory + "/" + name
                let outcome = try Walctl.shell(
                    "\(variable) walctl \(arguments) \"$1\" --count 60 --size 1000 --sync none",
                    store)
                try #require(outcome.status == 0)
                return try dataFiles(in: store).count
            }
            let usual = try segments("default", "append", "")
            #expect(try segments("before", "--segment-bytes 8192 append", "") > usual + 5)
            #expect(try segments("after", "append --segment-bytes 1", "") > usual + 5)
            #expect(try segments("variable", "append", "WALCTL_SEG=100") > usual + 5)
        }
    }
}
