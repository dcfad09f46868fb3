#if LMDB && os(Linux)
    import LMDBBackend
    import Testing
    import WALProtocol

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// A disk of four mebibytes that fills up (P101–P107).
    @Suite(.enabled(if: SmallDisk.isAvailable, "mounting a small tmpfs takes the right to mount"))
    struct FullDiskTests {
        let disk = SmallDisk(byteCount: 4 << 20)

        private let big = [UInt8](repeating: 7, count: 20_000)

        /// Appends and syncs until the disk is full.
        private func fillUp(_ store: LMDBStore) throws -> LogStoreError? {
            for _ in 0..<1000 {
                let error = failure { () throws(LogStoreError) in
                    let next = store.state.next ?? 1
                    try store.append(big, at: LogPosition(term: 1, index: next))
                    try store.sync()
                }
                if let error { return error }
            }
            return nil
        }

        @Test func aFullDiskLosesNothingAndWorksOnceThereIsSpace() throws {
            disk.fill(leaving: 2 << 20)
            let path = disk.path + "/store"
            let store = try LMDBStore(
                at: path, options: options { $0.initialMapByteCount = 1 << 20 })
            try store.setMetadata([1, 2, 3], for: "key")
            let error = try fillUp(store)
            #expect(error?.code == .noSpace)
            let acknowledged = try #require(store.state.durable?.index)
            #expect(acknowledged > 30)
            // The entry that could not be committed waits, visible, and the call may be repeated.
            #expect(store.state.last?.index == acknowledged + 1)
            for _ in 0..<3 {
                let again = failure { () throws(LogStoreError) in try store.sync() }
                #expect(again?.code == .noSpace)
            }
            #expect(try store.contents().count == acknowledged + 1)
            #expect(try store.entry(at: acknowledged + 1).payload == big)

            // What was acknowledged is in the file by now, whatever happens to the process.
            let reader = try LMDBStore(at: path, options: options { $0.access = .readOnly })
            #expect(reader.state.last?.index == acknowledged)
            #expect(try reader.contents().allSatisfy { $0.payload == big })
            try reader.close()

            disk.free()
            try store.sync()
            #expect(store.state.durable?.index == acknowledged + 1)
            try store.fill(acknowledged + 2...acknowledged + 20)
            try store.compact(through: LogPosition(term: 1, index: 10))
            try store.close()
            #expect(try LMDBStore.verify(at: path).damages == [])
            let again = try LMDBStore(at: path)
            #expect(again.state.first == 11)
            #expect(again.state.last?.index == acknowledged + 20)
            #expect(try again.metadata(for: "key") == [1, 2, 3])
        }

        /// Space that a compaction freed is inside the file: it is used again on a disk that is
        /// still full.
        @Test func aCompactedStoreGoesOnOnAFullDisk() throws {
            let path = disk.path + "/store"
            let store = try LMDBStore(at: path)
            #expect(try fillUp(store)?.code == .noSpace)
            let acknowledged = try #require(store.state.durable?.index)
            try store.truncate(from: acknowledged + 1)
            try store.compact(through: LogPosition(term: 1, index: acknowledged - 10))
            try store.sync()
            #expect(store.state.first == acknowledged - 9)
            // More than half of what was dropped; the rest lies in pieces that are too small.
            let last = acknowledged * 3 / 2
            for index in acknowledged + 1...last {
                try store.append(big, at: LogPosition(term: 1, index: index))
                try store.sync()
            }
            try store.close()
            #expect(try LMDBStore.verify(at: path).damages == [])
            #expect(try LMDBStore(at: path).state.last?.index == last)
        }

        @Test func aStoreOnAFullDiskOpens() throws {
            let path = disk.path + "/store"
            let store = try LMDBStore(at: path)
            #expect(try fillUp(store)?.code == .noSpace)
            let acknowledged = try #require(store.state.durable?.index)
            let closing = failure { () throws(LogStoreError) in try store.close() }
            #expect(closing?.code == .noSpace)
            disk.fill(leaving: 0)
            let again = try LMDBStore(at: path)
            #expect(try again.contents().map(\.index) == Array(1...acknowledged))
            #expect(
                failure { () throws(LogStoreError) in
                    for index in acknowledged + 1...acknowledged + 50 {
                        try again.append(big, at: LogPosition(term: 1, index: index))
                    }
                    try again.sync()
                }?.code == .noSpace)
        }

        @Test func thereHasToBeRoomToMakeAStore() throws {
            disk.fill(leaving: 0)
            let path = disk.path + "/store"
            let error = failure { () throws(LogStoreError) in try LMDBStore(at: path) }
            #expect(error?.code == .noSpace)
            #expect(!LMDBStore.exists(at: path))
            disk.free()
            let store = try LMDBStore(at: path)
            try store.fill(1...3)
            try store.close()
            #expect(names(in: path) == ["LOCK", "data.mdb", "lock.mdb"])
        }
    }

    /// A tmpfs of a few mebibytes, unmounted when the test is done with it.
    final class SmallDisk: Sendable {
        private let scratch = Scratch()
        var path: String { scratch.path }
        private var filler: String { path + "/filler" }

        /// Whether this process may mount one.
        static let isAvailable: Bool = {
            let scratch = Scratch()
            guard mount("none", scratch.path, "tmpfs", 0, "size=64k") == 0 else { return false }
            umount2(scratch.path, Int32(MNT_DETACH))
            return true
        }()

        init(byteCount: Int) {
            let result = mount("none", scratch.path, "tmpfs", 0, "size=\(byteCount)")
            precondition(result == 0, "a tmpfs could be mounted a moment ago")
        }

        deinit { umount2(path, Int32(MNT_DETACH)) }

        /// Fills the disk up to a number of bytes, in whole pages.
        func fill(leaving byteCount: Int) {
            var status = statvfs()
            statvfs(path, &status)
            let free = Int(status.f_bavail) * Int(status.f_frsize)
            writeFile(filler, [UInt8](repeating: 1, count: max(0, free - byteCount)))
        }

        func free() { unlink(filler) }
    }
#endif
