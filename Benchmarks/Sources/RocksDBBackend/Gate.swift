#if RocksDB
    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// A lock that many may hold together, or one alone.
    ///
    /// Not to be entered by whoever is in it.
    final class Gate: @unchecked Sendable {
        private let lock: UnsafeMutablePointer<pthread_rwlock_t>

        init() {
            lock = .allocate(capacity: 1)
            lock.initialize(to: pthread_rwlock_t())
            #if canImport(Glibc)
                // By default whoever wants to be alone waits for ever behind readers that never stop.
                var attributes = pthread_rwlockattr_t()
                pthread_rwlockattr_init(&attributes)
                pthread_rwlockattr_setkind_np(
                    &attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
                let status = pthread_rwlock_init(lock, &attributes)
                pthread_rwlockattr_destroy(&attributes)
            #else
                let status = pthread_rwlock_init(lock, nil)
            #endif
            precondition(status == 0, "a lock can always be made")
        }

        deinit {
            pthread_rwlock_destroy(lock)
            lock.deallocate()
        }

        /// Runs `body` beside others.
        func together<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
            pthread_rwlock_rdlock(lock)
            defer { pthread_rwlock_unlock(lock) }
            return try body()
        }

        /// Runs `body` alone.
        func alone<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
            pthread_rwlock_wrlock(lock)
            defer { pthread_rwlock_unlock(lock) }
            return try body()
        }
    }
#endif
