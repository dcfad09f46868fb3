internal import CWALDisk
public import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An open regular file; closed when its last reference goes.
///
/// Concurrency: reads and writes name their offset and nothing here is mutable, so any thread may
/// call anything at any time.
public final class POSIXFile: File {
    /// The path it was opened by.
    public let path: String
    let descriptor: Int32

    /// Takes a descriptor over.
    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        // What `close` could still report concerns bytes that no sync has covered; nobody was
        // told that those are safe.
        closeDescriptor(descriptor)
    }

    /// Reads with `pread(2)`.
    ///
    /// - Returns: the bytes read; 0 at the end of the file.
    public func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int {
        let count = pread(
            descriptor, buffer.baseAddress, buffer.count, try fileOffset(offset, "pread"))
        guard count >= 0 else { throw SystemCallError(lastError: "pread", path) }
        return count
    }

    /// Writes with `pwrite(2)`.
    ///
    /// - Returns: the bytes written, possibly fewer than given.
    public func write(
        _ bytes: UnsafeRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int {
        let count = pwrite(
            descriptor, bytes.baseAddress, bytes.count, try fileOffset(offset, "pwrite"))
        guard count >= 0 else { throw SystemCallError(lastError: "pwrite", path) }
        return count
    }

    /// The size in bytes, by `fstat(2)`.
    public func size() throws(SystemCallError) -> UInt64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw SystemCallError(lastError: "fstat", path)
        }
        return UInt64(status.st_size)
    }

    /// Cuts or extends the file with `ftruncate(2)`; what is added reads as zeros.
    public func setSize(_ byteCount: UInt64) throws(SystemCallError) {
        guard ftruncate(descriptor, try fileOffset(byteCount, "ftruncate")) == 0 else {
            throw SystemCallError(lastError: "ftruncate", path)
        }
    }

    /// Extends the file with `posix_fallocate(3)`, or with `ftruncate(2)` where that is not to be
    /// had.
    public func reserve(_ byteCount: UInt64) throws(SystemCallError) {
        #if canImport(Darwin)
            try setSize(byteCount)
        #else
            let size = try fileOffset(byteCount, "posix_fallocate")
            while true {
                // It returns the error instead of setting `errno`.
                let number = posix_fallocate(descriptor, 0, size)
                guard number != 0 else { return }
                let error = SystemCallError(call: "posix_fallocate", errno: number, path: path)
                if error.isInterruption { continue }
                guard number == EOPNOTSUPP || number == ENOSYS || number == EINVAL else {
                    throw error
                }
                return try setSize(byteCount)
            }
        #endif
    }

    /// Makes contents and size durable: `fdatasync(2)`; on Darwin `fcntl(2)` with `F_FULLFSYNC`.
    ///
    /// Never repeated, whatever the error: the pages that failed may be gone from memory.
    public func sync() throws(SystemCallError) {
        #if canImport(Darwin)
            guard fcntl(descriptor, F_FULLFSYNC) != -1 else {
                throw SystemCallError(lastError: "fcntl", path)
            }
        #else
            guard fdatasync(descriptor) == 0 else {
                throw SystemCallError(lastError: "fdatasync", path)
            }
        #endif
    }

    /// Starts to write a range to the device: `sync_file_range(2)`; on Darwin `fsync(2)`, which
    /// hands everything to the drive and does not flush its cache.
    public func startWriting(_ byteCount: Int, at offset: UInt64) throws(SystemCallError) {
        let start = try fileOffset(offset, "sync_file_range")
        let error = wal_start_writing(descriptor, Int64(start), Int64(byteCount))
        guard error == 0 else {
            throw SystemCallError(call: "sync_file_range", errno: error, path: path)
        }
    }

    /// An offset as the system calls take it; offsets come from disk, so a wild one throws.
    private func fileOffset(_ offset: UInt64, _ call: String) throws(SystemCallError) -> off_t {
        guard let converted = off_t(exactly: offset) else {
            throw SystemCallError(call: call, errno: EINVAL, path: path)
        }
        return converted
    }
}

/// Outside the type, whose members hide system calls of the same names.
private func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }
