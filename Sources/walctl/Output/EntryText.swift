import ArgumentParser
import CWALChecksum
import RaftWAL

/// How entries are shown, one line each.
struct EntryText {
    /// Adds the payload in this form.
    var payload: PayloadForm?
    /// Makes each line a JSON object.
    var json: Bool

    /// `INDEX TERM LENGTH CRC32C`, or the same as a JSON object.
    func line(_ header: EntryHeader, _ payload: RawSpan) -> String {
        let sum = Self.checksum(payload)
        let text = self.payload?.text(payload)
        if json {
            var object = JSONObject()
            object.set("index", header.position.index)
            object.set("term", header.position.term)
            object.set("kind", header.kind.rawValue)
            object.set("length", header.payloadByteCount)
            object.set("crc32c", sum)
            object.set("payload", text)
            return object.text
        }
        let line = "\(header.position.index) \(header.position.term) \(payload.byteCount) \(sum)"
        return text.map { line + " " + $0 } ?? line
    }

    private static func checksum(_ payload: RawSpan) -> String {
        let digits = payload.withUnsafeBytes {
            String(wal_crc32c($0.baseAddress, $0.count), radix: 16)
        }
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
