import Foundation

/// Where a figure lies on an axis, and what is written there.
struct Scale: Sendable {
    /// How an axis goes.
    enum Kind: Sendable {
        /// In equal steps.
        case linear
        /// In equal factors.
        case logarithmic
        /// Percentages, each step nearer to a hundred by the same factor: 90, 99, 99.9.
        case nines
    }

    /// A place on the axis that is marked.
    struct Tick: Hashable, Sendable {
        /// The figure.
        var value: Double
        /// The words there.
        var text: String
    }

    /// How it goes.
    let kind: Kind
    /// The places that are marked.
    private(set) var ticks: [Tick]
    private let lowest: Double
    private let highest: Double

    /// An axis from 0 in equal steps.
    ///
    /// - Parameter text: Writes a figure.
    static func linear(_ values: [Double], text: (Double) -> String) -> Scale {
        let largest = max(values.filter(\.isFinite).max() ?? 0, .leastNormalMagnitude)
        let step = niceStep(largest / 4)
        let count = min(max((largest / step - 1e-9).rounded(.up), 1), 10)
        return Scale(
            kind: .linear, lowest: 0, highest: count * step,
            ticks: (0...Int(count)).map {
                Tick(value: Double($0) * step, text: text(Double($0) * step))
            })
    }

    /// An axis in equal factors around values above 0.
    ///
    /// - Parameter ticks: The places to mark; powers of ten, or of steps between them, if none.
    static func logarithmic(
        _ values: [Double], ticks: [Tick] = [], text: (Double) -> String = { "\($0)" }
    ) -> Scale {
        let values = (values + ticks.map(\.value)).filter { $0 > 0 && $0.isFinite }
        let low = values.min() ?? 1
        let high = values.max() ?? 10
        guard ticks.isEmpty else {
            // A little air, so that nothing lies on the frame.
            let air = high > low ? pow(high / low, 0.04) : 2
            return Scale(
                kind: .logarithmic, lowest: log10(low / air), highest: log10(high * air),
                ticks: ticks)
        }
        let decades = log10(high / low)
        let steps: [Double] = decades > 3 ? [1] : decades > 1.3 ? [1, 3] : [1, 2, 5]
        var marks: [Double] = []
        for exponent in Int(log10(low).rounded(.down)) - 1...Int(log10(high).rounded(.up)) {
            marks += steps.map { $0 * pow(10, Double(exponent)) }
        }
        let first = marks.last { $0 <= low * 1.02 } ?? low
        let last = marks.first { $0 >= high * 0.98 } ?? high
        return Scale(
            kind: .logarithmic, lowest: log10(min(first, low)), highest: log10(max(last, high)),
            ticks: marks.filter { $0 >= first && $0 <= last }.map {
                Tick(value: $0, text: text($0))
            })
    }

    /// An axis of percentages up to the last one below a hundred, and one step beyond it for the
    /// slowest.
    static func nines(upTo percent: Double) -> Scale {
        let end = -log10(1 - min(max(percent, 90), 99.9999) / 100)
        let marks: [(Double, String)] = [
            (50, "50"), (90, "90"), (99, "99"), (99.9, "99.9"), (99.99, "99.99"),
        ]
        return Scale(
            kind: .nines, lowest: 0, highest: end + 0.35,
            ticks: marks.filter { $0.0 <= percent + 1e-9 }.map {
                Tick(value: $0.0, text: $0.1 + " %")
            })
    }

    private init(kind: Kind, lowest: Double, highest: Double, ticks: [Tick]) {
        self.kind = kind
        self.lowest = lowest
        self.highest = highest
        self.ticks = ticks
    }

    /// The place of a figure, from 0 at the beginning of the axis to 1 at its end.
    func place(_ value: Double) -> Double {
        let transformed: Double =
            switch kind {
            case .linear: value
            case .logarithmic: value > 0 ? log10(value) : lowest
            case .nines: value < 100 ? -log10(1 - value / 100) : highest
            }
        guard highest > lowest, transformed.isFinite else { return 0 }
        return min(max((transformed - lowest) / (highest - lowest), 0), 1)
    }

    /// The next of 1, 2, 5, 10 … that is no smaller.
    private static func niceStep(_ step: Double) -> Double {
        let power = pow(10, log10(step).rounded(.down))
        return ([1, 2, 2.5, 5].first { $0 * power >= step * (1 - 1e-9) } ?? 10) * power
    }
}
