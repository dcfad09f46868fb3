#if LMDB
    import LMDBBackend
    import Testing
    import WALProtocol

    /// Damage to the pages of a store that is too large to be checked as a whole when it is opened.
    ///
    /// Before its leaves were checked one by one, three of a hundred such flips ended the process
    /// with `SIGSEGV` or `SIGBUS` inside LMDB.
    @Suite struct LargeStoreDamageTests {
        let scratch = Scratch()
        private let last: LogIndex = 10_000

        private func makeStore() throws -> String {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path)
            try store.fillWithLarge(1...last)
            try store.close()
            return path
        }

        @Test func flippedBitsOfPageHeadersAreHarmlessOrReported() throws {
            let path = try makeStore()
            let file = try FlippedFile(path + "/data.mdb")
            #expect(file.byteCount > 17 << 20)
            // All fields of the header and of the first nodes, on leaves and on branches.
            var (place, reported) = (0, 0)
            for page in stride(from: 2, to: file.byteCount / 4096, by: 41) {
                let offset = page * 4096 + place % 26
                let bit = UInt8(1) << UInt8(place % 8)
                place += 7
                let concerned = file.firstKey(onPage: page).map { [$0] } ?? samples
                file.flip(bit, at: offset)
                let error = failure { () throws(LogStoreError) in
                    let store = try LMDBStore(at: path, options: options { $0.access = .readOnly })
                    for index in concerned {
                        try read(max(1, index - 3)...min(last, index + 3), from: store)
                    }
                }
                if let error {
                    #expect(error.code == .corrupt, "bit \(bit) at \(offset): \(error)")
                    reported += 1
                }
                file.flip(bit, at: offset)
            }
            #expect(reported > 50)
            #expect(try LMDBStore.verify(at: path).damages == [])
        }

        private var samples: [LogIndex] { Array(stride(from: 1, through: last, by: 99)) }

        /// Reads a range at once and one by one, and compares.
        private func read(
            _ range: ClosedRange<LogIndex>, from store: LMDBStore
        ) throws(LogStoreError) {
            let entries = try store.entries(in: range)
            guard entries.map(\.index) == Array(range) else {
                throw LogStoreError(.invalidArgument, "\(range) is incomplete")
            }
            for entry in entries {
                guard entry.payload == largePayload(entry.index),
                    try store.entry(at: entry.index) == entry
                else { throw LogStoreError(.invalidArgument, "\(entry.index) is wrong") }
            }
        }

        /// Each page is found by the payload in it; the number of its nodes is then too large.
        private func damageLeaf(of index: LogIndex, in path: String) throws {
            let bytes = readFile(path + "/data.mdb")
            let pattern = [UInt8](repeating: UInt8(index % 251), count: 1900)
            let keys = withUnsafeBytes(of: index) { [UInt8]($0) }
            for page in 2..<bytes.count / 4096 {
                let content = bytes[page * 4096..<(page + 1) * 4096]
                // Two nodes on a leaf: the key and the value of one of them are these.
                for pointer in [16, 18] {
                    let low = Int(content[content.startIndex + pointer])
                    let high = Int(content[content.startIndex + pointer + 1])
                    let node = content.startIndex + low + high << 8
                    guard content[content.startIndex + 10] == 2, node + 32 < content.endIndex,
                        Array(content[node + 8..<node + 16]) == keys,
                        content[(node + 32)...].starts(with: pattern)
                    else { continue }
                    try FlippedFile(path + "/data.mdb").flip(0x40, at: page * 4096 + 12)
                    return
                }
            }
            Issue.record("there is no entry \(index) in the file")
        }

        @Test func onlyTheEntriesOfADamagedLeafAreLost() throws {
            let path = try makeStore()
            try damageLeaf(of: 5000, in: path)
            let store = try LMDBStore(at: path)
            let reader = store.makeReader()
            for index in [1, 4000, 6000, last] as [LogIndex] {
                #expect(try reader.entry(at: index).payload == largePayload(index))
            }
            let error = failure { () throws(LogStoreError) in try reader.entry(at: 5000) }
            #expect(error?.code == .corrupt)
            #expect(error?.context.byteOffset != nil)
            // And a range over it throws; it does not end there.
            let range = failure { () throws(LogStoreError) in try store.entries(in: 4990..<5010) }
            #expect(range?.code == .corrupt)
            // What does not touch it goes on.
            try store.fill(last + 1...last + 10)
            try store.truncate(from: last - 100)
            try store.compact(through: LogPosition(term: 1, index: 4000))
            try store.sync()
            #expect(try reader.entry(at: 4001).payload == largePayload(4001))
            try store.close()
            #expect(try LMDBStore.verify(at: path).damages.isEmpty == false)
        }

        @Test(arguments: [false, true])
        func aDamagedLeafThatWouldBeDeletedIsRefused(_ isTruncation: Bool) throws {
            let path = try makeStore()
            try damageLeaf(of: 5000, in: path)
            let store = try LMDBStore(at: path)
            if isTruncation {
                try store.truncate(from: 4000)
            } else {
                try store.compact(through: LogPosition(term: 1, index: 6000))
            }
            #expect(failure { () throws(LogStoreError) in try store.sync() }?.code == .corrupt)
            // Nothing was changed on the disk.
            let reader = try LMDBStore(at: path, options: options { $0.access = .readOnly })
            #expect(reader.state.first == 1)
            #expect(reader.state.last?.index == last)
        }

        @Test func aLargeStoreIsWrittenAndReadAsEver() throws {
            let path = try makeStore()
            let store = try LMDBStore(at: path)
            let list = store.memoryFootprint
            #expect(list > 10_000)
            try store.fill(last + 1...last + 10)
            try store.truncate(from: last - 10)
            try store.fill(last - 10...last, term: 2)
            try store.compact(through: LogPosition(term: 1, index: 300))
            try store.sync()
            #expect(try store.makeReader().contents().map(\.index) == Array(301...last))
            // Every leaf was looked at by now, so the list of them is gone.
            #expect(store.memoryFootprint < list)
            try store.reset(to: LogPosition(term: 3, index: 50))
            try store.fill(51...60, term: 3)
            try store.close()
            #expect(try LMDBStore.verify(at: path).damages == [])
            #expect(try LMDBStore(at: path).contents().map(\.index) == Array(51...60))
        }
    }
#endif
