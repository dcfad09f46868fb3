#if RocksDB
    import CRocksDB
    import WALProtocol

    /// A batch of RocksDB's, used again and again by the one who writes.
    final class Changes {
        let pointer = rocksdb_writebatch_create()

        deinit { rocksdb_writebatch_destroy(pointer) }

        /// So many entries are deleted by their range; fewer one by one.
        ///
        /// A range is slower to read past, and takes as long to write whatever it holds.
        private static let singlyDeletedCount: LogIndex = 64

        var isEmpty: Bool { rocksdb_writebatch_count(pointer) == 0 }

        func removeAll() { rocksdb_writebatch_clear(pointer) }

        func put(_ value: [UInt8], for key: [UInt8]) {
            key.withUnsafeBytes { key in
                value.withUnsafeBytes { value in
                    rocksdb_writebatch_put(
                        pointer, key.characters, key.count, value.characters, value.count)
                }
            }
        }

        func remove(_ key: [UInt8]) {
            key.withUnsafeBytes {
                rocksdb_writebatch_delete(pointer, $0.characters, $0.count)
            }
        }

        /// Puts an entry, whose payload is copied once.
        func put(_ payload: RawSpan, at position: LogPosition, kind: EntryKind) {
            payload.withUnsafeBytes { payload in
                Keys.withEntry(position.index) { key in
                    EntryRecord.withHeader(position.term, kind) { header in
                        put(key, (header, payload))
                    }
                }
            }
        }

        private func put(
            _ key: UnsafeRawBufferPointer,
            _ value: (UnsafeRawBufferPointer, UnsafeRawBufferPointer)
        ) {
            var keys = key.characters
            var keyByteCount = key.count
            var parts = (value.0.characters, value.1.characters)
            var byteCounts = (value.0.count, value.1.count)
            withUnsafeBytes(of: &parts) { parts in
                withUnsafeBytes(of: &byteCounts) { byteCounts in
                    rocksdb_writebatch_putv(
                        pointer, 1, &keys, &keyByteCount, 2,
                        parts.assumingMemoryBound(to: UnsafePointer<CChar>?.self).baseAddress,
                        byteCounts.assumingMemoryBound(to: Int.self).baseAddress)
                }
            }
        }

        /// Removes the entries of a range, as far as they are there.
        func removeEntries(_ indexes: ClosedRange<LogIndex>) {
            guard indexes.upperBound - indexes.lowerBound >= Self.singlyDeletedCount else {
                for index in indexes {
                    Keys.withEntry(index) {
                        rocksdb_writebatch_delete(pointer, $0.characters, $0.count)
                    }
                }
                return
            }
            Keys.withEntry(indexes.lowerBound) { start in
                // UInt64.max is no legal index.
                Keys.withEntry(indexes.upperBound + 1) { end in
                    rocksdb_writebatch_delete_range(
                        pointer, start.characters, start.count, end.characters, end.count)
                }
            }
        }
    }

    extension UnsafeRawBufferPointer {
        /// The same bytes as C's characters.
        var characters: UnsafePointer<CChar>? {
            assumingMemoryBound(to: CChar.self).baseAddress
        }
    }
#endif
