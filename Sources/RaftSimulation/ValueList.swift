internal import Synchronization
internal import RaftEngine
package import WALProtocol

/// A state machine that only remembers what it was given, for tests: in which order, and where.
package final class ValueList: StateMachine {
    /// A value that was applied.
    package struct Value: Hashable, Sendable {
        package var index: LogIndex
        package var bytes: [UInt8]
    }

    private let content = Mutex<[Value]>([])
    private let restored = Mutex(0)

    /// An empty list.
    package init() {}

    /// What was applied, in order.
    package var values: [Value] { content.withLock { $0 } }

    /// How often a snapshot was restored.
    package var restoreCount: Int { restored.withLock { $0 } }

    /// A hash of everything, the same for the same list in every process.
    package var fingerprint: UInt64 {
        content.withLock { values in
            var hash = Fingerprint()
            for value in values {
                hash.add(value.index)
                hash.add(value.bytes)
            }
            return hash.value
        }
    }

    package func apply(_ command: RawSpan, at index: LogIndex) {
        let bytes = command.withUnsafeBytes { [UInt8]($0) }
        content.withLock { $0.append(Value(index: index, bytes: bytes)) }
    }

    package func snapshot() -> [UInt8]? {
        content.withLock { values in
            var result: [UInt8] = []
            for value in values {
                for number in [value.index, UInt64(value.bytes.count)] {
                    withUnsafeBytes(of: number.littleEndian) { result.append(contentsOf: $0) }
                }
                result += value.bytes
            }
            return result
        }
    }

    package func restore(_ snapshot: RawSpan, at index: LogIndex) throws {
        var rest = snapshot.withUnsafeBytes { [UInt8]($0) }[...]
        func number() throws -> UInt64 {
            guard rest.count >= 8 else { throw LogStoreError(.corrupt, "the list is cut") }
            defer { rest = rest.dropFirst(8) }
            return rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        var values: [Value] = []
        while !rest.isEmpty {
            let place = try number()
            guard let count = Int(exactly: try number()), count <= rest.count, place <= index else {
                throw LogStoreError(.corrupt, "the list makes no sense")
            }
            values.append(Value(index: place, bytes: Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
        content.withLock { $0 = values }
        restored.withLock { $0 += 1 }
    }
}

/// FNV-1a: a hash that is the same in every process, which `Hasher`'s is not.
package struct Fingerprint: Sendable {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    package mutating func add(_ number: UInt64) {
        for shift in stride(from: 0, to: 64 as UInt64, by: 8) {
            add(byte: UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { add(byte: byte) }
    }

    private mutating func add(byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
}
