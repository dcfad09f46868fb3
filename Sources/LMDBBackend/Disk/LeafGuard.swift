#if LMDB
    import CLMDB
    import WALProtocol

    /// Checks each leaf of the entries once, before LMDB comes to it.
    ///
    /// LMDB believes what is on a page; a flipped bit there can end the process. A small file is
    /// checked as a whole when it is opened. Of a large one only the branches are, which gives the
    /// list of leaves; each of them is checked when the first entry in it is asked for, or when a
    /// commit is about to change it.
    ///
    /// A page that a writer has put there since the file was opened needs no check. So a leaf that
    /// is not checked yet is one that no writer of this process has touched: it is where the list
    /// says. A writer of another process may have moved it; if a leaf is not what the list says,
    /// the list is made anew for the transaction at hand, and the leaf is looked at again.
    final class LeafGuard: @unchecked Sendable {
        private let lock = ThreadLock()
        // All of the following under the lock.
        private var walkedFile: DataFile
        private var meta: DataFile.Meta
        private var leaves: [PageWalk.Leaf]
        private var isChecked: [Bool]
        private var uncheckedCount: Int

        /// So many leaves on either side of a change may be merged with it.
        private static let margin = 2

        init(_ file: DataFile, _ meta: DataFile.Meta, _ leaves: [PageWalk.Leaf]) {
            walkedFile = file
            self.meta = meta
            self.leaves = leaves
            isChecked = Array(repeating: false, count: leaves.count)
            uncheckedCount = leaves.count
        }

        /// Whether every leaf was checked.
        var isDone: Bool { lock.withLock { uncheckedCount == 0 } }

        /// The bytes of the list in memory.
        var byteCount: Int {
            lock.withLock {
                leaves.capacity * MemoryLayout<PageWalk.Leaf>.stride + isChecked.capacity
            }
        }

        /// Checks the leaf that an index belongs into.
        ///
        /// - Returns: the first index beyond it.
        /// - Throws: `corrupt`, `io`.
        func check(
            _ index: LogIndex, in transaction: OpaquePointer
        ) throws(LogStoreError) -> LogIndex {
            try lock.withLock { () throws(LogStoreError) in
                if uncheckedCount == 0 { return .max }
                try retrying(in: transaction) { () throws(LogStoreError) in
                    if let place = place(of: index) { try check(place) }
                }
                return place(of: index).flatMap(end) ?? .max
            }
        }

        /// Checks the first and the last leaf.
        func checkEnds(in transaction: OpaquePointer) throws(LogStoreError) {
            try lock.withLock { () throws(LogStoreError) in
                try retrying(in: transaction) { () throws(LogStoreError) in
                    try check(0)
                    try check(leaves.count - 1)
                }
            }
        }

        /// Checks the leaves of ranges that are going to be deleted, the ones next to them, and
        /// the last ones, to which entries are appended.
        func checkAround(
            _ ranges: [Range<LogIndex>], in transaction: OpaquePointer
        ) throws(LogStoreError) {
            try lock.withLock { () throws(LogStoreError) in
                try retrying(in: transaction) { () throws(LogStoreError) in
                    for place in leaves.indices.suffix(Self.margin) { try check(place) }
                    for range in ranges where !range.isEmpty {
                        guard let first = place(of: range.lowerBound),
                            let last = place(of: range.upperBound - 1)
                        else { continue }
                        for place in first - Self.margin...last + Self.margin {
                            try check(place)
                        }
                    }
                }
            }
        }

        // MARK: Under the lock

        /// Runs `body` again on a new list if the old one is of another transaction.
        private func retrying(
            in transaction: OpaquePointer, _ body: () throws(LogStoreError) -> Void
        ) throws(LogStoreError) {
            do throws(LogStoreError) {
                try body()
            } catch {
                let number = Transaction.number(transaction)
                guard error.code == .corrupt, number != meta.transaction else { throw error }
                try makeAnew(number)
                try body()
            }
        }

        private func makeAnew(_ transaction: UInt64) throws(LogStoreError) {
            let file = try walkedFile.reopened()
            guard let meta = file.metas.first(where: { $0.transaction == transaction }) else {
                throw LogStoreError(
                    .io, "the store changed while it was read; try again",
                    context: .init(file: file.path))
            }
            let walk = PageWalk(file, meta)
            leaves = []
            if let tree = try walk.databases()[Databases.entriesName] {
                leaves = try walk.leaves(of: tree)
            }
            walkedFile = file
            self.meta = meta
            isChecked = Array(repeating: false, count: leaves.count)
            uncheckedCount = leaves.count
        }

        /// The place in the list of the leaf that an index belongs into.
        private func place(of index: LogIndex) -> Int? {
            var (low, high) = (0, leaves.count)
            while low < high {
                let middle = (low + high) / 2
                if leaves[middle].first <= index { low = middle + 1 } else { high = middle }
            }
            return low > 0 ? low - 1 : nil
        }

        private func end(of place: Int) -> LogIndex? {
            place + 1 < leaves.count ? leaves[place + 1].first : nil
        }

        /// Checks a leaf, if there is one at that place that was not checked yet.
        private func check(_ place: Int) throws(LogStoreError) {
            guard leaves.indices.contains(place), !isChecked[place] else { return }
            var walk = PageWalk(walkedFile, meta)
            walk.isStrict = true
            try walk.check(leaves[place], upTo: end(of: place))
            isChecked[place] = true
            uncheckedCount -= 1
            // Nobody will ask for the list again.
            if uncheckedCount == 0 { (leaves, isChecked) = ([], []) }
        }
    }
#endif
