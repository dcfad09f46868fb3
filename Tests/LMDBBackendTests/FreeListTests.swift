#if LMDB
    import LMDBBackend
    import Testing
    import WALProtocol

    /// Checking a file before LMDB sees it must not refuse what LMDB itself writes.
    @Suite struct FreeListTests {
        let scratch = Scratch()

        /// Long lists of free pages stand on pages of their own, and LMDB may keep more of those
        /// than a list needs in the end; the check once asked for exactly as many.
        @Test(arguments: [1, 2, 3, 4] as [UInt64])
        func storesWithLongListsOfFreePagesOpen(_ seed: UInt64) throws {
            let path = scratch.child("store")
            var random = Draws(state: seed)
            var first: LogIndex = 1
            var next: LogIndex = 1
            for round in 0..<12 {
                let store = try LMDBStore(at: path)
                var batch = WriteBatch()
                let count = LogIndex.random(in: 2_000...12_000, using: &random)
                for index in next..<(next + count) {
                    batch.append(
                        [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: 150),
                        at: LogPosition(term: 1, index: index))
                }
                try store.write(batch)
                try store.sync()
                next += count
                for _ in 0..<4 {
                    let through = LogIndex.random(in: first...(next - 1), using: &random)
                    try store.compact(through: LogPosition(term: 1, index: through))
                    first = min(through + 1, next - 1)
                    try store.sync()
                    try store.setMetadata([UInt8(round)], for: "round")
                }
                let state = store.state
                try store.close()
                let again = try LMDBStore(at: path)
                #expect(again.state == state, "seed \(seed), round \(round)")
                try again.close()
                #expect(try LMDBStore.verify(at: path).damages == [])
            }
        }

        /// Few transactions and thousands of free pages: the lists cannot be short.
        @Test(arguments: [20_000, 40_000, 60_000] as [LogIndex])
        func storesWithFewTransactionsOpen(_ count: LogIndex) throws {
            let path = scratch.child("store")
            var store = try LMDBStore(at: path)
            var batch = WriteBatch()
            for index in 1...count {
                batch.append(
                    [UInt8](repeating: 7, count: 150), at: LogPosition(term: 1, index: index))
            }
            try store.write(batch)
            try store.sync()
            try store.compact(through: LogPosition(term: 1, index: count - 10))
            try store.sync()
            for round in 0..<40 as Range<LogIndex> {
                batch.removeAll()
                for index in 1...(1 + round * 7) {
                    batch.append(
                        [UInt8](repeating: 7, count: 150),
                        at: LogPosition(term: 1, index: (store.state.next ?? 0) + index - 1))
                }
                try store.write(batch)
                try store.sync()
                try store.close()
                store = try LMDBStore(at: path)
                #expect(try LMDBStore.verify(at: path).damages == [], "round \(round)")
            }
        }
    }

    /// LMDB believes its lists of free pages, and where it finds one twice it ends the process.
    ///
    /// A fuzzer made the list of transaction 5 one of transaction 0: LMDB read it twice then, and
    /// found every page of it twice. A list out of order does the same in the end.
    @Suite struct DamagedFreeListTests {
        let scratch = Scratch()

        @Test func numberOfNoTransactionIsFound() throws {
            try expectDamage { bytes, key in bytes.replaceSubrange(key..<key + 8, with: zeros) }
        }

        @Test func numberOfALaterTransactionIsFound() throws {
            try expectDamage { bytes, key in bytes[key + 5] = 1 }
        }

        @Test func listOutOfOrderIsFound() throws {
            try expectDamage { bytes, key in
                // Behind the key: how many pages, and the pages.
                for place in 0..<8 { bytes.swapAt(key + 16 + place, key + 24 + place) }
            }
        }

        /// A fuzzer made the store one that no transaction has written, but with such a list: the
        /// check asked whether the list's number was between 1 and 0, which ended the process.
        @Test func listOfAStoreWithoutTransactionsIsFound() throws {
            try expectDamage { bytes, _ in
                let newer = bytes[144..<152].reversed().lexicographicallyPrecedes(
                    bytes[4240..<4248].reversed())
                let meta = Array(newer ? bytes[4112..<4240] : bytes[16..<144])
                for page in [0, 4096] {
                    bytes.replaceSubrange(page + 16..<page + 152, with: meta + zeros)
                }
            }
        }

        private let zeros = [UInt8](repeating: 0, count: 8)

        private func expectDamage(_ change: (inout [UInt8], Int) -> Void) throws {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path)
            try store.fill(1...100)
            try store.sync()
            try store.compact(through: LogPosition(term: 1, index: 50))
            try store.setMetadata([1], for: "vote")
            try store.close()
            let file = path + "/data.mdb"
            var bytes = readFile(file)
            let key = try #require(firstListOffset(in: bytes))
            change(&bytes, key)
            writeFile(file, bytes)
            let error = failure { () throws(LogStoreError) in try LMDBStore(at: path) }
            #expect(error?.code == .corrupt)
            #expect(error?.context.byteOffset != nil)
            #expect(try LMDBStore.verify(at: path).damages != [])
        }

        /// Where the key of a list of two pages or more stands, in the tree of the newer meta page.
        private func firstListOffset(in bytes: [UInt8]) -> Int? {
            func number(_ offset: Int, _ count: Int) -> Int {
                bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
            }
            let transactions = [0, 4096].map { number($0 + 144, 8) }
            let meta = transactions[0] > transactions[1] ? 0 : 4096
            let root = number(meta + 80, 8) * 4096
            for pointer in stride(from: root + 16, to: root + number(root + 12, 2), by: 2) {
                let key = root + number(pointer, 2) + 8
                if number(key + 8, 8) >= 2 { return key }
            }
            return nil
        }
    }

    /// Random numbers that a seed brings back.
    private struct Draws: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 31)
        }
    }
#endif
