#if LMDB
    import WALProtocol

    /// Checks every value of a snapshot of the data file.
    final class StoreCheck {
        private let file: DataFile
        private let meta: DataFile.Meta
        private(set) var report = VerificationReport()
        /// The state record, if it is sound.
        private(set) var record: StateRecord?
        /// The keys of the metadata values that are sound.
        private(set) var metadataKeys: [MetadataKey] = []
        private var entryCount: UInt64 = 0
        private var expectedIndex: LogIndex?
        private var metadataKeyCount: UInt32 = 0
        private var metadataByteCount: UInt64 = 0

        /// So many damages are listed; a file of noise has no use for more.
        private static let damageLimit = 10_000

        private let meter: ReadMeter?

        init(_ file: DataFile, _ meta: DataFile.Meta, meter: ReadMeter? = nil) {
            self.file = file
            self.meta = meta
            self.meter = meter
        }

        func run() throws(LogStoreError) -> VerificationReport {
            var walk = PageWalk(file, meta) { (damage) throws(LogStoreError) in
                if damage.code != .corrupt && damage.code != .io { throw damage }
                self.note(.page, damage)
            }
            walk.meter = meter
            let trees = try walk.databases()
            expect([meta.free] + trees.values)
            record = try readState(walk, trees[Databases.stateName])
            report.state = record?.logState ?? LogState()
            try checkEntries(walk, trees[Databases.entriesName], record)
            try checkMetadata(walk, trees[Databases.metadataName], record)
            try walk.checkFreePages()
            report.checkedByteCount = walk.checkedByteCount
            return report
        }

        private func note(_ kind: VerificationReport.Finding.Kind, _ damage: LogStoreError) {
            guard report.findings.count < Self.damageLimit else { return }
            report.findings.append(.init(damage.code == .io ? .unreadable : kind, damage))
        }

        private func noteKey(_ bytes: UnsafeRawBufferPointer) {
            if let name = String(validating: bytes, as: UTF8.self) {
                metadataKeys.append(MetadataKey(name))
            }
        }

        private func noteMissing(_ what: String, _ kind: VerificationReport.Finding.Kind) {
            note(kind, .corrupt(what, file: file.path))
        }

        /// Tells the meter how many pages the trees say they have.
        private func expect(_ trees: [PageWalk.Tree]) {
            let limit = meta.lastPage
            let pageCount = trees.reduce(0 as UInt64) { sum, tree in
                [tree.branchPageCount, tree.leafPageCount, tree.overflowPageCount].reduce(sum) {
                    min(limit, $0 + min(limit, $1))
                }
            }
            meter?.expect(pageCount * UInt64(meta.pageByteCount))
        }

        private func readState(
            _ walk: PageWalk, _ tree: PageWalk.Tree?
        ) throws(LogStoreError) -> StateRecord? {
            var record: StateRecord?
            guard let tree else {
                noteMissing("the database of the state is missing", .structure)
                return nil
            }
            var isDamaged = false
            try walk.visit(tree) { (item) throws(LogStoreError) in
                guard Array(item.key) == StateRecord.key else { return }
                do throws(LogStoreError) {
                    record = try StateRecord(
                        Array(item.value), file: file.path, byteOffset: item.byteOffset)
                } catch {
                    if error.code != .corrupt { throw error }
                    isDamaged = true
                    note(.structure, error)
                }
            }
            if record == nil, !isDamaged { noteMissing("the state record is missing", .structure) }
            return record
        }

        private func checkEntries(
            _ walk: PageWalk, _ tree: PageWalk.Tree?, _ record: StateRecord?
        ) throws(LogStoreError) {
            guard let tree else {
                return noteMissing("the database of the entries is missing", .structure)
            }
            expectedIndex = record?.first
            var lastTerm: Term = record?.compacted?.term ?? 0
            try walk.visit(tree) { (item) throws(LogStoreError) in
                guard item.key.count == MemoryLayout<LogIndex>.size else {
                    return note(
                        .records,
                        .corrupt(
                            "the key of an entry is damaged", file: file.path,
                            byteOffset: item.byteOffset))
                }
                let index = ByteReader(Array(item.key)).u64(0)
                if let expectedIndex, index != expectedIndex {
                    note(
                        .records,
                        .corrupt(
                            "entries are missing, or a key is damaged", file: file.path,
                            byteOffset: item.byteOffset, index: expectedIndex,
                            expected: expectedIndex, found: index))
                }
                expectedIndex = index &+ 1
                entryCount += 1
                let term = checkEntry(item, at: index)
                if let term, term < lastTerm {
                    note(
                        .records,
                        .corrupt(
                            "the term of an entry is lower than its predecessor's",
                            file: file.path, byteOffset: item.byteOffset, index: index,
                            term: term, expected: lastTerm, found: term))
                }
                lastTerm = term ?? lastTerm
            }
            guard let state = record?.logState, entryCount != state.count else { return }
            note(
                .records,
                .corrupt(
                    "entries are missing or too many", file: file.path,
                    expected: state.count, found: entryCount))
        }

        /// - Returns: the entry's term; `nil` if it is damaged.
        private func checkEntry(_ item: PageWalk.Item, at index: LogIndex) -> Term? {
            item.value.withUnsafeBytes { value in
                do throws(LogStoreError) {
                    return try EntryRecord.decode(
                        value, at: index, file: file.path, byteOffset: item.byteOffset
                    ).position.term
                } catch {
                    note(.records, error)
                    return nil
                }
            }
        }

        private func checkMetadata(
            _ walk: PageWalk, _ tree: PageWalk.Tree?, _ record: StateRecord?
        ) throws(LogStoreError) {
            guard let tree else {
                return noteMissing("the database of the metadata is missing", .metadata)
            }
            try walk.visit(tree) { (item) throws(LogStoreError) in
                metadataKeyCount += 1
                item.key.withUnsafeBytes { key in
                    item.value.withUnsafeBytes { stored in
                        do throws(LogStoreError) {
                            let value = try MetadataRecord.decode(
                                stored, for: key, file: file.path, byteOffset: item.byteOffset)
                            metadataByteCount += UInt64(key.count + value.count)
                            noteKey(key)
                        } catch {
                            note(.metadata, error)
                        }
                    }
                }
            }
            guard let record else { return }
            let isWhole =
                metadataKeyCount == record.metadataKeyCount
                && (metadataByteCount == record.metadataByteCount || !report.findings.isEmpty)
            if !isWhole { noteMissing("metadata keys are missing or too many", .metadata) }
        }
    }
#endif
