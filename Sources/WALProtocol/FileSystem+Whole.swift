/// Whole transfers over a seam that may interrupt them or transfer less (`EINTR`, short I/O).
extension File {
    /// Writes all of `bytes`.
    ///
    /// - Throws: what the first write that makes no progress threw; how much was written before is
    ///   not known to the caller, who writes the same bytes again or gives up.
    public func writeAll(
        _ bytes: UnsafeRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count: Int
            do throws(SystemCallError) {
                count = try write(rest, at: place("pwrite", offset, done))
            } catch {
                if error.isInterruption { continue }
                throw error
            }
            guard count > 0 else {
                throw SystemCallError(call: "pwrite", errno: SystemCallError.noSpace, path: path)
            }
            done += count
        }
    }

    /// Reads until `buffer` is full or the file ends.
    ///
    /// - Returns: the bytes read; fewer than asked for only at the end of the file.
    public func readAll(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int {
        var done = 0
        while done < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count: Int
            do throws(SystemCallError) {
                count = try read(into: rest, at: place("pread", offset, done))
            } catch {
                if error.isInterruption { continue }
                throw error
            }
            guard count > 0 else { break }
            done += count
        }
        return done
    }

    /// Where a transfer goes on; no file has bytes beyond `UInt64.max` (`EINVAL`).
    private func place(
        _ call: String, _ offset: UInt64, _ done: Int
    ) throws(SystemCallError) -> UInt64 {
        let (place, overflow) = offset.addingReportingOverflow(UInt64(done))
        guard !overflow else {
            throw SystemCallError(call: call, errno: SystemCallError.invalidOffset, path: path)
        }
        return place
    }

    /// Reads a range of bytes; fewer only at the end of the file.
    ///
    /// - Parameters:
    ///   - offset: Where to start, in bytes.
    ///   - count: The bytes to read; none if it is negative.
    public func readBytes(
        at offset: UInt64, count: Int
    ) throws(SystemCallError) -> [UInt8] {
        guard count > 0 else { return [] }
        var failure: SystemCallError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(SystemCallError) {
                initialized = try readAll(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
