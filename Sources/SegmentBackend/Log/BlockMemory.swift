#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// The memory of a block, handed from one to the next so that nothing is allocated per block.
final class BlockMemory: Sendable {
    nonisolated(unsafe) let base: UnsafeMutableRawPointer
    let byteCount: Int
    /// What it is a part of; by itself if there is none.
    private let slab: BlockSlab?

    /// Allocates memory of any size, for a unit that is too large for others.
    init(byteCount: Int) {
        self.byteCount = byteCount
        slab = nil
        base = .allocate(byteCount: byteCount, alignment: 64)
    }

    fileprivate init(_ slab: BlockSlab, at base: UnsafeMutableRawPointer, byteCount: Int) {
        self.slab = slab
        self.base = base
        self.byteCount = byteCount
    }

    deinit {
        if slab == nil { base.deallocate() }
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
