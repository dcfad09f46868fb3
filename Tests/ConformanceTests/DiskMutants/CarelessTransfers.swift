import WALProtocol

extension File {
    /// Reads as stores do that forget what `read` may do.
    func readCarelessly(
        _ count: Int, _ mutation: DiskMutation?
    ) throws(SystemCallError) -> [UInt8] {
        var failure: SystemCallError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let rest = UnsafeMutableRawBufferPointer(
                    UnsafeMutableBufferPointer(rebasing: buffer[done...]))
                do throws(SystemCallError) {
                    done += try read(into: rest, at: UInt64(done))
                    if mutation == .trustsShortReads { return }
                } catch {
                    let ends =
                        mutation == .takesReadErrorForEnd
                        || mutation == .takesInterruptionForEnd && error.isInterruption
                    if !error.isInterruption, !ends { failure = error }
                    if ends || failure != nil { return }
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes as stores do that forget what `write` may do.
    func writeCarelessly(
        _ bytes: UnsafeRawBufferPointer, at offset: UInt64, _ mutation: DiskMutation?
    ) throws(SystemCallError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            do throws(SystemCallError) {
                done += try write(rest, at: offset + UInt64(done))
                if mutation == .trustsShortWrites { return }
            } catch {
                guard error.isInterruption, mutation == .trustsShortWrites else { throw error }
            }
        }
    }
}
