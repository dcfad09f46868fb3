import Synchronization
public import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A lock taken with `flock(2)`; the kernel drops it when its owner dies, however it dies.
public final class POSIXFileLock: FileLock {
    /// −1 once released, so that exactly one caller closes.
    private let descriptor: Atomic<Int32>
    private let owner = getpid()

    /// Takes a locked descriptor over.
    init(descriptor: Int32) {
        self.descriptor = Atomic(descriptor)
    }

    deinit { release() }

    /// Whether the lock is held, and by this process: a forked child shares the open file, but it is
    /// not the one that took the lock.
    public var isHeld: Bool { descriptor.load(ordering: .acquiring) >= 0 && getpid() == owner }

    /// Gives the lock up; idempotent, from any thread.
    ///
    /// In a forked child it stays the parent's.
    public func release() {
        let owned = descriptor.exchange(-1, ordering: .acquiringAndReleasing)
        guard owned >= 0 else { return }
        // Unlocked by name first: a child between `fork` and `exec` shares the open file, and
        // closing our half of it would leave the lock with the child.
        if getpid() == owner { _ = flock(owned, LOCK_UN) }
        _ = close(owned)
    }
}
