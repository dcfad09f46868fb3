/// Words that can be pasted into a shell.
enum ShellText {
    private static let plain = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%,=".utf8)

    /// A path as one word; in quotes if it needs them.
    static func quoted(_ path: String) -> String {
        if !path.isEmpty, path.utf8.allSatisfy({ plain.contains($0) }) { return path }
        let isPrintable = path.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isPrintable else { return "DIR" }
        return "'"
            + path.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "'\\''") + "'"
    }
}
