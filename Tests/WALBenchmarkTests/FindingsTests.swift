import Testing

@testable import WALBenchmark

@Suite struct FindingsTests {
    private func findings(_ row: Row) throws -> Findings {
        var comparison = try sampleComparison()
        comparison.rows = [row]
        return Findings(comparison)
    }

    /// A run of reads alone, or one that was stopped early, had its reads drawn as "Durable writes",
    /// and measured against "the disk alone".
    @Test func readsAreNotCalledDurableWrites() throws {
        var row = Row(
            workload: "get.hot.random", sentence: "read", unit: .nanosecondsPerEntry,
            durability: .none)
        try row.add(cell("segment", 100, .none))
        try row.add(cell("lmdb", 400, .none))
        let alone = SummaryChart(try findings(row))
        #expect(alone.title == "“\(WorkloadName.short("get.hot.random"))”")

        try row.setLimit(cell("limit", 80, .none))
        let findings = try findings(row)
        #expect(
            findings.headline.last
                == "The limit, a plain loop without a store, takes 80.0 ns: "
                + "segment is 25 % above the limit, lmdb is 5 times the limit.")
        let chart = SummaryChart(findings)
        #expect(chart.title == alone.title + ", as multiples of the limit")
        #expect(!chart.document().contains("Durable"))
    }

    /// A store that was told not to sync, measured alone, was said to make entries durable.
    @Test func whoDoesNotSyncMakesNothingDurable() throws {
        var row = Row(
            workload: "append.durable.1", sentence: "append", unit: .nanosecondsPerEntry,
            durability: .none)
        try row.add(cell("lmdb:nosync", 100, .none))
        let findings = try findings(row)
        let name = WorkloadName.short("append.durable.1")
        #expect(findings.headline == ["“\(name)”: lmdb:nosync takes 100 ns."])
        #expect(SummaryChart(findings).title == "“\(name)”")
    }

    @Test func durableWritesAreHeldAgainstTheDisk() throws {
        var row = durableRow()
        try row.add(cell("segment", 100))
        #expect(SummaryChart(try findings(row)).title == "Durable writes")
        try row.setLimit(cell("limit", 80))
        let findings = try findings(row)
        #expect(
            SummaryChart(findings).title
                == "Durable writes, as multiples of what the disk alone takes")
        #expect(findings.headline.last?.hasPrefix("The disk alone, a plain loop") == true)
    }
}
