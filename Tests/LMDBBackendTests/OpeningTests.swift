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

    /// One writer, readers beside it, and the end of both (P48, P84, P113–P115).
    @Suite struct OpeningTests {
        let scratch = Scratch()

        private func openingAgain(_ path: String) -> LogStoreError? {
            failure { () throws(LogStoreError) in try LMDBStore(at: path).close() }
        }

        private func readOnly(_ path: String) throws(LogStoreError) -> LMDBStore {
            try LMDBStore(at: path, options: options { $0.access = .readOnly })
        }

        // MARK: The lock

        @Test func aSecondWriterIsLockedOutAndDoesNoHarm() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path)
            try store.fill(1...10)
            let link = scratch.child("link")
            symlink(path, link)
            #expect(openingAgain(path)?.code == .locked)
            #expect(openingAgain(link)?.code == .locked)
            try store.sync()
            #expect(try store.contents().count == 10)
            try store.close()
            #expect(openingAgain(link) == nil)
        }

        @Test func theLockEndsWithTheStoreHoweverThatEnds() throws {
            let path = scratch.child("store")
            try LMDBStore(at: path).close()
            do {
                let dropped = try LMDBStore(at: path)
                #expect(dropped.count == 0)
            }
            #expect(openingAgain(path) == nil)
            // A failed opening leaves no lock behind.
            let good = readFile(path + "/data.mdb")
            writeFile(path + "/data.mdb", [1, 2, 3])
            #expect(openingAgain(path)?.code == .corrupt)
            writeFile(path + "/data.mdb", good)
            #expect(openingAgain(path) == nil)
        }

        // MARK: Reading only

        @Test func aReadOnlyOpenerCreatesNothing() {
            let path = scratch.child("store")
            let error = failure { () throws(LogStoreError) in try readOnly(path) }
            #expect(error?.code == .unavailable)
            #expect(names(in: scratch.path) == [])
        }

        @Test func aReadOnlyOpenerChangesNothing() throws {
            let path = scratch.child("store")
            let writer = try LMDBStore(at: path)
            try writer.fill(1...20)
            try writer.close()
            unlink(path + "/LOCK")
            unlink(path + "/lock.mdb")
            let bytes = readFile(path + "/data.mdb")
            let store = try readOnly(path)
            #expect(try store.contents().count == 20)
            var batch = WriteBatch()
            batch.removeMetadata(for: "k")
            let refusals = [
                failure { () throws(LogStoreError) in try store.fill(21...21) },
                failure { () throws(LogStoreError) in try store.write(batch) },
                failure { () throws(LogStoreError) in try store.sync() },
                failure { () throws(LogStoreError) in try store.flush() },
            ]
            #expect(refusals.map { $0?.code } == [.readOnly, .readOnly, .readOnly, .readOnly])
            try store.close()
            #expect(names(in: path) == ["data.mdb"])
            #expect(readFile(path + "/data.mdb") == bytes)
        }

        @Test func aReadOnlyOpenerFollowsALiveWriter() throws {
            let path = scratch.child("store")
            let writer = try LMDBStore(at: path)
            try writer.fill(1...10)
            try writer.sync()
            let reader = try readOnly(path)
            let other = reader.makeReader()
            #expect(reader.state.last?.index == 10)
            try writer.fill(11...20)
            // What is pending is the writer's alone: it would not survive its death.
            #expect(reader.state.last?.index == 10)
            #expect(try other.entries(in: 5..<100).map(\.index) == Array(5...10))
            try writer.sync()
            #expect(reader.state.last?.index == 20)
            #expect(try other.entry(at: 20).payload == payload(20))
            try writer.compact(through: LogPosition(term: 1, index: 15))
            try writer.setMetadata([5], for: "k")
            #expect(
                failure { () throws(LogStoreError) in try other.entry(at: 15) }?.code == .compacted)
            #expect(try other.metadata(for: "k") == [5])
            try writer.close()
            #expect(try reader.contents().map(\.index) == Array(16...20))
        }

        // MARK: After the end

        @Test func everythingAfterCloseIsClosed() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path)
            try store.fill(1...10)
            let reader = store.makeReader()
            try store.close()
            try store.close()
            var batch = WriteBatch()
            batch.truncate(from: 5)
            let position = LogPosition(term: 1, index: 11)
            let refusals = [
                failure { () throws(LogStoreError) in try store.append([], at: position) },
                failure { () throws(LogStoreError) in try store.write(batch) },
                failure { () throws(LogStoreError) in try store.flush() },
                failure { () throws(LogStoreError) in try store.sync() },
                failure { () throws(LogStoreError) in try store.entry(at: 1) },
                failure { () throws(LogStoreError) in try store.term(at: 1) },
                failure { () throws(LogStoreError) in try store.entries(in: 1..<5) },
                failure { () throws(LogStoreError) in try store.metadata(for: "k") },
                failure { () throws(LogStoreError) in try store.metadataKeys() },
                failure { () throws(LogStoreError) in try reader.entry(at: 1) },
                failure { () throws(LogStoreError) in try reader.term(at: 1) },
                failure { () throws(LogStoreError) in try reader.entries(in: 1..<5) },
                failure { () throws(LogStoreError) in try reader.metadata(for: "k") },
            ]
            for refusal in refusals { #expect(refusal?.code == .closed) }
            #expect(try LMDBStore(at: path).count == 10)
        }

        @Test func openingAgainAndAgainChangesNothing() throws {
            let path = scratch.child("store")
            let store = try LMDBStore(at: path)
            try store.fill(1...100)
            try store.close()
            let bytes = readFile(path + "/data.mdb")
            for _ in 0..<50 { try LMDBStore(at: path).close() }
            #expect(readFile(path + "/data.mdb") == bytes)
            #expect(names(in: path) == ["LOCK", "data.mdb", "lock.mdb"])
        }
    }
#endif
