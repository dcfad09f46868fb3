#if LMDB
    import WALProtocol

    /// Reads the B+trees of a data file page by page, without LMDB and without trusting a byte.
    ///
    /// LMDB follows whatever page numbers and offsets it finds in its pages; a flipped bit there
    /// can end the process. Checking a store must not, so this walk bounds every number before it
    /// uses it. It reads one snapshot: of a store with a writer, the caller holds a read
    /// transaction on the same one, which keeps its pages from being reused.
    struct PageWalk {
        private static let headerByteCount = 16
        private static let nodeHeaderByteCount = 8
        private static let depthLimit = 32

        /// The bits in a page's flags.
        private enum PageFlag {
            static let branch: UInt16 = 0x01
            static let leaf: UInt16 = 0x02
            static let overflow: UInt16 = 0x04
            static let kind: UInt16 = 0x6F
        }

        /// The bits in a node's flags.
        private enum NodeFlag {
            static let bigData: UInt16 = 0x01
            static let subDatabase: UInt16 = 0x02
        }

        /// A key with its value, and where the value begins in the file.
        struct Item {
            var key: ArraySlice<UInt8>
            var value: ArraySlice<UInt8>
            var byteOffset: UInt64
            var isDatabase: Bool
        }

        private let file: DataFile
        private let meta: DataFile.Meta
        private let onDamage: (LogStoreError) throws(LogStoreError) -> Void
        /// Pages seen, to end on a tree that bites its own tail.
        private final class Counter {
            var pageCount: UInt64 = 0
            var byteCount: UInt64 = 0
        }
        private let counter = Counter()

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
        var checkedByteCount: UInt64 { counter.byteCount }

        /// Throws if a page that is in use is damaged or not in the file.
        func checkPagesInUse() throws(LogStoreError) {
            try visit(root: meta.freeRoot) { _ in }
            for root in try databases().values {
                try visit(root: root) { _ in }
            }
        }

        /// The root pages of the named databases.
        func databases() throws(LogStoreError) -> [String: UInt64] {
            var roots: [String: UInt64] = [:]
            try visit(root: meta.mainRoot) { item in
                guard item.isDatabase, item.value.count >= 48 else { return }
                roots[String(decoding: item.key, as: UTF8.self)] =
                    ByteReader([UInt8](item.value)).u64(40)
            }
            return roots
        }

        /// Calls `body` with every item of a tree, in order.
        func visit(
            root: UInt64, _ body: (Item) throws(LogStoreError) -> Void
        ) throws(LogStoreError) {
            if root == DataFile.noPage { return }
            try visit(page: root, depth: 0, body)
        }

        private func damage(_ what: String, at offset: UInt64) throws(LogStoreError) {
            try onDamage(.corrupt(what, file: file.path, byteOffset: offset))
        }

        private func offset(of page: UInt64) -> UInt64 { page &* UInt64(meta.pageByteCount) }

        /// Reads pages, or reports why they cannot be there.
        private func read(page: UInt64, count: UInt64 = 1) throws(LogStoreError) -> [UInt8]? {
            counter.pageCount += count
            guard page >= 2, page <= meta.lastPage, count <= meta.lastPage - page + 1,
                counter.pageCount <= 2 * (meta.lastPage + 1)
            else {
                try damage(
                    "a page number leads out of the file or in a circle", at: offset(of: page))
                return nil
            }
            do throws(LogStoreError) {
                let bytes = try file.read(
                    Int(count) * meta.pageByteCount, at: offset(of: page))
                counter.byteCount += UInt64(bytes.count)
                return bytes
            } catch {
                try onDamage(error)
                return nil
            }
        }

        private func visit(
            page: UInt64, depth: Int, _ body: (Item) throws(LogStoreError) -> Void
        ) throws(LogStoreError) {
            guard depth < Self.depthLimit, let bytes = try read(page: page) else { return }
            let reader = ByteReader(bytes)
            let kind = reader.u16(10) & PageFlag.kind
            let lower = Int(reader.u16(12))
            let upper = Int(reader.u16(14))
            guard reader.u64(0) == page, kind == PageFlag.branch || kind == PageFlag.leaf,
                lower >= Self.headerByteCount, lower <= upper, upper <= bytes.count,
                lower % 2 == 0
            else {
                return try damage("the header of a page is damaged", at: offset(of: page))
            }
            let nodeCount = (lower - Self.headerByteCount) / 2
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
                if kind == PageFlag.branch {
                    try visit(page: low | UInt64(flags) << 32, depth: depth + 1, body)
                } else {
                    try visit(
                        leaf: bytes, page, key: keyStart..<keyEnd, valueByteCount: Int(low),
                        flags, body)
                }
            }
        }

        private func visit(
            leaf bytes: [UInt8], _ page: UInt64, key: Range<Int>, valueByteCount: Int,
            _ flags: UInt16, _ body: (Item) throws(LogStoreError) -> Void
        ) throws(LogStoreError) {
            let at = offset(of: page) + UInt64(key.upperBound)
            if flags & NodeFlag.bigData == 0 {
                guard valueByteCount <= bytes.count - key.upperBound else {
                    return try damage("a value is longer than its page", at: at)
                }
                return try body(
                    Item(
                        key: bytes[key], value: bytes[key.upperBound...].prefix(valueByteCount),
                        byteOffset: at, isDatabase: flags & NodeFlag.subDatabase != 0))
            }
            let first = ByteReader(bytes).u64(key.upperBound)
            let needed = Self.headerByteCount + valueByteCount
            let pageCount = (needed + meta.pageByteCount - 1) / meta.pageByteCount
            guard let pages = try read(page: first, count: UInt64(pageCount)) else { return }
            let reader = ByteReader(pages)
            guard reader.u64(0) == first, reader.u16(10) & PageFlag.kind == PageFlag.overflow,
                reader.u32(12) >= UInt32(pageCount)
            else {
                return try damage("the header of a page is damaged", at: offset(of: first))
            }
            try body(
                Item(
                    key: bytes[key],
                    value: pages[Self.headerByteCount...].prefix(valueByteCount),
                    byteOffset: offset(of: first) + UInt64(Self.headerByteCount),
                    isDatabase: false))
        }
    }
#endif
