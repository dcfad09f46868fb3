internal import CWALChecksum
@testable internal import SegmentBackend
internal import WALProtocol

/// Decodes any bytes as one part of a store's files.
///
/// The first byte picks the part. What is accepted has to encode to something that decodes to the
/// same again, and to the same bytes where every byte is significant.
enum DecodingTarget {
    static func run(_ input: [UInt8]) {
        guard let part = input.first else { return }
        let bytes = Array(input.dropFirst())
        // Copied to the heap byte for byte, so that a read beyond the end is found.
        switch part % 8 {
        case 0: checkpoint(bytes)
        case 1: index(bytes)
        case 2: slot(bytes)
        case 3: header(bytes)
        case 4: identity(bytes)
        case 5: record(bytes, isSealed: true)
        case 6: record(bytes, isSealed: false)
        default: metadata(bytes)
        }
    }

    private static func checkpoint(_ bytes: [UInt8]) {
        guard let decoded = bytes.withUnsafeBytes({ Checkpoint($0, in: .max) }) else { return }
        let again = decoded.encode()
        precondition(again.withUnsafeBytes { Checkpoint($0, in: .max) } == decoded)
        precondition(again.count <= bytes.count)
        let log = ReplayedLog(decoded)
        _ = log.entryCount
        for span in log.spans { _ = span.endIndex }
    }

    private static func index(_ bytes: [UInt8]) {
        guard let decoded = bytes.withUnsafeBytes({ SegmentIndex.decode($0) }) else { return }
        precondition(decoded.encode() == bytes)
        for run in decoded.runs { _ = decoded.term(at: run.first) }
        _ = decoded.term(at: 0)
        _ = decoded.term(at: .max)
        precondition(decoded.memoryFootprint <= bytes.count)
    }

    private static func slot(_ bytes: [UInt8]) {
        var bytes = bytes
        bytes.seal(0..<60, seed: 5)
        guard let decoded = bytes.withUnsafeBytes({ StatusSlot($0, seed: 5) }) else { return }
        let again = decoded.encode(seed: 5)
        precondition(again.withUnsafeBytes { StatusSlot($0, seed: 5) } == decoded)
        if !bytes.isEmpty { bytes[0] ^= 1 }
        precondition(bytes.withUnsafeBytes { StatusSlot($0, seed: 5) } == nil)
    }

    private static func header(_ bytes: [UInt8]) {
        var bytes = bytes
        if bytes.count >= 60 { bytes.put(SegmentFormat.magic, at: 0, count: 8) }
        bytes.seal(0..<60)
        guard case .valid(let decoded) = bytes.withUnsafeBytes({ SegmentHeader.decode($0) }) else {
            return
        }
        var again = [UInt8](repeating: 0, count: SegmentHeader.byteCount)
        again.withUnsafeMutableBytes { if let base = $0.baseAddress { decoded.encode(to: base) } }
        precondition(again.withUnsafeBytes { SegmentHeader.decode($0) } == .valid(decoded))
    }

    private static func identity(_ bytes: [UInt8]) {
        var bytes = bytes
        if bytes.count >= 60 { bytes.put(SegmentFormat.magic, at: 0, count: 8) }
        bytes.seal(0..<60)
        expectTypedErrors {
            let decoded = try StoreIdentity.decode(bytes, path: "STORE")
            let again = try StoreIdentity.decode(StoreIdentity.encode(decoded), path: "STORE")
            precondition(again == decoded)
        }
    }

    private static func record(_ bytes: [UInt8], isSealed: Bool) {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress,
                let header = RecordHeader(plausibleAt: base, available: buffer.count)
            else { return }
            precondition(header.recordByteCount <= buffer.count)
            guard isSealed else {
                _ = header.isValid(at: base, seed: 9)
                return
            }
            let start = SegmentFormat.recordHeaderByteCount
            let payload = Array(buffer[start..<start + header.payloadByteCount])
            var again = [UInt8](repeating: 0, count: header.recordByteCount)
            again.withUnsafeMutableBytes { target in
                payload.withUnsafeBytes { payload in
                    guard let base = target.baseAddress else { return }
                    header.encode(to: base, seed: 9, payload: payload)
                    let decoded = RecordHeader(plausibleAt: base, available: target.count)
                    precondition(decoded == header)
                    precondition(header.isValid(at: base, seed: 9))
                    precondition(!header.isValid(at: base, seed: 10))
                }
            }
        }
    }

    private static func metadata(_ bytes: [UInt8]) {
        guard let (key, value) = bytes.withUnsafeBytes({ MetadataRecord.decode($0) }) else {
            return
        }
        precondition(MetadataRecord.encode(key, value) == bytes)
        precondition(MetadataRecord.byteCount(key, value) == bytes.count)
    }
}
