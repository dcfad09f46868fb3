#if LMDB
    import LMDBBackend
    import Testing
    import WALProtocol

    /// Sizes and indexes at the edge of what can be stored.
    @Suite struct ExtremeTests {
        let scratch = Scratch()

        /// Around the size at which LMDB moves a value to pages of its own, and around whole pages.
        @Test func valuesOfAllSizesSurviveReopening() throws {
            let path = scratch.child("store")
            let sizes =
                [0, 1] + Array(1990...2030) + Array(4050...4070) + [4095, 4096, 4097]
                + Array(8150...8180) + [65_535, 65_536, 1 << 20, 3 << 20]
            let store = try LMDBStore(
                at: path, options: options { $0.initialMapByteCount = 1 << 20 })
            for (index, size) in sizes.enumerated() {
                try store.append(
                    [UInt8](repeating: UInt8(index % 256), count: size),
                    at: LogPosition(term: 1, index: LogIndex(index)))
                if index % 7 == 0 { try store.sync() }
            }
            let before = try store.contents()
            #expect(before.map(\.payload.count) == sizes)
            try store.close()
            #expect(try LMDBStore.verify(at: path).damages == [])
            let again = try LMDBStore(at: path)
            #expect(try again.contents() == before)
            // And their pages are found again when they go.
            try again.compact(through: LogPosition(term: 1, index: LogIndex(sizes.count - 2)))
            try again.close()
            #expect(try LMDBStore.verify(at: path).damages == [])
        }

        @Test func theLastLegalIndexIsAnEntryLikeAnyOther() throws {
            let path = scratch.child("store")
            let last = LogIndex.max - 1
            let store = try LMDBStore(at: path)
            try store.fill(last...last)
            for isStored in [false, true] {
                if isStored { try store.sync() }
                #expect(store.state.next == .max)
                #expect(try store.entry(at: last).payload == payload(last))
                #expect(try store.entries(in: 0..<0) == [])
                #expect(try store.visitEntries(in: last..<LogIndex.max) { _, _ in } == .max)
                #expect(try store.entries(in: last...LogIndex.max).count == 1)
                let beyond = failure { () throws(LogStoreError) in try store.fill(.max ... .max) }
                #expect(beyond?.code == .indexOutOfRange)
                let reading = failure { () throws(LogStoreError) in try store.entry(at: .max) }
                #expect(reading?.code == .unavailable)
            }
            try store.close()
            let again = try LMDBStore(at: path)
            #expect(try again.contents().map(\.index) == [last])
            try again.truncate(from: last)
            try again.fill(last - 1...last, term: 2)
            try again.sync()
            try again.compact(through: LogPosition(term: 2, index: last))
            try again.close()
            let empty = try LMDBStore(at: path)
            #expect(empty.state.compacted == LogPosition(term: 2, index: last))
            #expect(empty.isEmpty)
            let beyond = failure { () throws(LogStoreError) in
                try empty.fill(.max ... .max, term: 2)
            }
            #expect(beyond?.code == .indexOutOfRange)
            try empty.close()
            #expect(try LMDBStore.verify(at: path).damages == [])
        }

        /// Index and term as numbers, not as signed ones: the order of keys in the tree is theirs.
        @Test func indexesOnBothSidesOfTheSignBitAreInOrder() throws {
            let path = scratch.child("store")
            let middle = LogIndex(1) << 63
            let store = try LMDBStore(at: path)
            try store.fill(middle - 300...middle + 300, term: .max)
            try store.close()
            let again = try LMDBStore(at: path)
            #expect(try again.contents().map(\.index) == Array(middle - 300...middle + 300))
            try again.truncate(from: middle + 1)
            try again.compact(through: LogPosition(term: .max, index: middle - 1))
            try again.sync()
            #expect(try again.contents().map(\.index) == [middle])
        }

        @Test func oneBatchMayBeLargerThanTheMapAndTheBuffer() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(
                at: path,
                options: options {
                    $0.initialMapByteCount = 1 << 20
                    $0.pendingByteLimit = 4 << 10
                })
            let big = [UInt8](repeating: 7, count: 1 << 20)
            var batch = WriteBatch()
            for index in LogIndex(1)...20 {
                batch.append(big, at: LogPosition(term: 1, index: index))
            }
            try store.write(batch)
            #expect(try store.entry(at: 20).payload == big)
            try store.sync()
            #expect(try store.entry(at: 20).payload == big)
            #expect(store.mapByteCount > 20 << 20)
        }

        /// The bytes that a closure was given stay, although the map moves, the entry is deleted
        /// and its pages are reused meanwhile (L14).
        @Test func bytesStayWhileTheMapGrowsUnderTheirReader() throws {
            let store = try LMDBStore(
                at: scratch.child("store"), options: options { $0.initialMapByteCount = 1 << 20 })
            try store.fill(1...2)
            try store.sync()
            try store.fill(3...4)
            let reader = store.makeReader()
            let map = store.mapByteCount
            for index in LogIndex(1)...4 {
                try reader.withEntry(at: index) { (_, bytes) throws(LogStoreError) in
                    let next = store.state.next ?? 1
                    for index in next...next + 3 {
                        try store.append(
                            [UInt8](repeating: 0xEE, count: 600_000),
                            at: LogPosition(term: 1, index: index))
                        try store.sync()
                    }
                    try store.compact(through: LogPosition(term: 1, index: index))
                    try store.sync()
                    try store.setMetadata([1], for: "k")
                    #expect(bytes.withUnsafeBytes { Array($0) } == payload(index))
                    // A read within a read.
                    #expect(try reader.entry(at: next).payload.first == 0xEE)
                }
            }
            #expect(store.mapByteCount > map)
        }

        @Test func allMetadataTogetherIsLimited() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path)
            let value = [UInt8](repeating: 1, count: 64 << 10)
            var refusal: LogStoreError?
            var count = 0
            while refusal == nil, count < 100 {
                refusal = failure { () throws(LogStoreError) in
                    try store.setMetadata(value, for: MetadataKey("key \(count)"))
                }
                count += 1
            }
            #expect(refusal?.code == .metadataTooLarge)
            #expect(refusal?.context.limit == 1 << 20)
            #expect(count == 16)
            #expect(try store.metadata(for: "key 15") == nil)
            // Removing makes room, in the same batch too.
            var batch = WriteBatch()
            batch.removeMetadata(for: "key 0")
            batch.setMetadata(value, for: "another")
            try store.write(batch)
            try store.close()
            #expect(try LMDBStore(at: path).metadataKeys().count == 15)
        }
    }
#endif
