#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

internal import WALProtocol

/// A file of an ``OverlayFileSystem``: what was written is in memory, the rest below.
final class OverlayFile: File {
    let path: String
    private let contents: Contents

    init(path: String, _ contents: Contents) {
        self.path = path
        self.contents = contents
    }

    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int {
        try contents.read(into: buffer, at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemCallError) -> Int {
        guard offset <= UInt64(Int64.max) - UInt64(bytes.count) else {
            throw SystemCallError(call: "pwrite", errno: EINVAL, path: path)
        }
        return try contents.write(bytes, at: offset)
    }

    func size() throws(SystemCallError) -> UInt64 { contents.byteCount }

    func setSize(_ byteCount: UInt64) throws(SystemCallError) {
        contents.setByteCount(byteCount)
    }

    func reserve(_ byteCount: UInt64) throws(SystemCallError) {
        if byteCount > contents.byteCount { contents.setByteCount(byteCount) }
    }

    func sync() throws(SystemCallError) {}
}

extension OverlayFile {
    /// What all names and handles of a file share.
    final class Contents: @unchecked Sendable {
        private static let blockByteCount = 16 << 10

        private let base: (any File)?
        private let mutex = Lock()
        // All of these only with the mutex.
        private var blocks: [UInt64: [UInt8]] = [:]
        private var size: UInt64
        /// What stands at and behind this place in the file below does not count.
        private var baseLimit: UInt64

        init(above base: (any File)?, byteCount: UInt64) {
            self.base = base
            size = byteCount
            baseLimit = base == nil ? 0 : byteCount
        }

        var byteCount: UInt64 { mutex.withLock { size } }

        func read(
            into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
        ) throws(SystemCallError) -> Int {
            try mutex.withLock { () throws(SystemCallError) in
                guard offset < size else { return 0 }
                let count = Int(clamping: min(UInt64(buffer.count), size - offset))
                // One block at a time: short reads are allowed.
                let number = offset / UInt64(Self.blockByteCount)
                let start = Int(offset % UInt64(Self.blockByteCount))
                if let block = blocks[number] {
                    let part = min(count, block.count - start)
                    block.withUnsafeBytes { bytes in
                        let source = bytes[start..<start + part]
                        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: source))
                    }
                    return part
                }
                let isPlain = blocks.isEmpty
                let part = isPlain ? count : min(count, Self.blockByteCount - start)
                let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<part])
                try readBase(into: target, at: offset)
                return part
            }
        }

        func write(
            _ bytes: UnsafeRawBufferPointer, at offset: UInt64
        ) throws(SystemCallError) -> Int {
            try mutex.withLock { () throws(SystemCallError) in
                let number = offset / UInt64(Self.blockByteCount)
                let start = Int(offset % UInt64(Self.blockByteCount))
                let part = min(bytes.count, Self.blockByteCount - start)
                let source = UnsafeRawBufferPointer(rebasing: bytes[..<part])
                size = max(size, offset + UInt64(part))
                let first = number * UInt64(Self.blockByteCount)
                if blocks[number] == nil {
                    // Zeros where there is nothing below need no memory.
                    if first >= baseLimit, source.allSatisfy({ $0 == 0 }) { return part }
                    var block = [UInt8](repeating: 0, count: Self.blockByteCount)
                    var failure: SystemCallError?
                    block.withUnsafeMutableBytes { target in
                        do throws(SystemCallError) {
                            try readBase(into: target, at: first)
                        } catch {
                            failure = error
                        }
                    }
                    if let failure { throw failure }
                    blocks[number] = block
                }
                blocks[number]?.withUnsafeMutableBytes {
                    UnsafeMutableRawBufferPointer(rebasing: $0[start..<start + part])
                        .copyMemory(from: source)
                }
                return part
            }
        }

        func setByteCount(_ byteCount: UInt64) {
            mutex.withLock {
                let blockByteCount = UInt64(Self.blockByteCount)
                if byteCount < size {
                    baseLimit = min(baseLimit, byteCount)
                    for number in [UInt64](blocks.keys) {
                        let first = number * blockByteCount
                        if first >= byteCount {
                            blocks[number] = nil
                        } else if first + blockByteCount > byteCount {
                            let kept = Int(byteCount - first)
                            let zeros = repeatElement(UInt8(0), count: Self.blockByteCount - kept)
                            blocks[number]?.replaceSubrange(kept..., with: zeros)
                        }
                    }
                }
                size = byteCount
            }
        }

        /// Reads what stands below, and zeros where nothing does.
        private func readBase(
            into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
        ) throws(SystemCallError) {
            var count = 0
            if let base, offset < baseLimit {
                let wanted = Int(clamping: min(UInt64(buffer.count), baseLimit - offset))
                count = try base.readAll(
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: offset)
            }
            UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).initializeMemory(
                as: UInt8.self, repeating: 0)
        }
    }
}
