import RaftWAL

/// What is wrong, in the words of a map.
enum ErrorLine {
    /// The message with its place; the file is where it stands on the map.
    static func withoutFile(_ finding: VerificationReport.Finding) -> String {
        let error = finding.error
        var details = error.context.details.filter { $0.0 != "file" }.map { "\($0.0) \($0.1)" }
        if let lost = finding.lost, lost.upperBound - lost.lowerBound > 1 {
            let end = lost.upperBound == .max ? "?" : "\(lost.upperBound - 1)"
            details.append("lost \(lost.lowerBound)-\(end)")
        }
        let text = error.message + (details.isEmpty ? "" : " (\(details.joined(separator: ", ")))")
        return escaped(text)
    }

    /// Text that stays on its line.
    static func escaped(_ text: String) -> String {
        Array(text.utf8).withUnsafeBytes { PayloadForm.escaped($0) }
    }

    /// Breaks text between its words, and words that are too long anywhere.
    static func wrapped(_ text: String, to width: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            var word = word
            let used = lines[lines.count - 1].count
            if used > 0, used + 1 + word.count > width { lines.append("") }
            if !lines[lines.count - 1].isEmpty { lines[lines.count - 1] += " " }
            while lines[lines.count - 1].count + word.count > width {
                let room = max(1, width - lines[lines.count - 1].count)
                lines[lines.count - 1] += word.prefix(room)
                word = word.dropFirst(room)
                lines.append("")
            }
            lines[lines.count - 1] += word
        }
        return lines
    }
}
