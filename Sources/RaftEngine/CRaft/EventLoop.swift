#if CRaft
    internal import AsyncWAL
    internal import CRaftLibrary
    internal import Synchronization

    /// The engine's thread: libuv's loop, and a way for others to have something done on it.
    final class EventLoop: @unchecked Sendable {
        let loop: UnsafeMutablePointer<uv_loop_t>
        private let wakeUp: UnsafeMutablePointer<uv_async_t>
        private let work = Mutex<[@Sendable () -> Void]?>([])

        /// Makes a loop and its thread.
        ///
        /// - Throws: `engine` if the system gives none.
        init() throws(RaftError) {
            loop = .allocate(capacity: 1)
            wakeUp = .allocate(capacity: 1)
            loop.initialize(to: uv_loop_t())
            wakeUp.initialize(to: uv_async_t())
            var status = uv_loop_init(loop)
            if status == 0 {
                status = uv_async_init(loop, wakeUp) { handle in
                    guard let data = handle?.pointee.data else { return }
                    Unmanaged<EventLoop>.fromOpaque(data).takeUnretainedValue().runWork()
                }
            }
            guard status == 0 else {
                throw RaftError(.engine, "no event loop: \(String(cString: uv_strerror(status)))")
            }
            wakeUp.pointee.data = Unmanaged.passUnretained(self).toOpaque()
            guard startThread({ [self] in run() }) else {
                throw RaftError(.engine, "the system gives no thread for the engine")
            }
        }

        deinit {
            loop.deallocate()
            wakeUp.deallocate()
        }

        /// Runs something on the loop's thread, later, in the order of the calls.
        ///
        /// - Returns: whether it will; not after ``end()``.
        @discardableResult
        func submit(_ body: @escaping @Sendable () -> Void) -> Bool {
            work.withLock { work in
                guard work != nil else { return false }
                work?.append(body)
                // Under the lock: nobody may be woken up who is gone.
                if work?.count == 1 { uv_async_send(wakeUp) }
                return true
            }
        }

        /// Ends the loop when nothing is left to do; only on its own thread.
        func end() {
            let rest = work.withLock { work in
                defer { work = nil }
                return work ?? []
            }
            for body in rest { body() }
            let handle = UnsafeMutableRawPointer(wakeUp).assumingMemoryBound(to: uv_handle_t.self)
            uv_close(handle, nil)
        }

        private func runWork() {
            let now = work.withLock { work in
                let now = work
                if now != nil { work = [] }
                return now ?? []
            }
            for body in now { body() }
        }

        private func run() {
            uv_run(loop, UV_RUN_DEFAULT)
            uv_loop_close(loop)
        }
    }
#endif
