#if RocksDB
    import CRocksDB
    import WALProtocol

    /// What a log finds in its database when it is opened.
    extension Database {
        private static var layoutVersion: UInt8 { 1 }

        /// Marks a new database as a log, and looks for that in an old one.
        ///
        /// - Throws: `unsupportedFormat` for a log of a later version, and for what is no log.
        func prepare() throws(LogStoreError) {
            let found = try use { (pointer) throws(LogStoreError) in
                let isEmpty = try withCursor(in: pointer) { (cursor) throws(LogStoreError) in
                    cursor.seek(Keys.compacted)
                    return try cursor.current { (_, _) in true } == nil
                }
                return (version: try value(Keys.version, in: pointer), isEmpty: isEmpty)
            }
            if found.version == nil, found.isEmpty {
                let changes = Changes()
                changes.put([Self.layoutVersion], for: Keys.version)
                guard let batch = changes.pointer else { return }
                try write(batch, alone: false) {}
                try syncLog()
                return
            }
            guard let version = found.version?.first, version == Self.layoutVersion else {
                throw .unsupportedFormat(
                    "this database holds no log, or one of another version", file: file,
                    found: UInt64(found.version?.first ?? 0),
                    supported: UInt64(Self.layoutVersion))
            }
        }

        /// The log as the database has it; all of it is durable.
        func storedState() throws(LogStoreError) -> LogState {
            try use { (pointer) throws(LogStoreError) in
                var state = LogState()
                if let record = try value(Keys.compacted, in: pointer) {
                    state.compacted = try PositionRecord.decode(record, file: file)
                    state.last = state.compacted
                }
                try withCursor(in: pointer) { (cursor) throws(LogStoreError) in
                    // Straight to what is left, and not through what was deleted before it.
                    let lowest = state.compacted.map { $0.index + 1 } ?? 0
                    Keys.withEntry(lowest) { cursor.seek($0) }
                    guard let first = try cursor.entry(file: file)?.index else { return }
                    if state.compacted != nil, first != lowest {
                        throw .missing(lowest, file: file)
                    }
                    Keys.withEntry(.max) { cursor.seekBack($0) }
                    guard let last = try cursor.entry(file: file), last.index < .max else {
                        throw .corrupt("the last entry is none", file: file)
                    }
                    state.first = first
                    state.last = last
                    state.durable = last
                }
                return state
            }
        }

        /// The bytes of every metadata key and its value.
        func metadataByteCounts() throws(LogStoreError) -> [MetadataKey: Int] {
            try use { (pointer) throws(LogStoreError) in
                var found: [MetadataKey: Int] = [:]
                try withCursor(in: pointer) { (cursor) throws(LogStoreError) in
                    cursor.seek(Keys.firstMetadata)
                    while let (key, byteCount) = try cursor.current({ (key, value) in
                        (Keys.metadataKey(key), key.count - 1 + value.count)
                    }), let key {
                        found[key] = byteCount
                        cursor.moveOn()
                    }
                }
                return found
            }
        }
    }

    extension Cursor {
        /// The position of the entry it stands at; `nil` if it stands at something else.
        fileprivate func entry(file: String) throws(LogStoreError) -> LogPosition? {
            try current { (key, value) throws(LogStoreError) -> LogPosition? in
                guard let index = Keys.index(key) else { return nil }
                return try EntryRecord.decode(value, at: index, file: file).position
            } ?? nil
        }
    }
#endif
