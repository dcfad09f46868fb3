/// A progress bar with rate and remaining time on stderr, if somebody is looking.
final class Progress {
    private static let width = 24
    private static let interval = Duration.milliseconds(100)

    private let unit: String
    private let total: UInt64?
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var shown: ContinuousClock.Instant?

    /// Makes a bar; without a total it shows the count alone.
    init(unit: String, total: UInt64?) {
        self.unit = unit
        self.total = total
        start = clock.now
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
        text += "\(done) \(unit), \(Self.rounded(rate)) \(unit)/s"
        if let total, total > done, rate > 0 {
            text += ", \(Self.rounded(Double(total - done) / rate)) s left"
        }
        Messages.write(text)
    }

    /// Removes the bar.
    func finish() {
        if shown != nil { Messages.write("\r\u{1B}[K") }
        shown = nil
    }

    deinit { finish() }

    private static func rounded(_ value: Double) -> String {
        UInt64(exactly: value.rounded()).map(String.init) ?? "many"
    }
}
