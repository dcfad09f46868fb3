#if LMDB
    import WALProtocol

    /// Reads the B+trees of a data file page by page, without LMDB and without trusting a byte.
    ///
    /// LMDB follows whatever page numbers and offsets it finds in its pages; a flipped bit there
    /// can end the process. Checking a store must not, so this walk bounds every number before it
    /// uses it. It reads one snapshot: of a store with a writer, the caller holds a read
    /// transaction on the same one, which keeps its pages from being reused.
    struct PageWalk {
        static let headerByteCount = 16
        static let nodeHeaderByteCount = 8
        static let depthLimit: UInt16 = 32

        /// The bits in a page's flags.
        enum PageFlag {
            static let branch: UInt16 = 0x01
            static let leaf: UInt16 = 0x02
            static let overflow: UInt16 = 0x04
        }

        /// The bits in a node's flags.
        enum NodeFlag {
            static let bigData: UInt16 = 0x01
            static let subDatabase: UInt16 = 0x02
        }

        /// What a record of 48 bytes (`MDB_db`) says of a database.
        struct Tree: Hashable {
            var flags: UInt16
            var depth: UInt16
            var branchPageCount: UInt64
            var leafPageCount: UInt64
            var overflowPageCount: UInt64
            var itemCount: UInt64
            var root: UInt64

            static let byteCount = 48
            /// Keys are integers of the machine's word size (`MDB_INTEGERKEY`).
            static let integerKeys: UInt16 = 0x08
            static let empty = Tree(
                flags: 0, depth: 0, branchPageCount: 0, leafPageCount: 0, overflowPageCount: 0,
                itemCount: 0, root: DataFile.noPage)
        }

        /// A key with its value, and where the value begins in the file.
        struct Item {
            var key: ArraySlice<UInt8>
            var value: ArraySlice<UInt8>
            var byteOffset: UInt64
            var isDatabase: Bool
        }

        /// What the next key of a tree has to come after: the last one, or the one by which a
        /// branch says where a page begins.
        struct KeyBound {
            var key: ArraySlice<UInt8>
            /// Whether the next key may be this one.
            var isKeyItselfNext = false

            func admits(_ next: ArraySlice<UInt8>, isInteger: Bool) -> Bool {
                if next == key { return isKeyItselfNext }
                // Integers are little-endian.
                return isInteger
                    ? key.reversed().lexicographicallyPrecedes(next.reversed())
                    : key.lexicographicallyPrecedes(next)
            }
        }

        let file: DataFile
        let meta: DataFile.Meta
        /// Whether values have exactly the pages they need, as those of entries do.
        var isStrict = false
        /// Told what is read.
        var meter: ReadMeter?
        private let onDamage: (LogStoreError) throws(LogStoreError) -> Void
        /// The pages seen: none is in use twice.
        private final class Pages {
            var seen: Set<UInt64> = []
            var byteCount: UInt64 = 0
        }
        private let pages = Pages()

        /// Walks the snapshot of a meta page.
        ///
        /// - Parameter onDamage: Told of each damage; throws to stop at it. What lies below a
        ///   damaged page is left out.
        init(
            _ file: DataFile, _ meta: DataFile.Meta,
            onDamage: @escaping (LogStoreError) throws(LogStoreError) -> Void = {
                (damage) throws(LogStoreError) in throw damage
            }
        ) {
            self.file = file
            self.meta = meta
            self.onDamage = onDamage
        }

        /// The bytes of pages read so far.
        var checkedByteCount: UInt64 { pages.byteCount }

        /// Whether a page was found to be in use.
        func hasSeen(_ page: UInt64) -> Bool { pages.seen.contains(page) }

        /// Throws if a page that is in use is damaged or not in the file.
        func checkPagesInUse() throws(LogStoreError) {
            for tree in try databases().values { try visit(tree) { _ in } }
            try checkFreePages()
        }

        /// The named databases.
        func databases() throws(LogStoreError) -> [String: Tree] {
            var trees: [String: Tree] = [:]
            try visit(meta.main) { (item) throws(LogStoreError) in
                guard item.isDatabase, item.value.count == Tree.byteCount else {
                    return try damage("the record of a database is damaged", at: item.byteOffset)
                }
                let name = String(decoding: item.key, as: UTF8.self)
                let tree = Tree(ByteReader(Array(item.value)), at: 0)
                let flags = name == Databases.entriesName ? Tree.integerKeys : 0
                guard tree.flags == flags else {
                    return try damage("the record of a database is damaged", at: item.byteOffset)
                }
                trees[name] = tree
            }
            return trees
        }

        /// Checks the list of free pages, from which LMDB takes the pages that it overwrites: none
        /// of them may be in use by what this walk has visited, nor be one of `others`.
        func checkFreePages(others: [Leaf] = []) throws(LogStoreError) {
            let listed = try freePages()
            guard listed.isDisjoint(with: pages.seen),
                !others.contains(where: { listed.contains($0.page) })
            else {
                return try damage("a page in use is listed as free", at: 0)
            }
        }

        /// The pages that are listed as free.
        func freePages() throws(LogStoreError) -> Set<UInt64> {
            var listed: Set<UInt64> = []
            try visit(meta.free) { (item) throws(LogStoreError) in
                // The transaction that freed the pages, their count, and the pages, downwards.
                let transaction = ByteReader(Array(item.key)).u64(0)
                let list = ByteReader(Array(item.value))
                let count = list.u64(0)
                guard transaction >= 1, transaction <= meta.transaction,
                    item.value.count % 8 == 0,
                    count < UInt64(item.value.count / 8)
                else {
                    return try damage("a list of free pages is damaged", at: item.byteOffset)
                }
                var previous = meta.lastPage + 1
                for place in 0..<Int(count) {
                    let page = list.u64(8 * (place + 1))
                    guard page >= 2, page < previous, listed.insert(page).inserted else {
                        return try damage("a list of free pages is damaged", at: item.byteOffset)
                    }
                    previous = page
                }
            }
            return listed
        }

        /// Calls `body` with every item of a tree, in order.
        func visit(
            _ tree: Tree, _ body: (Item) throws(LogStoreError) -> Void
        ) throws(LogStoreError) {
            var found = Tree.empty
            found.flags = tree.flags
            found.root = tree.root
            var bound: KeyBound?
            if tree.root != DataFile.noPage {
                try visit(page: tree.root, depth: 1, &found, &bound, body)
            }
            guard found == tree else {
                return try damage("a tree is not what its record says", at: offset(of: tree.root))
            }
        }

        func damage(_ what: String, at offset: UInt64) throws(LogStoreError) {
            try onDamage(.corrupt(what, file: file.path, byteOffset: offset))
        }

        func offset(of page: UInt64) -> UInt64 { page &* UInt64(meta.pageByteCount) }

        /// Notes that pages are in use, or reports why they cannot be.
        private func claim(_ page: UInt64, count: UInt64) throws(LogStoreError) -> Bool {
            if count == 0 { return true }
            guard page >= 2, page <= meta.lastPage, count <= meta.lastPage - page + 1 else {
                try damage("a page number leads out of the file", at: offset(of: page))
                return false
            }
            for number in page..<(page + count) where !pages.seen.insert(number).inserted {
                try damage("a page is in use twice", at: offset(of: number))
                return false
            }
            return true
        }

        /// Reads pages, or reports why they cannot be there.
        func read(page: UInt64, count: UInt64 = 1) throws(LogStoreError) -> [UInt8]? {
            guard try claim(page, count: count) else { return nil }
            do throws(LogStoreError) {
                let bytes = try file.read(
                    Int(count) * meta.pageByteCount, at: offset(of: page))
                pages.byteCount += UInt64(bytes.count)
                meter?.note(bytes.count)
                return bytes
            } catch {
                try onDamage(error)
                return nil
            }
        }

        func visit(
            page: UInt64, depth: UInt16, _ found: inout Tree, _ bound: inout KeyBound?,
            _ body: (Item) throws(LogStoreError) -> Void
        ) throws(LogStoreError) {
            guard depth < Self.depthLimit, let bytes = try read(page: page) else { return }
            let reader = ByteReader(bytes)
            let kind = reader.u16(10)
            let lower = Int(reader.u16(12))
            let upper = Int(reader.u16(14))
            guard reader.u64(0) == page, kind == PageFlag.branch || kind == PageFlag.leaf,
                lower >= Self.headerByteCount, lower <= upper, upper <= bytes.count,
                lower % 2 == 0
            else {
                return try damage("the header of a page is damaged", at: offset(of: page))
            }
            let nodeCount = (lower - Self.headerByteCount) / 2
            guard nodeCount >= (kind == PageFlag.branch ? 2 : 1) else {
                return try damage("a page holds too few nodes", at: offset(of: page))
            }
            guard Self.hasPackedNodes(bytes) else {
                return try damage("the nodes of a page overlap", at: offset(of: page))
            }
            if kind == PageFlag.branch {
                found.branchPageCount += 1
            } else {
                found.leafPageCount += 1
                if found.depth == 0 { found.depth = depth }
                guard found.depth == depth else {
                    return try damage("a leaf stands too high or too low", at: offset(of: page))
                }
            }
            for node in 0..<nodeCount {
                let start = Int(reader.u16(Self.headerByteCount + 2 * node))
                let keyStart = start + Self.nodeHeaderByteCount
                let keyEnd = keyStart + Int(reader.u16(start + 6))
                guard start >= upper, keyEnd <= bytes.count else {
                    try damage("a node of a page is damaged", at: offset(of: page))
                    continue
                }
                let low = UInt64(reader.u32(start))
                let flags = reader.u16(start + 4)
                let key = bytes[keyStart..<keyEnd]
                if kind == PageFlag.branch {
                    // The first key of a branch stands for everything below the second.
                    if node > 0 {
                        try check(key, of: found, isAfter: bound, on: page)
                        bound = KeyBound(key: key, isKeyItselfNext: true)
                    }
                    try visit(
                        page: low | UInt64(flags) << 32, depth: depth + 1, &found, &bound, body)
                } else {
                    try check(key, of: found, isAfter: bound, on: page)
                    bound = KeyBound(key: key)
                    found.itemCount += 1
                    try visit(
                        leaf: bytes, page, key: keyStart..<keyEnd, valueByteCount: Int(low),
                        flags, &found, body)
                }
            }
        }

        /// Keys ascend, and integers have the size of one.
        private func check(
            _ key: ArraySlice<UInt8>, of tree: Tree, isAfter bound: KeyBound?, on page: UInt64
        ) throws(LogStoreError) {
            let isInteger = tree.flags & Tree.integerKeys != 0
            let isSized = isInteger ? key.count == 8 : !key.isEmpty
            guard isSized, bound?.admits(key, isInteger: isInteger) ?? true else {
                return try damage("the keys of a page are out of order", at: offset(of: page))
            }
        }

        private func visit(
            leaf bytes: [UInt8], _ page: UInt64, key: Range<Int>, valueByteCount: Int,
            _ flags: UInt16, _ found: inout Tree,
            _ body: (Item) throws(LogStoreError) -> Void
        ) throws(LogStoreError) {
            let at = offset(of: page) + UInt64(key.upperBound)
            if flags != NodeFlag.bigData {
                guard valueByteCount <= bytes.count - key.upperBound,
                    flags == 0 || flags == NodeFlag.subDatabase
                else {
                    return try damage("a value is longer than its page", at: at)
                }
                return try body(
                    Item(
                        key: bytes[key], value: bytes[key.upperBound...].prefix(valueByteCount),
                        byteOffset: at, isDatabase: flags == NodeFlag.subDatabase))
            }
            let first = ByteReader(bytes).u64(key.upperBound)
            let needed = Self.headerByteCount + valueByteCount
            let pageCount = (needed + meta.pageByteCount - 1) / meta.pageByteCount
            guard let pages = try read(page: first, count: UInt64(pageCount)) else { return }
            let reader = ByteReader(pages)
            // LMDB may have had more of them than it needed in the end, for a list of free pages.
            let spareCount = UInt64(reader.u32(12)).subtractingReportingOverflow(UInt64(pageCount))
            guard reader.u64(0) == first, reader.u16(10) == PageFlag.overflow,
                !spareCount.overflow, spareCount.partialValue == 0 || !isStrict,
                try claim(first + UInt64(pageCount), count: spareCount.partialValue)
            else {
                return try damage("the header of a page is damaged", at: offset(of: first))
            }
            found.overflowPageCount += UInt64(pageCount) + spareCount.partialValue
            try body(
                Item(
                    key: bytes[key],
                    value: pages[Self.headerByteCount...].prefix(valueByteCount),
                    byteOffset: offset(of: first) + UInt64(Self.headerByteCount),
                    isDatabase: false))
        }
    }

    extension PageWalk.Tree {
        init(_ reader: ByteReader, at offset: Int) {
            self.init(
                flags: reader.u16(offset + 4), depth: reader.u16(offset + 6),
                branchPageCount: reader.u64(offset + 8), leafPageCount: reader.u64(offset + 16),
                overflowPageCount: reader.u64(offset + 24), itemCount: reader.u64(offset + 32),
                root: reader.u64(offset + 40))
        }
    }
#endif
