internal import WALProtocol

/// The closed blocks of a log in the order of their entries, and how the right one is found.
///
/// A read of any entry in memory comes through here, so that all it takes is in flat arrays, and it
/// takes few steps: the processor works on several reads at a time while their memory is on its way.
final class BlockTable: Sendable {
    /// The blocks, ascending and without a gap; they keep the memory alive.
    let spans: [BlockSpan]
    /// Where to look.
    let lookup: Lookup

    static let empty = BlockTable([])

    init(_ spans: [BlockSpan]) {
        self.spans = spans
        lookup = Lookup(spans)
    }

    deinit { lookup.deallocate() }
}

extension BlockTable {
    /// A block, and its addresses if it is in memory and not in a file only.
    struct Place {
        var first: LogIndex
        var addresses: BlockAddresses?
    }

    /// Addresses that are good as long as the table is.
    struct Lookup: @unchecked Sendable {
        /// The first index, and the number of entries.
        let first: LogIndex
        let count: UInt64
        /// For each stretch of 2^shift indexes the block that its first one is in.
        let hints: UnsafeMutablePointer<UInt32>
        let shift: UInt64
        /// The first index of each block, and the end of the last one.
        let firsts: UnsafeMutablePointer<LogIndex>
        let places: UnsafeMutablePointer<Place>

        fileprivate init(_ spans: [BlockSpan]) {
            first = spans.first?.first ?? 0
            let end = spans.last?.end ?? 0
            count = end &- first
            // Eight stretches or more for each block, so that few hints are off, and by one only.
            let wanted = UInt64(16 * spans.count + 1)
            var shift: UInt64 = 0
            while count >> shift > wanted { shift += 1 }
            self.shift = shift
            // All in one piece: tables are made often.
            let firstsByteCount = (spans.count + 1) * MemoryLayout<LogIndex>.stride
            let placesByteCount = spans.count * MemoryLayout<Place>.stride
            let hintCount = Int(count >> shift) + 1
            let memory = UnsafeMutableRawPointer.allocate(
                byteCount: firstsByteCount + placesByteCount
                    + hintCount * MemoryLayout<UInt32>.stride,
                alignment: 16)
            firsts = memory.bindMemory(to: LogIndex.self, capacity: spans.count + 1)
            places = (memory + firstsByteCount).bindMemory(to: Place.self, capacity: spans.count)
            hints = (memory + firstsByteCount + placesByteCount).bindMemory(
                to: UInt32.self, capacity: hintCount)
            var stretch: UInt64 = 0
            for (number, span) in spans.enumerated() {
                (firsts + number).initialize(to: span.first)
                (places + number).initialize(
                    to: Place(first: span.first, addresses: span.addresses))
                while stretch << shift < span.end - first {
                    (hints + Int(stretch)).initialize(to: UInt32(number))
                    stretch += 1
                }
            }
            (firsts + spans.count).initialize(to: end)
        }

        fileprivate func deallocate() { UnsafeMutableRawPointer(firsts).deallocate() }

        /// The number of the block that holds an entry; there has to be one.
        ///
        /// - Complexity: O(1) for blocks of about as many entries; O(blocks) at worst.
        @inline(__always)
        func number(of index: LogIndex) -> Int {
            var number = Int(hints[Int(truncatingIfNeeded: (index &- first) &>> shift)])
            while firsts[number &+ 1] <= index { number &+= 1 }
            return number
        }

        /// Whether there is a block that holds an entry.
        @inline(__always)
        func contains(_ index: LogIndex) -> Bool { index &- first < count }
    }
}
