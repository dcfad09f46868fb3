#if LMDB
    import WALProtocol

    /// Finds every entry of a damaged data file that is still what was written.
    ///
    /// Three looks, each where the one before could not:
    ///
    /// 1. The trees, as far as pages are sound.
    /// 2. The damaged pages, node by node: a value's checksum covers its index and its length, so
    ///    that a valid one needs no sound page around it.
    /// 3. The pages that are neither in a tree nor listed as free: what hung below a damaged
    ///    branch. LMDB leaves no others. If the list of free pages is damaged, nobody can tell them
    ///    from pages of older commits, whose entries may have been truncated since; then they are
    ///    lost.
    final class SalvageWalk {
        /// Where the value of an entry stands.
        struct Place: Hashable {
            var index: LogIndex
            var term: Term
            var byteOffset: UInt64
            var byteCount: Int
        }

        /// So many damages are listed; a file of noise has no use for more.
        private static let damageLimit = 10_000

        private let file: DataFile
        private let meta: DataFile.Meta
        private(set) var damages: [LogStoreError] = []
        private(set) var record: StateRecord?
        /// Ascending, each index once.
        private(set) var places: [Place] = []
        private(set) var metadata: [MetadataKey: [UInt8]] = [:]
        /// Whether the record of the database of entries was found.
        private(set) var hasEntries = false
        private var damagedPages: Set<UInt64> = []

        init(_ file: DataFile, _ meta: DataFile.Meta) {
            self.file = file
            self.meta = meta
        }

        /// Walks.
        ///
        /// - Throws: `unsupportedFormat`, `io`.
        func run() throws(LogStoreError) {
            let walk = PageWalk(file, meta) { (damage) throws(LogStoreError) in
                try self.note(damage)
            }
            let trees = try walk.databases()
            for name in [Databases.stateName, Databases.metadataName, Databases.entriesName] {
                guard let tree = trees[name] else {
                    try note(.corrupt("the database \(name) is missing", file: file.path))
                    continue
                }
                if name == Databases.entriesName { hasEntries = true }
                try walk.visit(tree) { (item) throws(LogStoreError) in
                    try take(Array(item.key), item.value, at: item.byteOffset, isReporting: true)
                }
            }
            let hasDamagedTree = !damages.isEmpty
            let damageCount = damages.count
            let free = try walk.freePages()
            let isFreeListSound =
                damages.count == damageCount && !free.contains(where: walk.hasSeen)
            if hasDamagedTree {
                for page in damagedPages.sorted() { try takeNodes(of: page) }
                if isFreeListSound { try takeOrphans(walk, free) }
            }
            sortPlaces()
        }

        private func note(_ damage: LogStoreError) throws(LogStoreError) {
            if damage.code != .corrupt { throw damage }
            if let offset = damage.context.byteOffset {
                damagedPages.insert(offset / UInt64(meta.pageByteCount))
            }
            if damages.count < Self.damageLimit { damages.append(damage) }
        }

        // MARK: - Values

        /// Takes a value, if it is valid.
        private func take(
            _ key: [UInt8], _ value: ArraySlice<UInt8>, at offset: UInt64, isReporting: Bool
        ) throws(LogStoreError) {
            do throws(LogStoreError) {
                if key == StateRecord.key, value.count == StateRecord.byteCount {
                    record = try StateRecord(Array(value), file: file.path, byteOffset: offset)
                } else if key.count == MemoryLayout<LogIndex>.size {
                    let index = ByteReader(key).u64(0)
                    let stored = Array(value)
                    let header = try stored.span.bytes.withUnsafeBytes {
                        (bytes) throws(LogStoreError) in
                        try EntryRecord.decode(
                            bytes, at: index, file: file.path, byteOffset: offset)
                    }
                    places.append(
                        Place(
                            index: index, term: header.position.term, byteOffset: offset,
                            byteCount: value.count))
                } else if let name = String(validating: key, as: UTF8.self) {
                    metadata[MetadataKey(name)] = try decode(key, value, at: offset)
                }
            } catch {
                if error.code != .corrupt { throw error }
                if isReporting { try note(error) }
            }
        }

        private func decode(
            _ key: [UInt8], _ value: ArraySlice<UInt8>, at offset: UInt64
        ) throws(LogStoreError) -> [UInt8] {
            let stored = Array(value)
            return try key.span.bytes.withUnsafeBytes { (key) throws(LogStoreError) in
                try stored.span.bytes.withUnsafeBytes { (value) throws(LogStoreError) in
                    try MetadataRecord.decode(
                        value, for: key, file: file.path, byteOffset: offset)
                }
            }
        }

        // MARK: - Pages that no tree leads to

        /// Takes the values of every leaf that is not in a tree and not free.
        private func takeOrphans(
            _ walk: PageWalk, _ free: Set<UInt64>
        ) throws(LogStoreError) {
            let end = min(meta.lastPage, file.byteCount / UInt64(meta.pageByteCount))
            guard end >= 2 else { return }
            for page in 2...end where !free.contains(page) && !walk.hasSeen(page) {
                try takeNodes(of: page)
            }
        }

        /// Takes the valid values of a leaf, whatever else is in the page.
        private func takeNodes(of page: UInt64) throws(LogStoreError) {
            let size = meta.pageByteCount
            guard page >= 2, page <= meta.lastPage, let bytes = try read(size, at: page) else {
                return
            }
            let reader = ByteReader(bytes)
            guard reader.u64(0) == page, reader.u16(10) == PageWalk.PageFlag.leaf else { return }
            let end = min(Int(reader.u16(12)), bytes.count)
            let first = PageWalk.headerByteCount
            for pointer in stride(from: first, to: max(first, end - 1), by: 2) {
                let start = Int(reader.u16(pointer))
                let keyStart = start + PageWalk.nodeHeaderByteCount
                let keyEnd = keyStart + Int(reader.u16(start + 6))
                guard start >= first, keyEnd <= bytes.count else { continue }
                let count = Int(reader.u32(start))
                let key = Array(bytes[keyStart..<keyEnd])
                if reader.u16(start + 4) != PageWalk.NodeFlag.bigData {
                    guard count <= bytes.count - keyEnd else { continue }
                    try take(
                        key, bytes[keyEnd..<keyEnd + count],
                        at: page * UInt64(size) + UInt64(keyEnd), isReporting: false)
                    continue
                }
                let overflow = reader.u64(keyEnd)
                guard overflow >= 2, overflow <= meta.lastPage,
                    let value = try read(first + count, at: overflow)
                else { continue }
                try take(
                    key, value[first...], at: overflow * UInt64(size) + UInt64(first),
                    isReporting: false)
            }
        }

        /// Reads from the start of a page; `nil` if the file ends before.
        private func read(_ byteCount: Int, at page: UInt64) throws(LogStoreError) -> [UInt8]? {
            do throws(LogStoreError) {
                return try file.read(byteCount, at: page &* UInt64(meta.pageByteCount))
            } catch {
                guard error.code == .corrupt else { throw error }
                return nil
            }
        }

        /// Puts the entries in order, those first that a tree leads to.
        private func sortPlaces() {
            var isSorted = true
            for (place, next) in zip(places, places.dropFirst()) where place.index >= next.index {
                isSorted = false
            }
            guard !isSorted else { return }
            var sorted: [Place] = []
            let order = places.indices.sorted {
                (places[$0].index, $0) < (places[$1].index, $1)
            }
            for number in order where sorted.last?.index != places[number].index {
                sorted.append(places[number])
            }
            places = sorted
        }
    }
#endif
