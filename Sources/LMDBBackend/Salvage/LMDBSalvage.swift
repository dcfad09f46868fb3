#if LMDB
    public import WALProtocol

    /// What can still be read of an LMDB store, without LMDB's help: a log with holes.
    ///
    /// Every value was checked when the store was looked through, and is again when it is read. A
    /// lost entry is `corrupt`, never `unavailable` and never left out. Changes nothing, takes no
    /// lock, and needs no writable disk.
    ///
    /// Memory: 32 bytes for each entry.
    public final class LMDBSalvage: LogReading {
        /// Positions, as far as they are known.
        public private(set) var state = LogState()
        /// What is lost, and what a replica with this log may promise.
        public private(set) var recoveryReport = RecoveryReport()
        /// Every damage found, with file, offset and, where known, index.
        public private(set) var damages: [LogStoreError] = []

        private let file: DataFile
        private var places: [SalvageWalk.Place] = []
        private var values: [MetadataKey: [UInt8]] = [:]
        /// How often a store is looked through that somebody writes to.
        private static let attemptLimit = 3

        /// Looks through the store in a directory.
        ///
        /// - Throws: `unavailable` if there is no store; `corrupt` if no meta page is left;
        ///   `unsupportedFormat`, `io`.
        /// - Complexity: O(bytes).
        public init(at path: String) throws(LogStoreError) {
            try StoreDirectory(path: path).checkPresent()
            file = try DataFile(salvaging: path)
            var attempt = 1
            while true {
                let before = file.metas.map(\.transaction)
                try load()
                let now = try DataFile(salvaging: path).metas.map(\.transaction)
                if now == before || damages.isEmpty { return }
                attempt += 1
                guard attempt <= Self.attemptLimit else {
                    throw LogStoreError(
                        .io, "the store is being written; close it, or copy it instead",
                        context: .init(file: file.path))
                }
                try file.readMetas()
            }
        }

        private func load() throws(LogStoreError) {
            let newest = file.metas.max { $0.transaction < $1.transaction }
            var walks: [SalvageWalk] = []
            for meta in file.metas.sorted(by: { $0.transaction > $1.transaction }) {
                let walk = SalvageWalk(file, meta)
                try walk.run()
                walks.append(walk)
                if walk.hasEntries, walk.record != nil { break }
            }
            // An older commit stands in if there is nothing to go by in the newest.
            let number =
                walks.firstIndex { $0.record != nil }
                ?? walks.firstIndex { $0.hasEntries } ?? 0
            guard walks.indices.contains(number), newest != nil else { return }
            let walk = walks[number]
            let isNewest = number == 0 && file.isNewestMetaKnown
            damages = file.metaDamages + walks[0...number].flatMap(\.damages)
            values = walk.metadata
            adopt(walk, isNewest: isNewest)
        }

        private func adopt(_ walk: SalvageWalk, isNewest: Bool) {
            let record = walk.record
            places = walk.places
            if let record {
                let indexes = record.indexes
                places.removeAll { !indexes.contains($0.index) }
                state = record.logState
            } else {
                state = LogState(first: places.first?.index, last: places.last?.position)
            }
            state.durable = state.last
            var report = RecoveryReport()
            report.entryCount = UInt64(places.count)
            report.lostRanges = lostRanges()
            let isEndKnown = isNewest && record != nil
            if !isEndKnown {
                let next = state.next ?? 0
                report.lostRanges.append(LostRange(indexes: next..<LogIndex.max))
            }
            report.isEndLost =
                !isEndKnown || (!state.isEmpty && places.last?.index != state.last?.index)
            let byteCount = values.reduce(0) { $0 + $1.key.name.utf8.count + $1.value.count }
            report.isMetadataUncertain =
                !isEndKnown || values.count != Int(record?.metadataKeyCount ?? 0)
                || UInt64(byteCount) != record?.metadataByteCount
            if !damages.isEmpty { report.findings = [.init(.damaged, file: DataFile.name)] }
            recoveryReport = report
        }

        /// The indexes without an entry; a term where both neighbours have it.
        private func lostRanges() -> [LostRange] {
            var lost: [LostRange] = []
            let indexes = state.indexes
            var next = indexes.lowerBound
            var term = state.compacted?.term
            func add(upTo end: LogIndex, _ following: Term?) {
                guard next < end else { return }
                lost.append(
                    LostRange(indexes: next..<end, term: term == following ? term : nil))
            }
            for place in places {
                add(upTo: place.index, place.term)
                next = place.index + 1
                term = place.term
            }
            add(upTo: indexes.upperBound, state.last?.term)
            return lost
        }

        // MARK: - Reading

        private func place(at index: LogIndex) throws(LogStoreError) -> SalvageWalk.Place {
            guard let first = state.first, index >= first else {
                if let compacted = state.compacted, index <= compacted.index {
                    throw .compacted(index: index, first: state.first)
                }
                throw .unavailable(index: index, next: state.next)
            }
            let number = places.partitioningIndex { $0.index >= index }
            guard number < places.count, places[number].index == index else {
                let isOpen = recoveryReport.lostRanges.last?.isOpenEnded ?? false
                if !state.indexes.contains(index), !isOpen {
                    throw .unavailable(index: index, next: state.next)
                }
                throw .corrupt("the entry is lost", file: file.path, index: index)
            }
            return places[number]
        }

        /// The term of an entry, or of the compacted position.
        public func term(at index: LogIndex) throws(LogStoreError) -> Term {
            if let compacted = state.compacted, compacted.index == index { return compacted.term }
            return try place(at: index).term
        }

        /// Calls `body` once with an entry.
        ///
        /// - Throws: `compacted`, `unavailable`; `corrupt` for one that is lost; `io`.
        public func withEntry<R>(
            at index: LogIndex, _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> R
        ) throws(LogStoreError) -> R {
            let place = try place(at: index)
            let value = try file.read(place.byteCount, at: place.byteOffset)
            let header = try value.span.bytes.withUnsafeBytes { (bytes) throws(LogStoreError) in
                try EntryRecord.decode(
                    bytes, at: index, file: file.path, byteOffset: place.byteOffset)
            }
            return try body(header, value.span.bytes.extracting(EntryRecord.headerByteCount...))
        }

        /// Calls `body` with each entry of a range in turn.
        ///
        /// - Returns: the index to continue from.
        /// - Throws: `compacted`, `unavailable`; `corrupt` at one that is lost; `io`.
        public func visitEntries(
            in range: Range<LogIndex>, maxByteCount: Int,
            _ body: (EntryHeader, RawSpan) throws(LogStoreError) -> Void
        ) throws(LogStoreError) -> LogIndex {
            var index = range.lowerBound
            var byteCount = 0
            let end = min(range.upperBound, state.indexes.upperBound)
            while index < end {
                let place = try place(at: index)
                byteCount += place.byteCount - EntryRecord.headerByteCount
                if byteCount > maxByteCount, index > range.lowerBound { return index }
                try withEntry(at: index, body)
                index += 1
            }
            return index
        }

        /// The value of a metadata key, as far as is known.
        public func metadata(for key: MetadataKey) throws(LogStoreError) -> [UInt8]? { values[key] }

        /// Every metadata key whose value is left, in ascending order.
        public func metadataKeys() throws(LogStoreError) -> [MetadataKey] { values.keys.sorted() }
    }

    extension SalvageWalk.Place {
        fileprivate var position: LogPosition { LogPosition(term: term, index: index) }
    }

    extension [SalvageWalk.Place] {
        /// The first place that satisfies a predicate which holds for all behind it.
        fileprivate func partitioningIndex(where isBehind: (Element) -> Bool) -> Int {
            var (low, high) = (startIndex, endIndex)
            while low < high {
                let middle = low + (high - low) / 2
                if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
            }
            return low
        }
    }
#endif
