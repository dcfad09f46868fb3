import Foundation
import Testing

/// `import` and `export` (P88).
@Suite struct TransferTests {
    static let texts = [
        "", "\n", "a", "a\n", "a\nb", "a\nb\n", "\n\n\n", "\n\na\n\n", "a\n\n", "a\r\nb\r\n",
    ]

    @Test(arguments: backends) func linesComeOutByteForByte(backend: String) throws {
        for (number, text) in Self.texts.enumerated() {
            let newlines = text.utf8.count { $0 == 10 }
            try roundTrip(
                Data(text.utf8), "lines", backend,
                entryCount: text.utf8.last == 10 || text.isEmpty ? newlines : newlines + 1,
                "text \(number)")
        }
    }

    @Test(arguments: backends) func anyBytesComeOutAsLinesByteForByte(backend: String) throws {
        let bytes = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) })
        try roundTrip(bytes, "lines", backend, entryCount: nil, "binary")
        // Lines longer than the reader's block.
        let long = Data(repeating: 65, count: 3 << 20) + [10] + Data(repeating: 66, count: 2 << 20)
        try roundTrip(long, "lines", backend, entryCount: 2, "long lines")
    }

    @Test(arguments: backends) func prefixedRecordsComeOutByteForByte(backend: String) throws {
        var file = Data()
        let sizes = [0, 1, 10, 0, 255, 256, 70_000, 3_000_000, 2]
        for size in sizes {
            withUnsafeBytes(of: UInt32(size).littleEndian) { file.append(contentsOf: $0) }
            file.append(Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }))
        }
        try roundTrip(file, "u32le", backend, entryCount: sizes.count, "records")
        try roundTrip(Data(), "u32le", backend, entryCount: 0, "no records")
    }

    @Test func tornPrefixedFileIsRefused() throws {
        try withTemporaryDirectory { directory in
            for bytes: [UInt8] in [[1, 0], [5, 0, 0, 0, 1], [0xFF, 0xFF, 0xFF, 0xFF, 1]] {
                let file = URL(fileURLWithPath: directory + "/file")
                try Data([1, 0, 0, 0, 65] + bytes).write(to: file)
                let outcome = try Walctl.run(
                    "import", directory + "/store", "--from", file.path, "--framing", "u32le")
                #expect(outcome.status == 2)
                #expect(outcome.messages.contains("offset 5"))
            }
        }
    }

    @Test func termIsTheLastOneUnlessGiven() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let file = directory + "/file"
            try Data("a\n".utf8).write(to: URL(fileURLWithPath: file))
            for (options, status) in [("", 0), ("--term 5", 0), ("", 0), ("--term 4", 2)] {
                let outcome = try Walctl.shell(
                    "walctl import \"$1\" --from \"$2\" \(options)", store, file)
                #expect(Int(outcome.status) == status)
            }
            let terms = try Walctl.run("dump", store).lines.map { $0.split(separator: " ")[1] }
            #expect(terms == ["1", "5", "5"])
        }
    }

    @Test func anotherFramingCanBeAskedFor() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let file = URL(fileURLWithPath: directory + "/file")
            try Data("a\nbc".utf8).write(to: file)
            try Walctl.run("import", store, "--from", file.path)
            try Walctl.run("export", store, "--to", file.path, "--framing", "u32le")
            #expect(try Data(contentsOf: file) == Data([1, 0, 0, 0, 97, 2, 0, 0, 0, 98, 99]))
            // A log that was never imported is exported as lines.
            try Walctl.run("apply", directory + "/other", input: "append 2 0 1\n")
            try Walctl.run("export", directory + "/other", "--to", file.path)
            #expect(try Data(contentsOf: file) == Data("\n\n".utf8))
        }
    }

    @Test func failedExportLeavesNothingHalf() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run("append", store, "--count", "30", "--size", "100")
            let path = store + "/" + (try #require(try dataFiles(in: store).first))
            let payload = try Walctl.run("get", store, "20").output
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            try flip(path, at: UInt64(try #require(bytes.range(of: payload)?.lowerBound)))

            let old = URL(fileURLWithPath: directory + "/old")
            try Data("old".utf8).write(to: old)
            #expect(try Walctl.run("export", store, "--to", old.path).status == 3)
            #expect(try Walctl.run("export", store, "--to", directory + "/new").status == 3)
            #expect(try Data(contentsOf: old) == Data("old".utf8))
            let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            #expect(names == ["old", "store"])
        }
    }

    @Test func exportReplacesAFileAndFollowsALink() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run("apply", store, input: "append 3 0 1\n")
            let outcome = try Walctl.shell(
                """
                cd "$1"; echo old >file; chmod 640 file; ln -s file link
                walctl export store --to link && test -L link && cat file
                walctl export store --to /dev/stdout | cat
                walctl export store --to /dev/full; echo $?
                """, directory)
            #expect(outcome.text == "\n\n\n\n\n\n5\n")
            let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/file")
            #expect(attributes[.posixPermissions] as? Int == 0o640)
        }
    }

    /// Imports bytes into a new store, exports them, and compares.
    private func roundTrip(
        _ bytes: Data, _ framing: String, _ backend: String, entryCount: Int?, _ name: String
    ) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let file = URL(fileURLWithPath: directory + "/in")
            let copy = URL(fileURLWithPath: directory + "/out")
            try bytes.write(to: file)
            let imported = try Walctl.run(
                "--backend", backend, "import", store, "--from", file.path, "--framing", framing)
            #expect(imported.status == 0, "\(name): \(imported.messages)")
            #expect(imported.output.isEmpty)
            let exported = try Walctl.run("export", store, "--to", copy.path)
            #expect(exported.status == 0, "\(name): \(exported.messages)")
            #expect(try Data(contentsOf: copy) == bytes, "\(name)")
            if let entryCount {
                #expect(try Walctl.run("dump", store).lines.count == entryCount, "\(name)")
            }
        }
    }
}
