internal import AsyncWAL
import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The process that a ``KillDrill`` kills.
public enum KilledWriter {
    /// Appends until the process is killed, if a ``KillDrill`` started it; returns at once otherwise.
    ///
    /// Call it first in `main`, before anything else is read or printed.
    ///
    /// - Parameter opening: Opens the store at a path, as the program under test does.
    public static func takeOver(opening: @escaping LogStoreSuite.Opening) {
        guard let order = Order.given else { return }
        do {
            let log = try AsyncLog(opening(order.path))
            for task in 0..<UInt32(order.taskCount) {
                Task {
                    do throws(LogStoreError) {
                        for count in 0... as PartialRangeFrom<UInt64> {
                            let entry = KillEntry(
                                round: UInt32(order.round), task: task, count: count)
                            let position = try await log.append(entry.payload, term: 1)
                            Acknowledgement(index: position.index, entry: entry).tell()
                        }
                    } catch {
                        giveUp(error)
                    }
                }
            }
            while true { pause() }  // The tasks have the threads of the pool.
        } catch {
            giveUp(error)
        }
    }

    private static func giveUp(_ error: any Error) -> Never {
        let text = Array("\(error)\n".utf8)
        _ = write(STDERR_FILENO, text, text.count)
        _exit(1)
    }

    /// What a writer has to do, handed over in its environment.
    struct Order: Sendable {
        private static let variable = "WAL_KILLED_WRITER"

        var path: String
        var round: Int
        var taskCount: Int

        init(path: String, round: Int, taskCount: Int) {
            self.path = path
            self.round = round
            self.taskCount = taskCount
        }

        /// The order that this process was started with; `nil` if there is none.
        static var given: Order? {
            guard let value = getenv(variable) else { return nil }
            let parts = String(cString: value).split(
                separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, let round = Int(parts[0]), let taskCount = Int(parts[1]) else {
                return nil
            }
            return Order(path: String(parts[2]), round: round, taskCount: taskCount)
        }

        private var assignment: String { "\(Self.variable)=\(round) \(taskCount) \(path)" }

        /// Lets a process carry it out for a time, and kills it.
        ///
        /// - Returns: what it acknowledged.
        func live(in executable: String, milliseconds: UInt32) throws -> [Acknowledgement] {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw KillFailure("there is no pipe to be had") }
            let pid = try spawn(executable, output: ends[1], unused: ends[0])
            close(ends[1])
            defer { close(ends[0]) }
            // Somebody has to read meanwhile: a pipe is soon full.
            let killing = Background { () -> Void in
                Files.pause(milliseconds: milliseconds)
                kill(pid, SIGKILL)
            }
            let output = Self.readAll(ends[0])
            try killing.join()
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            // Died by itself before it was told to: an error of the store, or of the program.
            guard status & 0x7F == SIGKILL else {
                throw KillFailure("the writer ended by itself with the status \(status >> 8)")
            }
            return output.withUnsafeBytes { bytes in
                stride(
                    from: 0, through: bytes.count - Acknowledgement.byteCount,
                    by: Acknowledgement.byteCount
                ).map {
                    Acknowledgement(.init(rebasing: bytes[$0..<($0 + Acknowledgement.byteCount)]))
                }
            }
        }

        private func spawn(_ executable: String, output: Int32, unused: Int32) throws -> pid_t {
            #if canImport(Darwin)
                var actions: posix_spawn_file_actions_t?
            #else
                var actions = posix_spawn_file_actions_t()
            #endif
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
            posix_spawn_file_actions_addclose(&actions, output)
            posix_spawn_file_actions_addclose(&actions, unused)
            var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(executable), nil]
            var variables: [UnsafeMutablePointer<CChar>?] = []
            var place = environ
            while let variable = place.pointee {
                variables.append(strdup(variable))
                place += 1
            }
            variables += [strdup(assignment), nil]
            defer { for text in arguments + variables { free(text) } }
            var pid = pid_t()
            let result = posix_spawn(&pid, executable, &actions, nil, &arguments, &variables)
            guard result == 0 else {
                throw KillFailure("\(executable): \(String(cString: strerror(result)))")
            }
            return pid
        }

        private static func readAll(_ descriptor: Int32) -> [UInt8] {
            var bytes: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = read(descriptor, &piece, piece.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return bytes }
                bytes += piece[..<count]
            }
        }
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
