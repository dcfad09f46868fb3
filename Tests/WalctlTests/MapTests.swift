import Foundation
import Testing

/// `map` as text and as SVG, and `info` of stores with something wrong.
@Suite struct MapTests {
    /// Characters of the bars.
    private static let blocks: Set<Character> = ["█", "▒", "░", "╳"]

    @Test(arguments: backends, [60, 80, 200])
    func everyLineFitsAndNoneIsColouredWhenPiped(backend: String, width: Int) throws {
        try withStore(backend) { store in
            for options in [["--ascii"], []] {
                let outcome = try Walctl.run(
                    ["map", store, "--width", "\(width)"] + options,
                    environment: ["LC_ALL": "C.UTF-8"])
                #expect(outcome.status == 0)
                #expect(!outcome.output.contains(0x1B))
                // The path may be longer.
                let lines = outcome.lines.filter { !$0.hasPrefix(store) }
                #expect(lines.allSatisfy { $0.count <= width }, "\(outcome.text)")
                let isPlain = outcome.output.allSatisfy { $0 < 0x80 }
                #expect(isPlain == options.contains("--ascii"))
                #expect(outcome.text.contains("durable 600 (term 61)"))
            }
        }
    }

    @Test func theLocaleDecidesAboutBlocks() throws {
        try withStore("segment") { store in
            for (locale, hasBlocks) in [("C", false), ("de_DE.UTF-8", true), ("C.utf8", true)] {
                let outcome = try Walctl.run("map", store, environment: ["LC_ALL": locale])
                #expect(outcome.text.contains { Self.blocks.contains($0) } == hasBlocks)
            }
        }
    }

    @Test func aSegmentIsALineUntilThereAreTooMany() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            var counts: [Int] = []
            for _ in 0..<4 {
                try Walctl.run(
                    "append", store, "--count", "400", "--size", "300", "--sync", "none",
                    "--segment-bytes", "8192")
                let files = try dataFiles(in: store).count
                let outcome = try Walctl.run("map", store, "--width", "100", "--ascii")
                let bars = outcome.lines.filter { $0.hasSuffix(".") || $0.hasSuffix(".. <") }
                #expect(bars.count <= 40)
                if files <= 40 { #expect(bars.count == files, "\(outcome.text)") }
                counts.append(files)
                #expect(outcome.text.contains("\(files) segments"))
            }
            #expect(counts.last ?? 0 > 100)
        }
    }

    @Test func damageIsDrawnAndToldWhereItIs() throws {
        try withStore("segment") { store in
            let files = try dataFiles(in: store)
            try FileManager.default.removeItem(atPath: store + "/" + files[4])
            let payload = try Walctl.run("get", directory(store, "copy"), "300").output
            for file in files where file != files[4] {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: store + "/" + file))
                if let found = bytes.range(of: payload) {
                    try flip(store + "/" + file, at: UInt64(found.lowerBound))
                }
            }
            let map = try Walctl.run("map", store, "--width", "120", "--ascii")
            #expect(map.status == 3)
            #expect(map.text.contains("missing"))
            #expect(map.text.contains("X the segment is missing"))
            #expect(map.lines.contains { $0.contains("##X") })
            #expect(map.text.contains("index 300, term 31"))

            let info = try Walctl.run("info", store)
            #expect(info.status == 3)
            #expect(info.text.contains("last:"))
            #expect(info.text.contains("600 (term 61)"))
            #expect(info.lines.contains { $0.hasPrefix("corrupt: the segment is missing") })
            let values = try Walctl.run("info", store, "--json")
            #expect(values.status == 3)
            let object = try #require(
                try JSONSerialization.jsonObject(with: values.output) as? [String: Any])
            #expect((object["damages"] as? [[String: Any]])?.count == 2)
            let segments = try #require(object["segments"] as? [[String: Any]])
            #expect(segments.map { $0["file"] as? String } == files)
            let states = segments.map { $0["state"] as? String }
            #expect(states.count { $0 == "damaged" } == 1)
            #expect(states[4] == "missing")
            for segment in segments {
                let parts = ["liveBytes", "deadBytes", "freeBytes", "damagedBytes"]
                let sum = parts.reduce(0) { $0 + (segment[$1] as? Int ?? 0) }
                #expect(sum == segment["fileBytes"] as? Int)
            }
        }
    }

    @Test func aDamagedLMDBStoreIsDescribedAsFarAsItCanBe() throws {
        try withStore("lmdb") { store in
            let path = store + "/data.mdb"
            let payload = try Walctl.run("get", store, "300").output
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            try flip(path, at: UInt64(try #require(bytes.range(of: payload)).lowerBound))
            for command in ["map", "info"] {
                let outcome = try Walctl.run(command, store)
                #expect(outcome.status == 3)
                #expect(outcome.text.contains("600 (term 61)"))
                #expect(outcome.text.contains("index"))
                #expect(outcome.text.contains("300"))
            }
            // Not even the first page.
            try flip(path, at: 16)
            let outcome = try Walctl.run("info", store)
            #expect(outcome.status == 3)
            #expect(outcome.text.contains("meta page"))
        }
    }

    @Test(arguments: backends) func theSVGIsWholeAndOfItsOwn(backend: String) throws {
        try withStore(backend) { store in
            let file = store + ".svg"
            #expect(try Walctl.run("map", store, "--svg", file).status == 0)
            let text = try String(contentsOfFile: file, encoding: .utf8)
            #expect(try Walctl.run("map", store, "--svg", "-").text.hasPrefix("<svg "))
            let document = try XMLReader.read(Data(text.utf8))
            #expect(document.isWhole)
            #expect(document.names.count { $0 == "title" } > document.names.count { $0 == "g" })
            #expect(text.contains("prefers-color-scheme: dark"))
            // Nothing is fetched from elsewhere.
            #expect(!text.contains("href"))
            #expect(!text.replacing("http://www.w3.org/2000/svg", with: "").contains("http"))
        }
    }

    @Test func anUglyPathIsStillXMLAndOneLine() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/a<b>&\"c\u{7}\nd"
            try Walctl.run("append", store, "--count", "3", "--size", "5")
            let svg = try Walctl.run("map", store, "--svg", "-")
            #expect(try XMLReader.read(svg.output).isWhole)
            let text = try Walctl.run("map", store)
            #expect(text.lines.first?.hasSuffix("\\u{7}\\nd  1 segment") == true, "\(text.text)")
        }
    }

    @Test(arguments: ["0", "59", "1001", "-80", "9223372036854775807"])
    func widthsThatMakeNoSenseAreUsage(width: String) throws {
        #expect(try Walctl.run("map", "/nowhere", "--width=\(width)").status == 2)
    }

    /// A copy of a store that is still whole.
    private func directory(_ store: String, _ name: String) -> String { store + "." + name }

    /// Runs `body` with a closed store of 600 entries, in 8 segments or so, beside a copy of it.
    private func withStore(_ backend: String, _ body: (String) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run(
                "--backend", backend, "append", store, "--count", "600", "--size", "200",
                "--sync", "none", "--segment-bytes", "16384")
            try FileManager.default.copyItem(atPath: store, toPath: store + ".copy")
            try body(store)
        }
    }
}
