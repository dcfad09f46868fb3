#if CRaft
    package import CRaftLibrary
    package import WALProtocol

    /// The engine's view of a state machine.
    package final class EngineMachine {
        /// The functions, for `raft_init`.
        package let fsm: UnsafeMutablePointer<raft_fsm>
        private let machine: any StateMachine
        private let raft: UnsafeMutablePointer<raft>
        private let engine: EngineIO
        private let onFailure: (LogStoreError) -> Void

        package init(
            _ machine: any StateMachine, raft: UnsafeMutablePointer<raft>, engine: EngineIO,
            onFailure: @escaping (LogStoreError) -> Void
        ) {
            self.machine = machine
            self.raft = raft
            self.engine = engine
            self.onFailure = onFailure
            fsm = .allocate(capacity: 1)
            fsm.initialize(to: raft_fsm())
            fsm.pointee.version = 1
            fsm.pointee.data = Unmanaged.passUnretained(self).toOpaque()
            fsm.pointee.apply = { fsm, buffer, result in
                result?.pointee = nil
                guard let buffer else { return RAFT_INVALID }
                return EngineMachine.of(fsm).apply(buffer.pointee)
            }
            fsm.pointee.snapshot = { fsm, buffers, count in
                guard let buffers, let count else { return RAFT_INVALID }
                guard let state = EngineMachine.of(fsm).machine.snapshot() else { return RAFT_BUSY }
                guard let array = EngineMemory.allocate(raft_buffer.self, count: 1),
                    let buffer = state.withUnsafeBytes({ EngineMemory.copy($0) })
                else { return RAFT_NOMEM }
                array.initialize(to: buffer)
                buffers.pointee = array
                count.pointee = 1
                return 0
            }
            fsm.pointee.restore = { fsm, buffer in
                guard let buffer else { return RAFT_INVALID }
                return EngineMachine.of(fsm).restore(buffer.pointee)
            }
        }

        deinit { fsm.deallocate() }

        private static func of(_ fsm: UnsafeMutablePointer<raft_fsm>?) -> EngineMachine {
            guard let data = fsm?.pointee.data else {
                preconditionFailure("the engine names its state machine")
            }
            return Unmanaged<EngineMachine>.fromOpaque(data).takeUnretainedValue()
        }

        private func apply(_ buffer: raft_buffer) -> Int32 {
            let index = raft.pointee.last_applied + 1
            guard let command = CommandFrame.decode(EngineMemory.bytes(buffer)) else {
                onFailure(
                    LogStoreError(
                        .corrupt, "the log holds a command that no node proposed",
                        context: .init(index: index)))
                return RAFT_CORRUPT
            }
            machine.apply(command.bytes, at: index)
            return 0
        }

        /// Takes the buffer over, if nothing fails.
        private func restore(_ buffer: raft_buffer) -> Int32 {
            do {
                try machine.restore(EngineMemory.bytes(buffer).bytes, at: engine.restoredIndex)
            } catch {
                onFailure(
                    LogStoreError(
                        .corrupt, "the state machine does not understand the snapshot: \(error)",
                        context: .init(index: engine.restoredIndex)))
                return RAFT_CORRUPT
            }
            raft_free(buffer.base)
            return 0
        }
    }
#endif
