import RaftEngine
import Synchronization
import WALProtocol

/// What the cluster agrees on: keys and their values.
final class KeyValues: StateMachine {
    private let content = Mutex<[String: [UInt8]]>([:])

    subscript(key: String) -> [UInt8]? { content.withLock { $0[key] } }

    var count: Int { content.withLock { $0.count } }

    /// The command that sets a key, or removes it.
    static func command(_ key: String, _ value: [UInt8]?) -> [UInt8] {
        var bytes: [UInt8] = [value == nil ? 0 : 1]
        append(Array(key.utf8), to: &bytes)
        append(value ?? [], to: &bytes)
        return bytes
    }

    func apply(_ command: RawSpan, at index: LogIndex) {
        var rest = command.withUnsafeBytes { [UInt8]($0) }[...]
        // Every replica ignores the same ones.
        guard let kind = rest.popFirst(), let key = Self.take(&rest), let value = Self.take(&rest)
        else { return }
        let name = String(decoding: key, as: UTF8.self)
        content.withLock { $0[name] = kind == 0 ? nil : value }
    }

    func snapshot() -> [UInt8]? {
        content.withLock { content in
            var bytes: [UInt8] = []
            for (key, value) in content.sorted(by: { $0.key < $1.key }) {
                Self.append(Array(key.utf8), to: &bytes)
                Self.append(value, to: &bytes)
            }
            return bytes
        }
    }

    func restore(_ snapshot: RawSpan, at index: LogIndex) throws {
        var rest = snapshot.withUnsafeBytes { [UInt8]($0) }[...]
        var restored: [String: [UInt8]] = [:]
        while !rest.isEmpty {
            guard let key = Self.take(&rest), let value = Self.take(&rest) else {
                throw LogStoreError(.corrupt, "the snapshot is cut")
            }
            restored[String(decoding: key, as: UTF8.self)] = value
        }
        content.withLock { $0 = restored }
    }

    /// Four bytes of length, then the bytes.
    private static func append(_ piece: [UInt8], to bytes: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(clamping: piece.count).littleEndian) {
            bytes.append(contentsOf: $0)
        }
        bytes += piece
    }

    private static func take(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.count >= 4 else { return nil }
        let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(4)
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}
