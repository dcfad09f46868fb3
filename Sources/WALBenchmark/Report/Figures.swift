import Foundation

/// Writes figures for people: three digits that count, and the unit that fits.
enum Figures {
    /// A figure with its unit: `25.1 ns`, `93.4 µs`, `31.2 MB`.
    static func text(_ value: Double, _ unit: FigureUnit) -> String {
        if unit.isRatio { return digits(value) + " ×" }
        if unit == .syncsPerEntry { return digits(value) }
        return unit.isTime ? time(value) : bytes(value)
    }

    /// Nanoseconds.
    static func time(_ nanoseconds: Double) -> String {
        scaled(nanoseconds, ["ns", "µs", "ms", "s"])
    }

    /// Entries a second, in digits: `201,000/s`.
    static func rate(_ perSecond: Double) -> String {
        guard perSecond.isFinite, perSecond < 1e15 else { return "–" }
        guard perSecond >= 1 else { return digits(perSecond) + "/s" }
        let step = pow(10, max((log10(perSecond) + 1e-9).rounded(.down) - 2, 0))
        var digits = String(Int((perSecond / step).rounded() * step))
        var place = digits.endIndex
        while let next = digits.index(place, offsetBy: -3, limitedBy: digits.startIndex),
            next > digits.startIndex
        {
            digits.insert(",", at: next)
            place = next
        }
        return digits + "/s"
    }

    /// Bytes, in powers of 1,000.
    static func bytes(_ bytes: Double) -> String {
        scaled(bytes, ["B", "kB", "MB", "GB"])
    }

    /// A ratio: `0.0061`, `1.05`, `12.3`, `340`.
    static func ratio(_ value: Double) -> String { digits(value) }

    private static func scaled(_ value: Double, _ units: [String]) -> String {
        var value = value
        var step = 0
        // 999.5 would be written as 1000.
        while abs(value) >= 999.5, step < units.count - 1 {
            value /= 1_000
            step += 1
        }
        return digits(value) + " " + units[step]
    }

    private static func digits(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return value == 0 ? "0" : "–" }
        // Rounded to three digits first, so that 0.9997 is as long as 1.00.
        let exponent = Int(log10(abs(value)).rounded(.down)) - 2
        let rounded = (value / pow(10, Double(exponent))).rounded() * pow(10, Double(exponent))
        let magnitude = Int(log10(abs(rounded) * (1 + 1e-12)).rounded(.down))
        return String(format: "%.*f", min(max(2 - magnitude, 0), 5), value)
    }
}

extension Figures {
    /// A figure on an axis: no more digits than it needs.
    static func short(_ value: Double, _ unit: FigureUnit) -> String {
        guard value != 0 else { return "0" }
        let text = text(value, unit)
        guard let blank = text.lastIndex(of: " ") else { return trimmed(text) }
        return trimmed(String(text[..<blank])) + text[blank...]
    }

    /// A ratio with as many digits as tell it from 1: `1.02`, `2.4`, `15`.
    static func short(_ ratio: Double) -> String {
        ratio < 1.995 ? String(self.ratio(ratio).prefix(4)) : Ratios.factor(ratio)
    }

    /// How many, on an axis: `500`, `10k`, `1M`.
    static func count(_ value: Double) -> String {
        guard value != 0 else { return "0" }
        var value = value
        for unit in ["", "k", "M"] {
            if abs(value) < 999.5 { return trimmed(ratio(value)) + unit }
            value /= 1_000
        }
        return trimmed(ratio(value)) + "G"
    }

    /// A ratio with its sign: `1.02×`.
    static func factor(_ value: Double) -> String { ratio(value) + "×" }

    private static func trimmed(_ digits: String) -> String {
        guard digits.contains(".") else { return digits }
        var digits = digits
        while digits.last == "0" { digits.removeLast() }
        if digits.last == "." { digits.removeLast() }
        return digits
    }
}
