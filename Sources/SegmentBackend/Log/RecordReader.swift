internal import WALProtocol

/// Reads single records from a file and verifies them.
enum RecordReader {
    /// A whole record in memory.
    struct WholeRecord {
        var header: RecordHeader
        /// Header and payload, and maybe more.
        var bytes: [UInt8]
        /// The end of the payload in `bytes`.
        var end: Int { SegmentFormat.recordHeaderByteCount + header.payloadByteCount }
    }

    /// Reads the record at an offset, whatever its length.
    ///
    /// - Parameter expected: The length of the record, if it is known: then one call is enough.
    /// - Throws: `corrupt` if there is no valid record of that type; `io`.
    static func read(
        _ file: any File, at offset: Int, seed: UInt32, expecting type: RecordType,
        byteCount expected: Int? = nil
    ) throws(LogStoreError) -> WholeRecord {
        do throws(SystemCallError) {
            var count = expected ?? 4096
            if expected == nil { count = min(count, Int(clamping: try file.size()) - offset) }
            var bytes = try file.readBytes(at: UInt64(offset), count: count)
            guard let header = plausible(bytes) else {
                throw SystemCallError(call: "", errno: 0, path: file.path)
            }
            let length = SegmentFormat.recordHeaderByteCount + header.payloadByteCount
            if length > bytes.count {
                // No length beyond the end of the file is believed.
                guard length <= Int(clamping: try file.size()) - offset else {
                    throw SystemCallError(call: "", errno: 0, path: file.path)
                }
                bytes = try file.readBytes(at: UInt64(offset), count: length)
            }
            let isValid = bytes.withUnsafeBytes {
                guard let base = $0.baseAddress, $0.count >= length else { return false }
                return header.isValid(at: base, seed: seed.seed(at: offset))
            }
            guard isValid, header.type == type else {
                throw SystemCallError(call: "", errno: 0, path: file.path)
            }
            return WholeRecord(header: header, bytes: bytes)
        } catch {
            guard error.errno == 0 else { throw LogStoreError(error, writing: false) }
            throw .corrupt(
                "there is no valid \(type) record here", file: file.path,
                byteOffset: UInt64(offset))
        }
    }

    private static func plausible(_ bytes: [UInt8]) -> RecordHeader? {
        bytes.withUnsafeBytes {
            guard let base = $0.baseAddress, $0.count >= SegmentFormat.recordHeaderByteCount
            else { return nil }
            return RecordHeader(plausibleAt: base, available: .max)
        }
    }
}
