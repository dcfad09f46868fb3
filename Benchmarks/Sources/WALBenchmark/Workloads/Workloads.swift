/// The workloads that `walbench compare` runs, in the order of its table.
public enum Workloads {
    /// All of them.
    public static var all: [any Workload] {
        [
            BufferedAppend(batchCount: 1), BufferedAppend(batchCount: 10),
            BufferedAppend(batchCount: 100),
            DurableAppend(batchCount: 1), DurableAppend(batchCount: 10),
            DurableAppend(batchCount: 100),
            HotGet(isRandom: false), HotGet(isRandom: true),
            HotRange(copies: false), HotRange(copies: true),
            ColdGet(), ColdScan(),
            CleanOpening(entryCount: 10_000), CleanOpening(entryCount: 1_000_000),
            KilledOpening(),
            DurableMetadata(), DurableTruncation(), DurableCompaction(),
            MemoryUse(), DeviceBytes(),
        ]
    }
}
