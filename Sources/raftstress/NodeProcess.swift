#if CRaft
    import Foundation
    import Synchronization

    /// A `raftstress node` that was started, until it is killed.
    final class NodeProcess: Sendable {
        /// What a node says of itself.
        struct Status: Sendable {
            var state = ""
            var term: UInt64 = 0
            var applied: UInt64 = 0
            var last: UInt64 = 0
            var snapshot: UInt64 = 0
            var entryCount = 0
            var syncCount = 0
            var truncationCount = 0
            var resetCount = 0
            var fingerprint: UInt64 = 0
            var valueCount = 0
        }

        struct Value: Hashable, Sendable {
            var index: UInt64
            var value: UInt64
        }

        private struct State {
            var isAlive = true
            var isReady = false
            var proposals: [UInt64: CheckedContinuation<UInt64?, Never>] = [:]
            var statuses: [CheckedContinuation<Status?, Never>] = []
            var lists: [CheckedContinuation<[Value]?, Never>] = []
            var values: [Value] = []
        }

        let id: UInt64
        private let process: UncheckedBox<Process>
        private let input: FileHandle
        private let state = Mutex(State())

        init(id: UInt64, arguments: [String]) throws {
            self.id = id
            // A node that was killed leaves a pipe that nobody reads: no reason to die, too.
            signal(SIGPIPE, SIG_IGN)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: Bundle.main.executablePath ?? "")
            process.arguments = ["node", "--id", String(id)] + arguments
            let (input, output) = (Pipe(), Pipe())
            process.standardInput = input
            process.standardOutput = output
            self.process = UncheckedBox(process)
            self.input = input.fileHandleForWriting
            try process.run()
            let descriptor = dup(output.fileHandleForReading.fileDescriptor)
            Thread.detachNewThread { [self] in
                if let file = fdopen(descriptor, "r") {
                    var line: UnsafeMutablePointer<CChar>?
                    var capacity = 0
                    while getline(&line, &capacity, file) > 0 {
                        if let line { handle(String(cString: line)) }
                    }
                    free(line)
                    fclose(file)
                }
                end()
            }
        }

        var isReady: Bool { state.withLock { $0.isReady && $0.isAlive } }
        var isAlive: Bool { state.withLock { $0.isAlive } }

        /// Kills the process and waits until it is gone.
        func kill() {
            Foundation.kill(process.value.processIdentifier, SIGKILL)
            process.value.waitUntilExit()
            end()
        }

        /// Lets the process end in its own time.
        func stop() {
            try? input.close()
            process.value.waitUntilExit()
            end()
        }

        /// Proposes a value.
        ///
        /// - Returns: its index; `nil` if it is not known to be committed.
        func propose(_ value: UInt64) async -> UInt64? {
            await withCheckedContinuation { continuation in
                if !order("propose \(value)", { $0.proposals[value] = continuation }) {
                    continuation.resume(returning: nil)
                }
            }
        }

        func status() async -> Status? {
            await withCheckedContinuation { continuation in
                if !order("status", { $0.statuses.append(continuation) }) {
                    continuation.resume(returning: nil)
                }
            }
        }

        func values() async -> [Value]? {
            await withCheckedContinuation { continuation in
                if !order("values", { $0.lists.append(continuation) }) {
                    continuation.resume(returning: nil)
                }
            }
        }

        private func order(_ line: String, _ note: (inout State) -> Void) -> Bool {
            state.withLock { state in
                guard state.isAlive, state.isReady else { return false }
                note(&state)
                // Short lines: the pipe takes them whole, or the process is gone.
                _ = (line + "\n").withCString { write(input.fileDescriptor, $0, strlen($0)) }
                return true
            }
        }

        private func handle(_ line: String) {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            let numbers = words.dropFirst().map { UInt64($0) ?? 0 }
            let answer: (() -> Void)? = state.withLock { state in
                switch words.first {
                case "ready": state.isReady = true
                case "ok" where numbers.count == 2:
                    let waiter = state.proposals.removeValue(forKey: numbers[0])
                    return { waiter?.resume(returning: numbers[1]) }
                case "no" where numbers.count == 2:
                    let waiter = state.proposals.removeValue(forKey: numbers[0])
                    return { waiter?.resume(returning: nil) }
                case "status" where numbers.count == 11 && !state.statuses.isEmpty:
                    let waiter = state.statuses.removeFirst()
                    let status = Status(
                        state: words[1], term: numbers[1], applied: numbers[2], last: numbers[3],
                        snapshot: numbers[4], entryCount: Int(numbers[5]),
                        syncCount: Int(numbers[6]), truncationCount: Int(numbers[7]),
                        resetCount: Int(numbers[8]), fingerprint: numbers[9],
                        valueCount: Int(numbers[10]))
                    return { waiter.resume(returning: status) }
                case "value" where numbers.count == 2:
                    state.values.append(Value(index: numbers[0], value: numbers[1]))
                case "end" where !state.lists.isEmpty:
                    let values = state.values
                    state.values = []
                    let waiter = state.lists.removeFirst()
                    return { waiter.resume(returning: values) }
                default: print("node \(id): \(line)", terminator: "")
                }
                return nil
            }
            answer?()
        }

        private func end() {
            let old = state.withLock { state in
                let old = state
                state.isAlive = false
                state.proposals = [:]
                state.statuses = []
                state.lists = []
                return old
            }
            for (_, waiter) in old.proposals { waiter.resume(returning: nil) }
            for waiter in old.statuses { waiter.resume(returning: nil) }
            for waiter in old.lists { waiter.resume(returning: nil) }
        }
    }

    /// A value that is used by one thread at a time, which the compiler does not see.
    struct UncheckedBox<Value>: @unchecked Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }
#endif
