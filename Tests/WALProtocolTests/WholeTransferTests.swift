import Testing
import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `writeAll` and `readAll` over a file that transfers what a script says.
@Suite struct WholeTransferTests {
    private let bytes = (UInt8(0)..<100).map { $0 }

    @Test(
        arguments: [
            [.all], [.upTo(1), .upTo(98), .all], [.interrupted, .upTo(50), .interrupted, .all],
            [.upTo(1), .interrupted, .interrupted, .upTo(1), .all],
        ] as [[ScriptedFile.Step]])
    func shortAndInterruptedTransfersAreContinued(_ script: [ScriptedFile.Step]) throws {
        let file = ScriptedFile(script: script)
        try bytes.withUnsafeBytes { try file.writeAll($0, at: 10) }
        #expect(file.content == [UInt8](repeating: 0, count: 10) + bytes)
        #expect(file.script.isEmpty)

        let source = ScriptedFile(file.content, script: script)
        #expect(try source.readBytes(at: 10, count: 100) == bytes)
        #expect(source.script.isEmpty)
    }

    @Test func nothingIsTransferredForNothing() throws {
        let file = ScriptedFile(script: [.failing(EIO)])
        try file.writeAll(UnsafeRawBufferPointer(start: nil, count: 0), at: 0)
        #expect(try file.readBytes(at: 0, count: 0) == [])
        #expect(file.script.count == 1)
    }

    @Test func aReadEndsWithTheFile() throws {
        let file = ScriptedFile(bytes, script: [.upTo(3), .all, .all])
        #expect(try file.readBytes(at: 90, count: 100) == Array(bytes[90...]))
        #expect(try ScriptedFile(bytes, script: [.all]).readBytes(at: 100, count: 1) == [])
        #expect(try ScriptedFile(bytes, script: [.all]).readBytes(at: .max, count: 1) == [])
    }

    /// A full disk may show as a write of nothing: it must not become an endless loop.
    @Test func aWriteWithoutProgressIsAFullDisk() {
        let file = ScriptedFile(script: [.upTo(40), .upTo(0)])
        let error = #expect(throws: SystemCallError.self) {
            try bytes.withUnsafeBytes { try file.writeAll($0, at: 0) }
        }
        #expect(error == SystemCallError(call: "pwrite", errno: ENOSPC, path: "scripted"))
        #expect(error.map { LogStoreError($0).code } == .noSpace)
        #expect(file.content == Array(bytes[..<40]))
    }

    @Test func anErrorEndsTheTransfer() {
        let file = ScriptedFile(script: [.upTo(40), .failing(EIO), .all])
        let error = #expect(throws: SystemCallError.self) {
            try bytes.withUnsafeBytes { try file.writeAll($0, at: 0) }
        }
        #expect(error?.errno == EIO)
        #expect(file.script.count == 1)
        let source = ScriptedFile(bytes, script: [.upTo(40), .failing(EIO), .all])
        #expect(throws: SystemCallError(call: "pread", errno: EIO, path: "scripted")) {
            try source.readBytes(at: 0, count: 100)
        }
    }
}

/// A file in memory that carries out one step of a script per call.
final class ScriptedFile: File, @unchecked Sendable {
    enum Step {
        case all
        case upTo(Int)
        case interrupted
        case failing(Int32)
    }

    let path = "scripted"
    private(set) var content: [UInt8]
    private(set) var script: [Step]

    init(_ content: [UInt8] = [], script: [Step]) {
        self.content = content
        self.script = script
    }

    /// The bytes of `count` that the next step lets through.
    private func take(_ call: String, _ count: Int) throws(SystemCallError) -> Int {
        let step = script.isEmpty ? .failing(ENOTSUP) : script.removeFirst()
        switch step {
        case .all: return count
        case .upTo(let limit): return min(limit, count)
        case .interrupted: throw SystemCallError(call: call, errno: EINTR, path: path)
        case .failing(let number): throw SystemCallError(call: call, errno: number, path: path)
        }
    }

    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int {
        let start = Int(min(offset, UInt64(content.count)))
        let count = try take("pread", min(buffer.count, content.count - start))
        buffer.copyBytes(from: content[start..<(start + count)])
        return count
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemCallError) -> Int {
        let count = try take("pwrite", bytes.count)
        let start = Int(offset)
        let missing = max(0, start + count - content.count)
        content.append(contentsOf: repeatElement(0, count: missing))
        content.replaceSubrange(start..<(start + count), with: bytes[..<count])
        return count
    }

    func size() throws(SystemCallError) -> UInt64 { UInt64(content.count) }
    func setSize(_ byteCount: UInt64) throws(SystemCallError) { _ = try take("ftruncate", 0) }
    func reserve(_ byteCount: UInt64) throws(SystemCallError) { _ = try take("fallocate", 0) }
    func sync() throws(SystemCallError) { _ = try take("fdatasync", 0) }
}
