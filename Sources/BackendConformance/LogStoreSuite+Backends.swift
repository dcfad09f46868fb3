public import Conformance
import SegmentBackend
import WALProtocol

#if LMDB
    public import LMDBBackend
#endif

/// The kit set up for the stores of this package: with other options to vary, an opening for reading
/// and, where a store takes one, a simulated disk.
extension LogStoreSuite {
    /// The rules for the segment store, with the smallest segments, so that everything rotates.
    ///
    /// - Parameters:
    ///   - seed: Where everything random comes from; drawn at random if it is left out.
    ///   - timeLimit: How long one rule may take.
    ///   - scratchDirectory: Where stores are made; the system's place if it is left out.
    public static func segment(
        seed: UInt64 = .random(in: .min ... .max), timeLimit: Duration = .seconds(300),
        scratchDirectory: String? = nil
    ) -> LogStoreSuite {
        @Sendable func options(
            segment: Int = 8 << 10, cache: Int = 64 << 10
        ) -> SegmentStore.Options {
            var options = SegmentStore.Options()
            options.minimumSegmentByteCount = segment
            options.maximumSegmentByteCount = segment
            options.cacheByteCount = cache
            return options
        }
        return LogStoreSuite(
            opening: { try SegmentStore(at: $0, options: options()) },
            variants: [
                { try SegmentStore(at: $0, options: options(cache: 0)) },
                { try SegmentStore(at: $0, options: options(segment: 32 << 10, cache: 1)) },
                { try SegmentStore(at: $0) },
            ],
            openingReadOnly: { path in
                var options = options()
                options.access = .readOnly
                return try SegmentStore(at: path, options: options)
            },
            openingOnSimulatedDisk: { path, fileSystem, executor in
                var options = options()
                options.fileSystem = fileSystem
                options.executor = executor
                options.randomNumbers = { 0x5eed }
                return try SegmentStore(at: path, options: options)
            },
            seed: seed, timeLimit: timeLimit, scratchDirectory: scratchDirectory)
    }

    #if LMDB
        /// The rules for the LMDB store.
        ///
        /// - Parameters:
        ///   - durability: What its syncs do; a store that says it is not durable is not held to it.
        ///   - seed: Where everything random comes from; drawn at random if it is left out.
        ///   - timeLimit: How long one rule may take.
        ///   - scratchDirectory: Where stores are made; the system's place if it is left out.
        public static func lmdb(
            durability: LMDBStore.Options.Durability = .full,
            seed: UInt64 = .random(in: .min ... .max), timeLimit: Duration = .seconds(300),
            scratchDirectory: String? = nil
        ) -> LogStoreSuite {
            @Sendable func open(
                _ path: String, _ change: (inout LMDBStore.Options) -> Void = { _ in }
            ) throws(LogStoreError) -> any LogStore {
                var options = LMDBStore.Options()
                options.durability = durability
                change(&options)
                return try LMDBStore(at: path, options: options)
            }
            return LogStoreSuite(
                opening: { try open($0) },
                variants: [
                    { path in
                        try open(path) {
                            $0.initialMapByteCount = 1 << 20
                            $0.pendingByteLimit = 4 << 10
                        }
                    },
                    { path in
                        try open(path) {
                            $0.initialMapByteCount = 1 << 30
                            $0.pendingByteLimit = 64 << 20
                            $0.maximumReaders = 32
                        }
                    },
                ],
                openingReadOnly: { try open($0) { $0.access = .readOnly } },
                seed: seed, timeLimit: timeLimit, scratchDirectory: scratchDirectory)
        }
    #endif
}
