#if LMDB
    extension PageWalk {
        /// Whether the nodes of a branch or leaf lie side by side, from the end of the free space
        /// to the end of the page, as LMDB keeps them.
        ///
        /// LMDB moves all of them when it adds or deletes one, by what their sizes say: a wrong
        /// size would have it write beyond the page.
        static func hasPackedNodes(_ page: [UInt8]) -> Bool {
            page.withUnsafeBytes { hasPackedNodes($0) }
        }

        /// The same of bytes in memory, at least a header.
        static func hasPackedNodes(_ page: UnsafeRawBufferPointer) -> Bool {
            func u16(_ offset: Int) -> Int {
                Int(
                    UInt16(
                        littleEndian: page.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
            }
            let isLeaf = u16(10) == Int(PageFlag.leaf)
            let (lower, upper) = (u16(12), u16(14))
            guard lower >= headerByteCount, lower % 2 == 0, lower <= upper, upper <= page.count
            else { return false }
            var nodes: [(start: Int, end: Int)] = []
            nodes.reserveCapacity((lower - headerByteCount) / 2)
            for pointer in stride(from: headerByteCount, to: lower, by: 2) {
                let start = u16(pointer)
                guard start >= upper, start + nodeHeaderByteCount <= page.count else {
                    return false
                }
                var byteCount = nodeHeaderByteCount + u16(start + 6)
                if isLeaf, u16(start + 4) == Int(NodeFlag.bigData) {
                    byteCount += MemoryLayout<UInt64>.size
                } else if isLeaf {
                    byteCount += u16(start) | u16(start + 2) << 16
                }
                // Nodes begin at even offsets.
                nodes.append((start, start + byteCount + byteCount % 2))
            }
            // LMDB adds below what is there, so they are nearly in descending order.
            nodes.sort { $0.start < $1.start }
            var end = upper
            for node in nodes {
                guard node.start == end else { return false }
                end = node.end
            }
            return end == page.count
        }
    }
#endif
