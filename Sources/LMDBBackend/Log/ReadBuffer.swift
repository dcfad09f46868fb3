#if LMDB
    /// Where entries are copied out of the map before the user's closure sees them.
    ///
    /// A copy, so that no transaction stays open while the closure runs: pages that the writer
    /// frees are reused soon, and the closure may call the store again. One per reader, reused; a
    /// read from within a read makes its own.
    final class ReadBuffer {
        private(set) var bytes: UnsafeMutableRawBufferPointer = .init(start: nil, count: 0)
        private(set) var usedByteCount = 0

        /// More than this is given back after use.
        static let keptByteCount = 1 << 20

        deinit { bytes.deallocate() }

        func removeAll() {
            usedByteCount = 0
            if bytes.count > Self.keptByteCount {
                bytes.deallocate()
                bytes = .init(start: nil, count: 0)
            }
        }

        /// Copies bytes in and says where they begin.
        func append(_ source: UnsafeRawBufferPointer) -> Int {
            let needed = usedByteCount + source.count
            if needed > bytes.count {
                let larger = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: max(needed, bytes.count * 2, 4096), alignment: 16)
                larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<usedByteCount]))
                bytes.deallocate()
                bytes = larger
            }
            let start = usedByteCount
            if source.count > 0 {
                UnsafeMutableRawBufferPointer(rebasing: bytes[start..<needed])
                    .copyMemory(from: source)
            }
            usedByteCount = needed
            return start
        }

        func view(_ start: Int, _ count: Int) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)])
        }
    }

    /// Lends a reader's buffer to one read at a time.
    struct ReadBufferLoan {
        private var idle: ReadBuffer? = ReadBuffer()

        /// The bytes that the idle buffer holds.
        var byteCount: Int { idle?.bytes.count ?? 0 }

        mutating func take() -> ReadBuffer {
            defer { idle = nil }
            return idle ?? ReadBuffer()
        }

        mutating func giveBack(_ buffer: ReadBuffer) {
            buffer.removeAll()
            idle = buffer
        }
    }
#endif
