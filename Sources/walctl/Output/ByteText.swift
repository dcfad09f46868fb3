/// Numbers of bytes for people.
enum ByteText {
    private static let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

    /// A number of bytes in the greatest unit of which there is at least one, with three digits.
    static func short(_ byteCount: Double) -> String {
        var value = byteCount
        var unit = 0
        while value >= 1023.5, unit + 1 < units.count {
            value /= 1024
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        var text = "\(Int(value.rounded()))"
        if unit > 0, tenths < 1000, tenths % 10 != 0 { text = "\(tenths / 10).\(tenths % 10)" }
        return "\(text) \(unit == 0 && text == "1" ? "byte" : units[unit])"
    }

    /// A number of bytes in the greatest unit of which there is at least one.
    static func short(_ byteCount: UInt64) -> String { short(Double(byteCount)) }
}
