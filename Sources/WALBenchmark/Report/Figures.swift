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
