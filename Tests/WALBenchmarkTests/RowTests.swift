import Testing

@testable import WALBenchmark

func cell(_ backend: String, _ median: Double, _ durability: Durability = .durable) throws
    -> Row.Cell
{
    Row.Cell(
        backend: backend, durability: durability,
        summary: try #require(Summary([median, median + 1, median - 1])),
        percentiles: Percentiles((0..<1_000).map { median + Double($0) }))
}

func durableRow() -> Row {
    Row(
        workload: "append.durable.10", sentence: "append and sync", unit: .nanosecondsPerEntry,
        durability: .durable, entriesPerCall: 10)
}

@Suite struct RowTests {
    @Test func ratiosAreOfMedians() throws {
        var row = durableRow()
        try row.add(cell("segment", 100))
        try row.add(cell("lmdb", 400))
        try row.setLimit(cell("limit", 80))
        #expect(row.ratioToLimit(of: row.cells[0]) == 1.25)
        #expect(row.ratioToBaseline(of: row.cells[0], baseline: "lmdb") == 0.25)
        #expect(row.ratioToBaseline(of: row.cells[1], baseline: "lmdb") == 1)
        #expect(row.ratioToBaseline(of: row.cells[0], baseline: "absent") == nil)
    }

    @Test func aRowWithoutALimitHasNoRatioToIt() throws {
        var row = durableRow()
        try row.add(cell("segment", 100))
        #expect(row.ratioToLimit(of: row.cells[0]) == nil)
    }

    @Test(arguments: [Durability.buffered, .flushed, .none])
    func figuresOfAnotherDurabilityAreRefused(_ durability: Durability) throws {
        var row = durableRow()
        let refusal = Row.MixedDurability(row: .durable, refused: durability)
        #expect(throws: refusal) { try row.add(cell("lmdb:nosync", 5, durability)) }
        #expect(throws: refusal) { try row.setLimit(cell("limit", 5, durability)) }
        #expect(row.cells.isEmpty)
        #expect(row.limit == nil)
    }
}
