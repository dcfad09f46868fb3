#if LMDB
    import LMDBBackend
    import Testing
    import WALProtocol

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// One bit of every byte of a cleanly closed store (P71, P72, P76, P123): what is read is the
    /// same, or the damage is reported.
    ///
    /// LMDB has no checksums and believes its pages: without the checks before it, many of these
    /// flips end the process, and others give a shorter log.
    @Suite struct FlippedByteTests {
        let scratch = Scratch()

        @Test func everyFlippedByteIsHarmlessOrReported() throws {
            let path = scratch.child("store")
            try makeStore(at: path)
            let original = try #require(look(at: path).contents)
            #expect(original.entries.count == 55)
            #expect(original.metadata.count == 2)
            let file = try FlippedFile(path + "/data.mdb")
            var (tried, reported) = (0, 0)
            for offset in 0..<file.byteCount
            where offset % 16 == 0 || !file.isUniform(around: offset) {
                let bit = UInt8(1) << UInt8(offset % 8)
                file.flip(bit, at: offset)
                let seen = look(at: path)
                let isRead = seen.contents == original
                let isReported =
                    seen.error.map { [.corrupt, .unsupportedFormat].contains($0.code) } ?? false
                if !isRead, !isReported {
                    Issue.record("bit \(bit) at \(offset): \(seen)")
                }
                // What an opener refuses, verify explains.
                if !isRead || offset % 64 == 0 {
                    let report = Result { () throws(LogStoreError) in
                        try LMDBStore.verify(at: path)
                    }
                    switch report {
                    case .success(let report):
                        if !isRead, report.damages.isEmpty {
                            Issue.record("bit \(bit) at \(offset) is not found by verify: \(seen)")
                        }
                    case .failure(let error):
                        #expect(error.code == .unsupportedFormat, "bit \(bit) at \(offset)")
                    }
                }
                tried += 1
                reported += isRead ? 0 : 1
                file.flip(bit, at: offset)
            }
            #expect(look(at: path).contents == original)
            #expect(try LMDBStore.verify(at: path).damages == [])
            // Entries, keys, page headers and meta pages; the rest is free space.
            #expect(reported > 4_000)
            #expect(tried > 10_000)
        }

        /// A writer deletes and adds by what the pages say: it is not led astray either.
        @Test func aFlippedByteIsHarmlessOrReportedToAWriter() throws {
            let path = scratch.child("store")
            try makeStore(at: path)
            let bytes = readFile(path + "/data.mdb")
            var (place, refused, done) = (0, 0, 0)
            // A step that is no multiple of two, so that all fields have their turn.
            for offset in stride(from: 17, to: bytes.count, by: 59) {
                place += 1
                var damaged = bytes
                damaged[offset] ^= 1 << UInt8(place % 8)
                writeFile(path + "/data.mdb", damaged)
                let error = failure { () throws(LogStoreError) in
                    let store = try LMDBStore(at: path)
                    try store.fill(61...70)
                    try store.truncate(from: 50)
                    try store.fill(50...60, term: 2)
                    try store.compact(through: LogPosition(term: 1, index: 30))
                    try store.sync()
                    try store.setMetadata([1], for: "new")
                    try store.close()
                }
                if let error {
                    #expect([.corrupt, .unsupportedFormat].contains(error.code), "at \(offset)")
                    refused += 1
                } else {
                    let store = try LMDBStore(at: path)
                    #expect(store.state.indexes == 31..<61)
                    #expect(try store.metadata(for: "new") == [1])
                    done += 1
                }
            }
            // Much of the file is payload, which a writer does not look at.
            #expect(refused > 15)
            #expect(done > 100)
        }

        /// The value of an entry still lies on its page, but overlaps the next node: deleting it,
        /// LMDB moved the nodes behind it by too much and wrote beyond the page.
        @Test func aLengthThatReachesIntoTheNextNodeIsFound() throws {
            let path = scratch.child("store")
            try makeStore(at: path)
            let file = try FlippedFile(path + "/data.mdb")
            var found = 0
            // One of these pages is in use; others are free and hold what was there before.
            for offset in file.lengthOffsets(ofEntry: 20) {
                file.flip(0x20, at: offset)
                let error = failure { () throws(LogStoreError) in try LMDBStore(at: path) }
                if let error {
                    #expect(error.code == .corrupt)
                    #expect(error.context.byteOffset == UInt64(offset / 4096 * 4096))
                    found += 1
                }
                file.flip(0x20, at: offset)
            }
            #expect(found == 1)
            #expect(try LMDBStore(at: path).contents().count == 55)
        }

        /// A branch said that its second leaf began one index later than it did: that entry was
        /// looked for in the first leaf and was missing, and the check before had found nothing.
        @Test func aBranchKeyThatIsTooGreatIsFound() throws {
            let path = scratch.child("store")
            try makeStore(at: path)
            let data = path + "/data.mdb"
            let original = readFile(data)
            var found = 0
            // Some of these pages are free and hold what was there before.
            for page in stride(from: 8192, to: original.count, by: 4096)
            where original[page + 10] == 1 {
                let node = page + Int(original[page + 18]) + Int(original[page + 19]) << 8
                var bytes = original
                bytes[node + 8] += 1
                writeFile(data, bytes)
                let error = failure { () throws(LogStoreError) in try LMDBStore(at: path) }
                guard let error else { continue }
                #expect(error.code == .corrupt)
                #expect(try LMDBStore.verify(at: path).damages != [])
                found += 1
            }
            #expect(found == 1)
            writeFile(data, original)
            #expect(try LMDBStore(at: path).contents().count == 55)
        }

        /// A store with everything in it: several leaves and a branch, values bigger than a page,
        /// metadata, free pages, a compacted position.
        private func makeStore(at path: String) throws {
            let store = try LMDBStore(at: path)
            try store.fill(1...40)
            var batch = WriteBatch()
            batch.setMetadata([1, 2, 3], for: "key")
            batch.setMetadata([UInt8](repeating: 9, count: 300), for: "other")
            batch.append([UInt8](repeating: 7, count: 5000), at: LogPosition(term: 1, index: 41))
            try store.write(batch)
            try store.sync()
            try store.fill(42...60)
            try store.compact(through: LogPosition(term: 1, index: 5))
            try store.close()
        }
    }

    /// What an opener of a store sees: all of it, or why not.
    struct Sight: CustomStringConvertible {
        struct Contents: Equatable {
            var state: LogState
            var entries: [Entry]
            var metadata: [[UInt8]]
        }

        var contents: Contents?
        var error: LogStoreError?

        var description: String {
            if let error { return "\(error)" }
            return "\(contents.map { "\($0.state) with \($0.entries.count) entries" } ?? "nothing")"
        }
    }

    /// Opens a store read-only and reads everything.
    func look(at path: String) -> Sight {
        do throws(LogStoreError) {
            let store = try LMDBStore(at: path, options: options { $0.access = .readOnly })
            var metadata: [[UInt8]] = []
            for key in try store.metadataKeys() {
                metadata.append(Array(key.name.utf8) + (try store.metadata(for: key) ?? []))
            }
            let contents = Sight.Contents(
                state: store.state, entries: try store.contents(), metadata: metadata)
            try store.close()
            return Sight(contents: contents)
        } catch {
            return Sight(error: error)
        }
    }

    /// A file whose bits are flipped one at a time.
    final class FlippedFile {
        private let descriptor: Int32
        private let bytes: [UInt8]
        var byteCount: Int { bytes.count }

        init(_ path: String) throws {
            bytes = readFile(path)
            descriptor = open(path, O_RDWR)
            try #require(descriptor >= 0)
        }

        deinit { close(descriptor) }

        /// The first key on a page, if it is a leaf of entries.
        func firstKey(onPage page: Int) -> LogIndex? {
            let start = page * 4096
            guard bytes[start + 10] == 2 else { return nil }
            let node = start + Int(bytes[start + 16]) + Int(bytes[start + 17]) << 8
            guard node + 16 <= start + 4096, bytes[node + 6] == 8, bytes[node + 7] == 0 else {
                return nil
            }
            return bytes[node + 8..<node + 16].reversed().reduce(0) { $0 << 8 | LogIndex($1) }
        }

        /// Where the length of an entry's value stands, on each page that has the entry.
        func lengthOffsets(ofEntry index: LogIndex) -> [Int] {
            let key = withUnsafeBytes(of: index.littleEndian) { [UInt8]($0) }
            var offsets: [Int] = []
            for page in 2..<bytes.count / 4096 where firstKey(onPage: page) != nil {
                for pointer in stride(from: page * 4096 + 16, to: page * 4096 + 200, by: 2) {
                    let node = page * 4096 + Int(bytes[pointer]) + Int(bytes[pointer + 1]) << 8
                    let isNode = node + 16 <= (page + 1) * 4096
                    if isNode, bytes[node + 6] == 8, Array(bytes[node + 8..<node + 16]) == key {
                        offsets.append(node)
                        break
                    }
                }
            }
            return offsets
        }

        /// Whether a byte stands among many of the same, of which a sample will do.
        func isUniform(around offset: Int) -> Bool {
            bytes[max(0, offset - 16)..<min(bytes.count, offset + 16)]
                .allSatisfy { $0 == bytes[offset] }
        }

        /// Flips bits of a byte; twice is as before.
        func flip(_ bits: UInt8, at offset: Int) {
            var byte: UInt8 = 0
            pread(descriptor, &byte, 1, off_t(offset))
            byte ^= bits
            pwrite(descriptor, &byte, 1, off_t(offset))
        }
    }
#endif
