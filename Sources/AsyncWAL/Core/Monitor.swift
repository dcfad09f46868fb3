#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// A mutex and a condition to wait for, on the monotonic clock.
package final class Monitor: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    package init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        var status = pthread_mutex_init(mutex, nil)
        precondition(status == 0, "a mutex without attributes can always be made")
        #if canImport(Darwin)
            // Waits are relative there.
            status = pthread_cond_init(condition, nil)
        #else
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            status = pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
        #endif
        precondition(status == 0, "a condition on the monotonic clock can always be made")
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    package func lock() { pthread_mutex_lock(mutex) }

    package func unlock() { pthread_mutex_unlock(mutex) }

    /// Runs `body` alone.
    @inline(__always)
    package func withLock<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Wakes all who wait; best called without the lock.
    package func signal() { pthread_cond_broadcast(condition) }

    /// Gives up the lock until somebody signals, or until a time; it may return early.
    package func wait(atMost limit: Duration? = nil) {
        guard let limit else {
            pthread_cond_wait(condition, mutex)
            return
        }
        guard limit > .zero else { return }
        let (seconds, attoseconds) = limit.components
        var time = timespec()
        #if canImport(Darwin)
            time.tv_sec = Int(seconds)
            time.tv_nsec = Int(attoseconds / 1_000_000_000)
            pthread_cond_timedwait_relative_np(condition, mutex, &time)
        #else
            clock_gettime(CLOCK_MONOTONIC, &time)
            let nanoseconds = time.tv_nsec + Int(attoseconds / 1_000_000_000)
            time.tv_sec += Int(clamping: min(seconds, 1 << 32)) + nanoseconds / 1_000_000_000
            time.tv_nsec = nanoseconds % 1_000_000_000
            pthread_cond_timedwait(condition, mutex, &time)
        #endif
    }
}

/// Starts a thread that runs `body` to its end.
///
/// - Returns: Whether there is such a thread now.
package func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    let argument = Unmanaged.passRetained(Body(body))
    #if canImport(Darwin)
        var thread: pthread_t?
        let status = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, argument.toOpaque())
        if status == 0, let thread { pthread_detach(thread) }
    #else
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                if let argument {
                    Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            }, argument.toOpaque())
        if status == 0 { pthread_detach(thread) }
    #endif
    if status != 0 { argument.release() }
    return status == 0
}

/// A thread, to be compared with another.
struct ThreadID: Equatable {
    private let thread: pthread_t

    static var current: ThreadID { ThreadID(thread: pthread_self()) }
}
