/// The workloads that `walbench compare` runs, in the order of its table.
enum Workloads {
    /// All of them.
    static var all: [any Workload] {
        [
            BufferedAppend(batchCount: 1), BufferedAppend(batchCount: 10),
            BufferedAppend(batchCount: 100),
            DurableAppend(batchCount: 1), DurableAppend(batchCount: 10),
            DurableAppend(batchCount: 100),
            DurableAppend(batchCount: 1, payloadByteCount: 16),
            DurableAppend(batchCount: 1, payloadByteCount: 1 << 10),
            DurableAppend(batchCount: 1, payloadByteCount: 64 << 10),
            ConcurrentAppend(taskCount: 1), ConcurrentAppend(taskCount: 8),
            ConcurrentAppend(taskCount: 64), ConcurrentAppend(taskCount: 512),
            ConcurrentAppend(taskCount: 64, figure: .syncs),
            ConcurrentAppend(taskCount: 512, figure: .syncs), PacedAppend(ratePerSecond: 5_000),
            RaftMix(),
            PayloadAppend(byteCount: 16, isConcrete: true),
            PayloadAppend(byteCount: 16, isConcrete: false),
            PayloadAppend(byteCount: 128, isConcrete: true),
            PayloadAppend(byteCount: 128, isConcrete: false),
            PayloadAppend(byteCount: 1 << 10, isConcrete: true),
            PayloadAppend(byteCount: 1 << 10, isConcrete: false),
            PayloadAppend(byteCount: 64 << 10, isConcrete: true),
            PayloadAppend(byteCount: 64 << 10, isConcrete: false),
            SlowestSync.acrossRotations, SlowestSync.inAFreshStore, AppendAfterBurst(),
            NearlyFullDisk(),
            HotGet(isRandom: false), HotGet(isRandom: true),
            HotRange.last, HotRange(copies: false), HotRange(copies: true), HotTerm(),
            ReadBesideWriter(), ReadBesideTasks(),
            ColdGet(), ColdTerm(), ColdScan(),
            CleanOpening(entryCount: 10_000), CleanOpening(entryCount: 1_000_000),
            MemoryAfterOpening(),
            CleanOpening(entryCount: Bench.gigabyteEntryCount), Verification(),
            KilledOpening(entryCount: Bench.gigabyteEntryCount),
            KilledOpening(entryCount: 10_000), KilledOpening(entryCount: 1_000_000), CatchUp(),
            DurableMetadata(), ElectionStorm(), DurableTruncation(), ConflictReplacement(),
            DurableCompaction(), SpaceOverTime(),
            MemoryUse(entryCount: 1_000_000), MemoryUse(entryCount: 10_000_000), DeviceBytes(),
        ]
    }
}
