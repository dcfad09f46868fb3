#if LMDB
    import LMDBBackend
    import Testing
    import WALProtocol

    @Suite struct StoreTests {
        let scratch = Scratch()

        @Test func entriesSurviveReopening() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path)
            try store.fill(1...1000)
            let before = try store.contents()
            try store.setMetadata([1, 2, 3], for: "key")
            try store.close()
            let again = try LMDBStore(at: path)
            #expect(try again.contents() == before)
            #expect(before.count == 1000)
            #expect(try again.metadata(for: "key") == [1, 2, 3])
            #expect(again.state.durable == LogPosition(term: 1, index: 1000))
            #expect(again.recoveryReport.entryCount == 1000)
        }

        @Test func pendingAndCommittedEntriesReadAsOne() throws {
            let store = try LMDBStore(at: scratch.child("store"))
            let reader = store.makeReader()
            try store.fill(1...10)
            try store.sync()
            try store.fill(11...20)
            #expect(try store.entries(in: 5..<16).map(\.index) == Array(5...15))
            #expect(try reader.entries(in: 5..<16).map(\.index) == Array(5...15))
            #expect(try reader.entry(at: 20).payload == payload(20))
            #expect(store.state.durable?.index == 10)
        }

        /// Truncation, compaction and reset of committed and of pending entries, all in one
        /// transaction.
        @Test func everyMixOfChangesEqualsItsReplay() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path)
            try store.fill(1...20)
            try store.sync()
            try store.fill(21...30)
            try store.truncate(from: 15)
            try store.fill(15...25, term: 2, "new")
            try store.compact(through: LogPosition(term: 1, index: 5))
            try store.truncate(from: 24)
            let expected = try store.contents()
            #expect(expected.map(\.index) == Array(6...23))
            #expect(expected.last?.payload == payload(23, "new"))
            try store.sync()
            #expect(try store.contents() == expected)
            try store.compact(through: LogPosition(term: 2, index: 23))
            try store.fill(24...26, term: 3)
            try store.sync()
            #expect(try store.contents().map(\.index) == [24, 25, 26])
            try store.reset(to: LogPosition(term: 9, index: 99))
            try store.fill(100...101, term: 9)
            try store.close()
            let again = try LMDBStore(at: path)
            #expect(again.state.compacted == LogPosition(term: 9, index: 99))
            #expect(try again.contents().map(\.index) == [100, 101])
            #expect(try LMDBStore.verify(at: path).damages == [])
        }

        @Test func whatWasNotCommittedIsLostWhenTheStoreIsDropped() throws {
            let path = scratch.child("store")
            do {
                let store = try LMDBStore(at: path)
                try store.fill(1...10)
                try store.sync()
                try store.fill(11...20)
                try store.truncate(from: 3)
            }
            let store = try LMDBStore(at: path)
            #expect(store.state.last?.index == 10)
            #expect(try store.contents().count == 10)
        }

        @Test func durableAdvancesOnlyWithACommit() throws {
            let store = try LMDBStore(at: scratch.child("store"))
            try store.fill(1...10)
            #expect(store.state.durable == nil)
            try store.flush()
            #expect(store.state.durable?.index == 10)
            try store.truncate(from: 6)
            #expect(store.state.durable?.index == 5)
        }

        @Test func aFullBufferCommitsEarlyAndNeverSplitsABatch() throws {
            let path = scratch.child("store")
            do {
                let store = try LMDBStore(at: path, options: options { $0.pendingByteLimit = 4096 })
                try store.fill(1...1000)
                // Dropped without a sync: what an early commit covered is there.
                var batch = WriteBatch()
                for index in LogIndex(1001)...1200 {
                    batch.append(payload(index), at: LogPosition(term: 1, index: index))
                }
                try store.write(batch)
                #expect((950...1000).contains(try #require(store.state.durable?.index)))
            }
            let last = try #require(try LMDBStore(at: path).state.last?.index)
            #expect((950...1000).contains(last))
        }

        @Test func noSyncIsLabelledAndNeverDurable() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path, options: options { $0.durability = .noSync })
            #expect(store.capabilities.name == "lmdb-nosync")
            #expect(!store.capabilities.syncIsDurable)
            try store.fill(1...10)
            try store.sync()
            #expect(store.state.durable == nil)
            try store.close()
            // Opened for reading, the record still says that nobody waited for the disk.
            let reader = try LMDBStore(at: path, options: options { $0.access = .readOnly })
            #expect(reader.state.durable == nil)
            // Opened for writing with full durability, it is synced first.
            let full = try LMDBStore(at: path)
            #expect(full.capabilities.name == "lmdb")
            #expect(full.state.durable?.index == 10)
        }

        @Test func theMapGrowsUnderReaders() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(
                at: path, options: options { $0.initialMapByteCount = 1 << 20 })
            let before = store.mapByteCount
            let reader = store.makeReader()
            let big = [UInt8](repeating: 7, count: 300_000)
            for index in LogIndex(1)...40 {
                try store.append(big, at: LogPosition(term: 1, index: index))
                try store.sync()
                #expect(try reader.entry(at: index).payload == big)
            }
            #expect(store.mapByteCount > before)
            // One batch that is larger than the map.
            var batch = WriteBatch()
            for index in LogIndex(41)...300 {
                batch.append(big, at: LogPosition(term: 1, index: index))
            }
            try store.write(batch)
            try store.close()
            #expect(try LMDBStore(at: path).count == 300)
        }

        @Test(arguments: [
            options { $0.initialMapByteCount = 0 }, options { $0.initialMapByteCount = .max },
            options { $0.pendingByteLimit = -1 }, options { $0.pendingByteLimit = 2 << 30 },
            options { $0.maximumReaders = 0 }, options { $0.maximumReaders = 1 << 20 },
        ])
        func senselessOptionsAreRefused(_ options: LMDBStore.Options) {
            let error = failure { () throws(LogStoreError) in
                try LMDBStore(at: scratch.child("store"), options: options)
            }
            #expect(error?.code == .invalidArgument)
            #expect(names(in: scratch.path) == [])
        }

        @Test func describesItself() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path)
            try store.fill(1...100)
            try store.setMetadata([1], for: "b")
            try store.setMetadata([1], for: "a")
            let description = try LMDBStore.describe(at: path)
            #expect(description.backend == "lmdb")
            #expect(description.storeID.count == 32)
            #expect(description.metadataKeys == ["a", "b"])
            #expect(description.state.last?.index == 100)
            #expect(description.segments.map(\.file) == ["data.mdb"])
            #expect(description.segments.map(\.entryCount) == [100])
        }
    }
#endif
