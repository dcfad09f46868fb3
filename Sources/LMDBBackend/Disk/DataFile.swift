#if LMDB
    import CLMDB
    import WALProtocol

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// LMDB's data file, looked at with `pread(2)` before LMDB is trusted with it.
    ///
    /// LMDB maps the file and believes what it finds: a file that was cut off would end the process
    /// with `SIGBUS` at the first page that is missing, and an empty one would be taken for a new
    /// environment. The layout of a meta page is that of data format 1 on a 64-bit machine: a
    /// header of 16 bytes, then `MDB_meta`.
    final class DataFile {
        static let name = "data.mdb"
        static func path(in directory: String) -> String { directory + "/" + name }

        /// What a meta page says; LMDB keeps two and uses the one with the greater transaction.
        struct Meta {
            var pageByteCount: Int
            var transaction: UInt64
            var lastPage: UInt64
            /// The list of free pages, and the database of databases.
            var free: PageWalk.Tree
            var main: PageWalk.Tree
        }

        static let magic: UInt32 = 0xBEEF_C0DE
        static let version: UInt32 = 1
        /// Up to this size, every page is checked before LMDB sees the file, which takes some
        /// milliseconds; in a larger one those that every opening reads and the branches of the
        /// entries' tree, whose leaves a ``LeafGuard`` checks before LMDB comes to them.
        static let wholeCheckByteLimit: UInt64 = 16 << 20
        /// No machine has more address space for a process.
        static let mapByteLimit: UInt64 = 1 << 47
        /// The root of a database that is empty.
        static let noPage = UInt64.max

        let path: String
        let byteCount: UInt64
        /// The two meta pages, in file order.
        private(set) var metas: [Meta] = []
        /// What is wrong with the others, in a file that is salvaged.
        private(set) var metaDamages: [LogStoreError] = []
        /// Whether the newest of the valid ones is the newest there was.
        private(set) var isNewestMetaKnown = true
        private let descriptor: Int32

        /// Opens a store's data file for reading and checks its meta pages.
        ///
        /// - Throws: `corrupt`, `unsupportedFormat`, `io`.
        convenience init(in directory: String) throws(LogStoreError) {
            try self.init(opening: Self.path(in: directory))
            let first = try readMeta(at: 0)
            metas = [first, try readMeta(at: UInt64(first.pageByteCount))]
            guard metas[1].pageByteCount == first.pageByteCount else {
                throw .corrupt(
                    "the two meta pages disagree about the size of a page", file: path,
                    byteOffset: UInt64(first.pageByteCount),
                    expected: UInt64(first.pageByteCount), found: UInt64(metas[1].pageByteCount))
            }
        }

        /// Opens a damaged store's data file for reading, as long as one meta page is left.
        ///
        /// ``metas`` are those that are valid.
        ///
        /// - Throws: `corrupt` if none is; `unsupportedFormat`, `io`.
        convenience init(salvaging directory: String) throws(LogStoreError) {
            try self.init(opening: Self.path(in: directory))
            try readMetas()
        }

        /// Reads the meta pages that are valid.
        func readMetas() throws(LogStoreError) {
            (metas, metaDamages, isNewestMetaKnown) = ([], [], false)
            // The second page tells the size of a page itself.
            var sizes = (8...16).map { 1 << $0 }
            for place in 0...1 {
                for size in place == 0 ? [0] : sizes {
                    do throws(LogStoreError) {
                        let meta = try readMeta(at: UInt64(size))
                        guard place == 0 || meta.pageByteCount == size else { continue }
                        metas.append(meta)
                        sizes = [meta.pageByteCount]
                    } catch {
                        if error.code != .corrupt { throw error }
                        if place == 0 || sizes.count == 1 { metaDamages.append(error) }
                    }
                }
            }
            guard let first = metas.first else {
                throw metaDamages.first ?? .corrupt("there is no meta page", file: path)
            }
            isNewestMetaKnown = metas.count == 2
            if metas.count == 1 {
                // LMDB writes them in turn. If the damage has left the other one's number, that
                // tells which is the newest.
                let other = first.transaction % 2 == 0 ? UInt64(first.pageByteCount) : 0
                let bytes = try? read(Self.metaByteCount, at: other)
                let number = bytes.map { ByteReader($0).u64(144) }
                isNewestMetaKnown = number == first.transaction &- 1
            }
        }

        private init(opening path: String) throws(LogStoreError) {
            descriptor = openForReading(path)
            self.path = path
            guard descriptor >= 0 else {
                byteCount = 0
                let cause = SystemCallError(call: "open", errno: errno, path: path)
                throw LogStoreError(cause, writing: false)
            }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else {
                byteCount = 0
                let cause = SystemCallError(call: "fstat", errno: errno, path: path)
                throw LogStoreError(cause, writing: false)
            }
            byteCount = UInt64(status.st_size)
        }

        /// The same file, looked at again.
        func reopened() throws(LogStoreError) -> DataFile {
            try DataFile(in: Disk.parent(of: path))
        }

        deinit {
            if descriptor >= 0 { closeDescriptor(descriptor) }
        }

        /// Checks what LMDB looks at when it opens the databases of a snapshot: that every page in
        /// use is inside the file, and that the database of databases is sound.
        ///
        /// - Returns: who checks the rest, if not everything was.
        func checkTrees(of meta: Meta) throws(LogStoreError) -> LeafGuard? {
            let needed = (meta.lastPage + 1) * UInt64(meta.pageByteCount)
            let walk = PageWalk(self, meta)
            var leafGuard: LeafGuard?
            // Free pages at the end may never have been written: then look at the ones in use.
            if byteCount < needed || needed <= Self.wholeCheckByteLimit {
                try walk.checkPagesInUse()
            } else {
                let trees = try walk.databases()
                for name in [Databases.metadataName, Databases.stateName] {
                    if let tree = trees[name] { try walk.visit(tree) { _ in } }
                }
                if let tree = trees[Databases.entriesName] {
                    let leaves = try walk.leaves(of: tree)
                    leafGuard = LeafGuard(self, meta, leaves)
                    try walk.checkFreePages(others: leaves)
                }
            }
            try checkTransactions()
            return leafGuard
        }

        /// A meta page with another transaction number than was committed would make an older
        /// state pass for the newest; the record in its tree knows better.
        private func checkTransactions() throws(LogStoreError) {
            for (place, meta) in metas.enumerated() where meta.main.root != Self.noPage {
                // The pages of the older state may be overwritten already.
                guard let record = try? StateRecord.find(in: PageWalk(self, meta), file: path),
                    let found = record.transaction
                else { continue }
                let isNewest = meta.transaction == newestMeta.transaction
                guard found == meta.transaction || (!isNewest && found < newestMeta.transaction)
                else {
                    throw .corrupt(
                        "a meta page is damaged: its number is not that of its transaction",
                        file: path, byteOffset: UInt64(place * meta.pageByteCount),
                        expected: found, found: meta.transaction)
                }
            }
        }

        var newestMeta: Meta {
            metas[1].transaction > metas[0].transaction ? metas[1] : metas[0]
        }

        /// Reads a whole range of the file.
        func read(_ byteCount: Int, at offset: UInt64) throws(LogStoreError) -> [UInt8] {
            if byteCount == 0 { return [] }
            // Nothing is allocated for more than there is: the length comes from the disk.
            guard try isInside(byteCount, at: offset) else {
                throw .corrupt(
                    "the file ends before a page that is in use", file: path, byteOffset: offset,
                    expected: offset &+ UInt64(byteCount), found: self.byteCount)
            }
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
                while count < byteCount {
                    let result = pread(
                        descriptor, buffer.baseAddress.map { $0 + count }, byteCount - count,
                        off_t(truncatingIfNeeded: offset) + off_t(count))
                    if result < 0, errno == EINTR { continue }
                    if result < 0 { failure = errno }
                    if result <= 0 { return }
                    count += result
                }
            }
            if failure != 0 {
                let cause = SystemCallError(call: "pread", errno: failure, path: path)
                throw LogStoreError(cause, writing: false)
            }
            guard bytes.count == byteCount else {
                throw .corrupt(
                    "the file ends before a page that is in use", file: path, byteOffset: offset,
                    expected: offset &+ UInt64(byteCount), found: self.byteCount)
            }
            return bytes
        }

        /// Whether a range lies inside the file, which a writer may have extended since.
        private func isInside(_ byteCount: Int, at offset: UInt64) throws(LogStoreError) -> Bool {
            let (end, overflow) = offset.addingReportingOverflow(UInt64(byteCount))
            if overflow { return false }
            if end <= self.byteCount { return true }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else {
                let cause = SystemCallError(call: "fstat", errno: errno, path: path)
                throw LogStoreError(cause, writing: false)
            }
            return end <= UInt64(status.st_size)
        }

        private func readMeta(at offset: UInt64) throws(LogStoreError) -> Meta {
            let bytes = try read(Self.metaByteCount, at: offset)
            let page = ByteReader(bytes)
            guard page.u32(16) == Self.magic else {
                throw .corrupt(
                    "this is no LMDB file, or its meta page is damaged", file: path,
                    byteOffset: offset + 16, expected: UInt64(Self.magic),
                    found: UInt64(page.u32(16)))
            }
            guard page.u32(20) == Self.version else {
                throw .unsupportedFormat(
                    "the file has another version of LMDB's data format", file: path,
                    found: UInt64(page.u32(20)), supported: UInt64(Self.version))
            }
            // The size of a page stands where the list of free pages would have its padding.
            let pageByteCount = page.u32(40)
            let meta = Meta(
                pageByteCount: Int(pageByteCount), transaction: page.u64(144),
                lastPage: page.u64(136), free: PageWalk.Tree(page, at: 40),
                main: PageWalk.Tree(page, at: 88))
            guard page.u16(10) == 0x08, pageByteCount.nonzeroBitCount == 1,
                (256...65536).contains(pageByteCount),
                // LMDB maps as much as the page says, and the last page is in the map.
                page.u64(32) <= Self.mapByteLimit,
                meta.lastPage < page.u64(32) / UInt64(pageByteCount),
                meta.free.flags == PageWalk.Tree.integerKeys, meta.main.flags == 0
            else {
                throw .corrupt("a meta page is damaged", file: path, byteOffset: offset)
            }
            return meta
        }

        private static let metaByteCount = 152
    }

    /// Outside the type, whose members hide system calls of the same names.
    private func openForReading(_ path: String) -> Int32 {
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    }
    private func closeDescriptor(_ descriptor: Int32) { close(descriptor) }

    /// Native integers in bytes, wherever they stand; beyond the end they are zero.
    struct ByteReader {
        let bytes: [UInt8]

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func u16(_ offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: integer(offset, 2)) }
        func u32(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: integer(offset, 4)) }
        func u64(_ offset: Int) -> UInt64 { integer(offset, 8) }

        private func integer(_ offset: Int, _ byteCount: Int) -> UInt64 {
            guard offset >= 0, offset <= bytes.count - byteCount else { return 0 }
            return bytes[offset..<(offset + byteCount)].reversed().reduce(0) {
                $0 << 8 | UInt64($1)
            }
        }
    }
#endif
