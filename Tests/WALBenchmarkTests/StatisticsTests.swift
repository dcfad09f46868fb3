import Testing

@testable import WALBenchmark

@Suite struct StatisticsTests {
    @Test func medianOfAnOddNumberIsTheMiddleValue() throws {
        let summary = try #require(Summary([9, 1, 5]))
        #expect(summary.median == 5)
        #expect(summary.low == 1)
        #expect(summary.high == 9)
        #expect(summary.count == 3)
    }

    @Test func medianOfAnEvenNumberIsTheMeanOfTheMiddleTwo() {
        #expect(Summary([4, 1, 3, 2])?.median == 2.5)
    }

    @Test func nothingHasNoSummaryAndNoPercentiles() {
        #expect(Summary([]) == nil)
        #expect(Percentiles([]) == nil)
    }

    @Test func percentilesAreByNearestRank() {
        let percentiles = Percentiles((1...1_000).reversed().map(Double.init))
        #expect(percentiles?.p50 == 500)
        #expect(percentiles?.p99 == 990)
        #expect(percentiles?.p999 == 999)
    }

    @Test func ranksRoundUp() {
        #expect(Percentiles.rank(500, of: 3) == 1)
        #expect(Percentiles.rank(500, of: 4) == 1)
        #expect(Percentiles.rank(990, of: 101) == 99)
        #expect(Percentiles.rank(999, of: 1_001) == 999)
        #expect(Percentiles.rank(999, of: 1) == 0)
    }

    @Test func percentilesThatTooFewCallsSupportAreAbsent() {
        #expect(Percentiles([7])?.p50 == 7)
        #expect(Percentiles([Double](repeating: 1, count: 99))?.p99 == nil)
        #expect(Percentiles([Double](repeating: 1, count: 100))?.p99 == 1)
        #expect(Percentiles([Double](repeating: 1, count: 999))?.p999 == nil)
    }

    @Test func aRepetitionOfCallsIsItsMedianPerEntry() {
        let sample = Sample(calls: [100, 1_000, 200] as [UInt64], entriesPerCall: 10)
        #expect(sample.figure == 20)
        #expect(sample.calls == [10, 100, 20])
    }

    @Test func figuresHaveThreeDigitsAndAUnit() {
        #expect(Figures.time(25.13) == "25.1 ns")
        #expect(Figures.time(0.4981) == "0.498 ns")
        #expect(Figures.time(999.7) == "1.00 µs")
        #expect(Figures.time(93_400) == "93.4 µs")
        #expect(Figures.time(2_500_000_000) == "2.50 s")
        #expect(Figures.bytes(4_302) == "4.30 kB")
        #expect(Figures.bytes(0) == "0 B")
        #expect(Figures.ratio(340.4) == "340")
        #expect(Figures.ratio(0.00612) == "0.00612")
    }
}
