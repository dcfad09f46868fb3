import Foundation
import Testing

@testable import WALBenchmark

@Suite struct ContrastTests {
    private func contrast(_ old: [Double], _ new: [Double]) -> Contrast {
        Contrast(
            workload: "append.buffered.1", unit: "ns/entry",
            rounds: zip(old, new).map { Contrast.Round(old: $0, new: $1) })
    }

    @Test func aDifferenceInEveryRoundCounts() {
        let old: [Double] = [10, 11, 10, 12, 10, 11]
        let worse = contrast(old, old.map { $0 * 1.5 })
        #expect(worse.verdict == .worse)
        #expect(worse.ratio == 1.5)
        #expect(worse.worseRoundCount == 6)
        #expect(contrast(old, old.map { $0 / 1.5 }).verdict == .better)
    }

    @Test func theSameBuildTwiceIsNoise() {
        let old: [Double] = [10, 11, 10, 12, 10, 11]
        #expect(contrast(old, old).verdict == .noise)
        #expect(contrast(old, old.reversed()).verdict == .noise)
    }

    @Test func roundsThatAgreeAreNoiseIfTheMiddleHalvesOverlap() {
        let old: [Double] = [10, 20, 30, 40, 50, 60]
        #expect(contrast(old, old.map { $0 + 1 }).verdict == .noise)
    }

    @Test func apartIsNoiseIfTheRoundsAreTooFewOrDisagree() {
        #expect(contrast([10, 10, 10], [20, 20, 20]).verdict == .noise)
        // Six of nine rounds are worse, and by far.
        #expect(
            contrast(
                [10, 10, 10, 10, 10, 10, 40, 40, 40], [30, 30, 30, 30, 30, 30, 20, 20, 20]
            ).verdict == .noise)
    }

    @Test(arguments: [(6, 6), (8, 9), (10, 12), (12, 15)])
    func agreementCountsFromTheSignTestOn(_ agreeing: Int, _ count: Int) {
        #expect(Contrast.isSignificant(agreeing, of: count))
        #expect(!Contrast.isSignificant(agreeing - 1, of: count))
    }

    @Test func fiveRoundsProveNothing() {
        #expect(!Contrast.isSignificant(5, of: 5))
        #expect(!Contrast.isSignificant(0, of: 9))
    }

    @Test func quartilesLieBetweenValues() throws {
        let quartiles = try #require(Quartiles([4, 1, 3, 2]))
        #expect(quartiles.low == 1.75)
        #expect(quartiles.median == 2.5)
        #expect(quartiles.high == 3.25)
        #expect(Quartiles([]) == nil)
    }

    @Test func theTableShowsBothTheNoiseAndTheControl() throws {
        var measured = contrast([10, 11, 10, 12, 10, 11], [20, 21, 20, 22, 20, 21])
        measured.controls = [.init(old: 4, new: 5)]
        let missing = Contrast(workload: "get.new", unit: "")
        let text = ContrastTable(of: [measured, missing]).text
        let line = try #require(text.split(separator: "\n").dropFirst().first).split(separator: " ")
        #expect(
            line.map(String.init) == [
                "append.buffered.1", "10.5", "ns", "10.0", "ns", "–", "11.0", "ns",
                "20.5", "ns", "20.0", "ns", "–", "21.0", "ns", "1.95", "6", "of", "6", "1.25",
                "worse",
            ])
        #expect(text.contains("get.new: not in both builds"))
        #expect(text.contains(Contrast.rule))
    }

    @Test func theReportHasEveryRound() throws {
        let measured = contrast([10, 11, 10, 12, 10, 11], [20, 21, 20, 22, 20, 21])
        let text = try ContrastReport([measured, Contrast(workload: "x", unit: "")]).text()
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let results = try #require(object?["results"] as? [[String: Any]])
        #expect(results.count == 1)
        #expect(results.first?["verdict"] as? String == "worse")
        #expect(results.first?["newRounds"] as? [Double] == [20, 21, 20, 22, 20, 21])
    }
}
