/// Ratios in words.
enum Ratios {
    /// How much more than something: `3 % more`, `2.4 times as much`, `the same`.
    ///
    /// - Parameters:
    ///   - more: What is said of a few percent more.
    ///   - times: What is said behind `times as`.
    static func more(_ ratio: Double, _ more: String = "longer", _ times: String = "long")
        -> String
    {
        let percent = ((ratio - 1) * 100).rounded()
        if percent == 0 { return "equally \(times)" }
        if ratio >= 1.3 { return "\(factor(ratio)) times as \(times)" }
        return "\(Int(percent)) % \(more)"
    }

    /// How far from the limit: `2 % above it`, `2.4 times it`, `at it`.
    static func aboveLimit(_ ratio: Double) -> String {
        let percent = ((ratio - 1) * 100).rounded()
        if percent == 0 { return "at the limit" }
        if ratio < 1 { return "\(Int(-percent)) % below it" }
        if ratio >= 2 { return "\(factor(ratio)) times the limit" }
        return "\(Int(percent)) % above the limit"
    }

    /// `2.4`, `15`, `340`: two digits that count.
    static func factor(_ ratio: Double) -> String {
        guard ratio.isFinite, abs(ratio) < 1e15 else { return "–" }
        if ratio >= 9.95 { return "\(Int(ratio.rounded()))" }
        let tenths = Int((ratio * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// Names as one says them: `a`, `a and b`, `a, b and c`.
    static func list(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }
}
