import ArgumentParser
import AsyncWAL
import Foundation
import WALProtocol

/// `walstress killed-writer`: the process that `walstress kill` kills.
struct KilledWriterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "killed-writer",
        abstract: "Appends from many tasks until it is killed, and tells what was acknowledged.",
        shouldDisplay: false)

    @Option var backend = DamageCommand.Store.segment
    @Option var directory: String
    @Option var round: UInt32
    @Option var tasks: UInt32

    func run() throws {
        let log = try AsyncLog(RealStore.open(backend, at: directory))
        for task in 0..<tasks {
            Task { [round] in
                do throws(LogStoreError) {
                    for count in 0... as PartialRangeFrom<UInt64> {
                        let entry = KillEntry(round: round, task: task, count: count)
                        let position = try await log.append(entry.payload, term: 1)
                        Acknowledgement(index: position.index, entry: entry).tell()
                    }
                } catch {
                    FileHandle.standardError.write(Data("\(error)\n".utf8))
                    Foundation.exit(1)
                }
            }
        }
        dispatchMain()
    }
}

/// An entry whose payload follows from who wrote it.
struct KillEntry: Hashable, Sendable {
    /// The process that wrote it, the task in it, and how many that task had written before.
    var round: UInt32
    var task: UInt32
    var count: UInt64

    static let headerByteCount = 16

    /// The header, and up to 255 bytes more that follow from it.
    var payload: [UInt8] {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: (round, task, count)) { bytes += $0 }
        var state = UInt64(round) << 32 ^ UInt64(task) << 20 ^ count
        for _ in 0..<Int(truncatingIfNeeded: (state &* 0x9E37_79B9_7F4A_7C15) >> 56) {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes.append(UInt8(truncatingIfNeeded: state >> 56))
        }
        return bytes
    }

    init(round: UInt32, task: UInt32, count: UInt64) {
        self.round = round
        self.task = task
        self.count = count
    }

    /// Who wrote a payload; `nil` if nobody did: all of its bytes have to follow from the header.
    init?(payload: [UInt8]) {
        guard payload.count >= Self.headerByteCount else { return nil }
        (round, task, count) = payload.withUnsafeBytes {
            (
                $0.loadUnaligned(as: UInt32.self),
                $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self),
                $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
        }
        guard self.payload == payload else { return nil }
    }
}

/// That an entry is durable, as the writer tells it before it dies.
///
/// What was written into a pipe outlives the writer, and a write as short as this is never mixed
/// with another one (POSIX: up to `PIPE_BUF` bytes).
struct Acknowledgement: Sendable {
    var index: LogIndex
    var entry: KillEntry

    static let byteCount = 24

    init(index: LogIndex, entry: KillEntry) {
        self.index = index
        self.entry = entry
    }

    /// Reads one; the bytes have its size.
    init(_ bytes: UnsafeRawBufferPointer) {
        index = bytes.loadUnaligned(as: UInt64.self)
        entry = KillEntry(
            round: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self),
            task: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self),
            count: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
    }

    /// Writes it to the standard output.
    func tell() {
        withUnsafeBytes(of: (index, entry.round, entry.task, entry.count)) { bytes in
            // Whoever reads has gone: there is nobody to write for.
            if write(STDOUT_FILENO, bytes.baseAddress, bytes.count) != bytes.count { _exit(1) }
        }
    }
}
