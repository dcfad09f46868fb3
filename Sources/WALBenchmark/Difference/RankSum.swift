/// Whether two lists of figures that were measured apart differ by more than chance: Wilcoxon's
/// rank-sum test, exact.
///
/// A sign test, as for rounds that were measured side by side, needs pairs; two runs have none.
enum RankSum {
    /// Above this many pairs of values the lists are thinned: the test has long decided by then.
    private static let valueLimit = 60

    /// How likely two lists from one source are at least so far apart, whichever way.
    static func chance(_ a: [Double], _ b: [Double]) -> Double {
        let a = thinned(a)
        let b = thinned(b)
        guard !a.isEmpty, !b.isEmpty else { return 1 }
        var below = 0
        var above = 0
        for x in a {
            for y in b {
                // A tie speaks for neither, and so against a difference.
                if x <= y { below += 1 }
                if x >= y { above += 1 }
            }
        }
        return min(1, 2 * tail(of: min(below, above), a.count, b.count))
    }

    /// How likely two lists of so many values do not overlap at all, whichever way.
    static func chanceOfSeparation(_ a: Int, _ b: Int) -> Double {
        guard a > 0, b > 0 else { return 1 }
        return min(1, 2 * tail(of: 0, min(a, valueLimit), min(b, valueLimit)))
    }

    /// How likely no more than so many pairs are the wrong way round.
    private static func tail(of pairs: Int, _ a: Int, _ b: Int) -> Double {
        // The chance that the last value in order is one of the first list, and then beyond all of
        // the second: chances[i][u] is that of i values of the first and j of the second with u pairs.
        var chances = [[Double]](
            repeating: [1] + [Double](repeating: 0, count: pairs), count: a + 1)
        for j in 1...b {
            for i in 1...a {
                for u in stride(from: pairs, through: 0, by: -1) {
                    let first = u >= j ? chances[i - 1][u - j] : 0
                    let second = chances[i][u]
                    chances[i][u] = (Double(i) * first + Double(j) * second) / Double(i + j)
                }
            }
        }
        return chances[a].reduce(0, +)
    }

    private static func thinned(_ values: [Double]) -> [Double] {
        guard values.count > valueLimit else { return values }
        return (0..<valueLimit).map { values[$0 * values.count / valueLimit] }
    }
}
