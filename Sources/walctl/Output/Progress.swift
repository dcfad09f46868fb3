/// A progress bar with rate and remaining time on stderr, if somebody is looking.
///
/// Only one thread at a time may call it.
final class Progress {
    private static let width = 24
    private static let interval = Duration.milliseconds(100)

    private let unit: String
    /// What there is to do; the bar shows the count alone as long as that is not known.
    private var total: UInt64?
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var shown: ContinuousClock.Instant?

    /// Makes a bar; without a total it shows the count alone.
    init(unit: String, total: UInt64?) {
        self.unit = unit
        self.total = total
        start = clock.now
    }

    /// Shows how much is done, and of how much.
    func advance(to done: UInt64, of total: UInt64?) {
        self.total = total
        advance(to: done)
    }

    /// Shows how much is done.
    func advance(to done: UInt64) {
        guard Messages.isTerminal else { return }
        let now = clock.now
        if now - (shown ?? start) < Self.interval { return }
        shown = now
        let seconds = max((now - start) / .seconds(1), 0.001)
        let rate = Double(done) / seconds
        var text = "\r\u{1B}[K"
        if let total, total > 0 {
            let share = min(Double(done) / Double(total), 1)
            let filled = Int(share * Double(Self.width))
            text += "[" + String(repeating: "#", count: filled)
            text += String(repeating: ".", count: Self.width - filled) + "] "
            text += "\(Int(share * 100)) % "
        }
        text += "\(amount(Double(done))), \(amount(rate))/s"
        if let total, total > done, rate > 0 {
            text += ", \(Self.time(Double(total - done) / rate)) left"
        }
        Messages.write(text)
    }

    /// Removes the bar.
    func finish() {
        if shown != nil { Messages.write("\r\u{1B}[K") }
        shown = nil
    }

    deinit { finish() }

    /// A number of units; bytes in the greatest unit that they have one of.
    private func amount(_ value: Double) -> String {
        unit == "bytes" ? ByteText.short(value) : "\(Self.rounded(value)) \(unit)"
    }

    private static func rounded(_ value: Double) -> String {
        UInt64(exactly: value.rounded()).map(String.init) ?? "many"
    }

    /// Seconds, or minutes and seconds, or hours and minutes.
    private static func time(_ seconds: Double) -> String {
        guard let whole = Int(exactly: seconds.rounded(.up)), whole < 360_000 else { return "days" }
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}
