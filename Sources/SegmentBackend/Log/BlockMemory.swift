#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The memory of a block, handed from one to the next so that nothing is allocated per block.
final class BlockMemory: Sendable {
    nonisolated(unsafe) let base: UnsafeMutableRawPointer
    let byteCount: Int
    private let origin: Origin

    private enum Origin {
        case heap
        /// From the system, and back to it: the heap would keep it, and could seldom use it again
        /// because small objects settle in the gap.
        case system
        case slab(BlockSlab)
    }

    /// Allocates memory of any size, for a unit that is too large for others.
    init(byteCount: Int) {
        self.byteCount = byteCount
        if byteCount > BlockSlab.blockByteCount,
            let pages = mmap(
                nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            pages != MAP_FAILED
        {
            origin = .system
            base = pages
        } else {
            origin = .heap
            base = .allocate(byteCount: byteCount, alignment: 64)
        }
    }

    fileprivate init(_ slab: BlockSlab, at base: UnsafeMutableRawPointer, byteCount: Int) {
        origin = .slab(slab)
        self.base = base
        self.byteCount = byteCount
    }

    deinit {
        switch origin {
        case .heap: base.deallocate()
        case .system: munmap(base, byteCount)
        case .slab: break
        }
    }
}

/// Memory for some blocks in one huge page: a read of any entry then seldom waits for the
/// processor to find out where in memory the page is.
final class BlockSlab: Sendable {
    private static let byteCount = 2 << 20
    private static let blockCount = 3

    /// The bytes of each block.
    static let blockByteCount = (byteCount / blockCount) & ~63

    private nonisolated(unsafe) let base: UnsafeMutableRawPointer

    private init() {
        base = .allocate(byteCount: Self.byteCount, alignment: Self.byteCount)
        #if os(Linux)
            // A wish: where there is no huge page it is many small ones.
            madvise(base, Self.byteCount, MADV_HUGEPAGE)
        #endif
    }

    deinit { base.deallocate() }

    /// Memory for so many blocks as fit.
    static func make() -> [BlockMemory] {
        let slab = BlockSlab()
        return (0..<blockCount).map {
            BlockMemory(slab, at: slab.base + $0 * blockByteCount, byteCount: blockByteCount)
        }
    }
}
