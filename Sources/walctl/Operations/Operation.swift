import RaftWAL

/// One line of `apply`'s input.
enum Operation: Hashable {
    /// Appends entries with generated payloads, in one batch.
    case append(count: UInt64, size: UInt64, term: Term)
    /// Drops the indexes beyond one.
    case truncate(after: LogIndex)
    /// Drops the indexes before one.
    case compact(before: LogIndex)
    /// Sets term and vote.
    case vote(term: Term, node: String)
    /// Drops everything and continues after a position.
    case reset(LogPosition)
}

extension Operation {
    /// Why a line is no operation.
    struct Mistake: Error {
        var message: String
    }

    /// Reads a line.
    ///
    /// - Returns: `nil` for a line without words.
    init?(line: ArraySlice<UInt8>) throws(Mistake) {
        guard let text = String(validating: line, as: UTF8.self) else {
            throw Mistake(message: "not UTF-8")
        }
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let verb = words.first else { return nil }
        guard let form = Self.forms[verb] else {
            throw Mistake(message: "there is no operation '\(Self.excerpt(verb))'")
        }
        guard words.count == form.split(separator: " ").count else {
            throw Mistake(message: "it has to be '\(form)'")
        }
        switch verb {
        case "append":
            self = .append(
                count: try Self.number(words[1]), size: try Self.number(words[2]),
                term: try Self.number(words[3]))
        case "truncate-after": self = .truncate(after: try Self.number(words[1]))
        case "compact-before": self = .compact(before: try Self.number(words[1]))
        case "vote": self = .vote(term: try Self.number(words[1]), node: words[2])
        default:
            let index = try Self.number(words[1])
            self = .reset(LogPosition(term: try Self.number(words[2]), index: index))
        }
    }

    private static let forms = [
        "append": "append N S TERM",
        "truncate-after": "truncate-after I",
        "compact-before": "compact-before I",
        "vote": "vote TERM NODE",
        "reset": "reset INDEX TERM",
    ]

    private static func number(_ word: String) throws(Mistake) -> UInt64 {
        guard word.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let value = UInt64(word)
        else {
            throw Mistake(message: "'\(excerpt(word))' is no number from 0 to 2^64 - 1")
        }
        return value
    }

    /// The beginning of a word, fit to be printed.
    private static func excerpt(_ word: String) -> String {
        let bytes = Array(String(word.prefix(40)).utf8)
        return bytes.withUnsafeBytes { PayloadForm.escaped($0) }
    }
}
