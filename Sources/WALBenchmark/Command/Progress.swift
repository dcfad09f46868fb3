import Foundation

/// One line on stderr that says what is being done, if somebody is looking.
final class Progress: Sendable {
    private let isShown = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now

    /// Replaces the line.
    func show(_ text: String) {
        guard isShown else { return }
        let seconds = (ContinuousClock.now - start).components.seconds
        Output.complain("\r\u{1B}[K\(seconds) s  \(text)")
    }

    /// Removes the line.
    func clear() {
        if isShown { Output.complain("\r\u{1B}[K") }
    }
}
