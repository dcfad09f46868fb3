#if LMDB
    import Synchronization

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// Tells the process that opened a store from a child it forked.
    ///
    /// A child inherits the open files, the mutexes in whatever state they were, and a mapping of
    /// LMDB's shared reader table in which it would stand in for its parent. It may therefore touch
    /// nothing of the store: no read, no write, and no clean-up either, which would clear the
    /// parent's reader slots and drop its lock.
    struct ForkGuard: Sendable {
        private let generation: Int
        private let process: pid_t

        /// Remembers the process that runs now.
        init() {
            ForkCount.install()
            generation = ForkCount.current
            process = getpid()
        }

        /// Whether this is a forked child, as its fork handler told.
        ///
        /// Costs one load.
        var isInChild: Bool { generation != ForkCount.current }

        /// The same, asking the kernel: for the few operations that change the disk, because a
        /// child made by a bare `clone(2)` runs no handlers.
        var isInChildForCertain: Bool { isInChild || getpid() != process }
    }

    /// How often this process's line was forked since the guard was installed.
    private enum ForkCount {
        private static let count = Atomic<Int>(0)

        private static let installed: Bool = {
            pthread_atfork(nil, nil, { ForkCount.count.add(1, ordering: .relaxed) }) == 0
        }()

        /// Registers the handler, once.
        ///
        /// Without it (no memory), ``ForkGuard/isInChildForCertain`` still keeps a child from
        /// writing.
        static func install() { _ = installed }

        static var current: Int { count.load(ordering: .relaxed) }
    }
#endif
