#if LMDB
    import WALProtocol

    extension PageWalk {
        /// A leaf of the tree of entries, seen from the branch above it.
        struct Leaf: Hashable {
            /// What is in it is not below this.
            var first: LogIndex
            var page: UInt64
        }

        /// The leaves of a tree with integer keys, in order.
        ///
        /// Reads its branches, checks them as ``visit(_:_:)`` does, and leaves the leaves alone.
        func leaves(of tree: Tree) throws(LogStoreError) -> [Leaf] {
            var leaves: [Leaf] = []
            var branchPageCount: UInt64 = 0
            if tree.root != DataFile.noPage {
                guard (1...Self.depthLimit).contains(tree.depth) else {
                    try damage("the record of a tree is damaged", at: 0)
                    return []
                }
                leaves.reserveCapacity(Int(min(tree.leafPageCount, meta.lastPage)))
                try collect(
                    Leaf(first: 0, page: tree.root), upTo: .max, height: tree.depth - 1, &leaves,
                    &branchPageCount)
            }
            guard UInt64(leaves.count) == tree.leafPageCount,
                branchPageCount == tree.branchPageCount
            else {
                try damage("a tree is not what its record says", at: offset(of: tree.root))
                return leaves
            }
            return leaves
        }

        /// Adds the leaves below a page, whose keys lie below `end`.
        private func collect(
            _ page: Leaf, upTo end: LogIndex, height: UInt16, _ leaves: inout [Leaf],
            _ branchPageCount: inout UInt64
        ) throws(LogStoreError) {
            guard height > 0 else {
                guard (2...max(2, meta.lastPage)).contains(page.page) else {
                    return try damage(
                        "a page number leads out of the file", at: offset(of: page.page))
                }
                leaves.append(page)
                return
            }
            branchPageCount += 1
            guard let bytes = try read(page: page.page) else { return }
            guard let children = Self.children(of: page, in: bytes, upTo: end) else {
                return try damage("a branch is damaged", at: offset(of: page.page))
            }
            for (place, child) in children.enumerated() {
                try collect(
                    child, upTo: place + 1 < children.count ? children[place + 1].first : end,
                    height: height - 1, &leaves, &branchPageCount)
            }
        }

        /// The children of a branch; `nil` if it is damaged.
        private static func children(
            of page: Leaf, in bytes: [UInt8], upTo end: LogIndex
        ) -> [Leaf]? {
            bytes.withUnsafeBytes { bytes in
                func u16(_ offset: Int) -> Int {
                    Int(
                        UInt16(
                            littleEndian: bytes.loadUnaligned(
                                fromByteOffset: offset, as: UInt16.self)))
                }
                let (lower, upper) = (u16(12), u16(14))
                guard
                    UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) == page.page,
                    u16(10) == Int(PageFlag.branch), lower >= headerByteCount + 4, lower % 2 == 0,
                    lower <= upper, upper <= bytes.count, hasPackedNodes(bytes)
                else { return nil }
                var children: [Leaf] = []
                children.reserveCapacity((lower - headerByteCount) / 2)
                for pointer in stride(from: headerByteCount, to: lower, by: 2) {
                    let start = u16(pointer)
                    guard start >= upper, start + nodeHeaderByteCount <= bytes.count else {
                        return nil
                    }
                    let keyByteCount = u16(start + 6)
                    let child =
                        UInt64(u16(start)) | UInt64(u16(start + 2)) << 16
                        | UInt64(u16(start + 4)) << 32
                    let keyStart = start + nodeHeaderByteCount
                    guard keyStart + keyByteCount <= bytes.count else { return nil }
                    // The first key of a branch stands for everything below the second.
                    guard let last = children.last else {
                        children.append(Leaf(first: page.first, page: child))
                        continue
                    }
                    guard keyByteCount == MemoryLayout<LogIndex>.size else { return nil }
                    let key = LogIndex(
                        littleEndian: bytes.loadUnaligned(
                            fromByteOffset: keyStart, as: LogIndex.self))
                    guard key > last.first, key < end else { return nil }
                    children.append(Leaf(first: key, page: child))
                }
                return children
            }
        }

        /// Checks a leaf of entries, and the pages of the values that do not fit into it.
        ///
        /// Its keys follow each other without a gap, up to the first one of the next leaf.
        ///
        /// - Parameter end: The first index of the next leaf; `nil` if there is none.
        func check(_ leaf: Leaf, upTo end: LogIndex?) throws(LogStoreError) {
            var found = Tree.empty
            found.flags = Tree.integerKeys
            var bound: KeyBound?
            var last: LogIndex?
            var isInOrder = true
            try visit(page: leaf.page, depth: 1, &found, &bound) { (item) in
                let index = ByteReader(Array(item.key)).u64(0)
                if let last { isInOrder = isInOrder && index == last &+ 1 }
                isInOrder = isInOrder && index >= leaf.first && !item.isDatabase
                last = index
            }
            guard isInOrder, found.branchPageCount == 0, found.leafPageCount == 1, let last,
                end == nil || last &+ 1 == end
            else {
                throw .corrupt(
                    "a leaf does not hold the entries that belong into it", file: file.path,
                    byteOffset: offset(of: leaf.page), index: leaf.first)
            }
        }
    }
#endif
