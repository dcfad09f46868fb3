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
            #expect(tried > 20_000)
        }

        /// A store with everything in it: several leaves and a branch, values bigger than a page,
        /// metadata, free pages, a compacted position.
        private func makeStore(at path: String) throws {
            let store = try LMDBStore(at: path)
            try store.fill(1...40)
            try store.sync()
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
