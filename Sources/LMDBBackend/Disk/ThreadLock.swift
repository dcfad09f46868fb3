#if LMDB
    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// A pthread mutex with one condition: what readers on other threads and the writer meet at.
    ///
    /// `Synchronization.Mutex` has no condition to wait for, and the thread sanitizer does not
    /// understand it.
    final class ThreadLock: @unchecked Sendable {
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

        init() {
            mutex.initialize(to: pthread_mutex_t())
            condition.initialize(to: pthread_cond_t())
            let results = (pthread_mutex_init(mutex, nil), pthread_cond_init(condition, nil))
            precondition(results == (0, 0), "a default mutex and condition can always be made")
        }

        deinit {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
            condition.deallocate()
            mutex.deallocate()
        }

        func lock() { pthread_mutex_lock(mutex) }
        func unlock() { pthread_mutex_unlock(mutex) }

        /// Gives the lock up until ``wakeAll()`` is called, and takes it again.
        ///
        /// May wake for nothing: wait in a loop.
        func wait() { pthread_cond_wait(condition, mutex) }
        func wakeAll() { pthread_cond_broadcast(condition) }

        @inline(__always)
        func withLock<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
            lock()
            defer { unlock() }
            return try body()
        }
    }
#endif
