/// A rule that a store broke, with what is needed to see it again.
public struct Violation: Error, Hashable, Sendable {
    /// The rule.
    public var rule: Rule
    /// The name of the store, as its capabilities have it.
    public var store: String
    /// What was expected and what happened.
    public var message: String
    /// The seed to hand to ``LogStoreSuite`` to see it again.
    public var seed: UInt64
    /// The line of the kit that noticed, as `File.swift:12`.
    public var location: String
    /// The calls that led there, a line each, the last one at the end; empty where tasks made them.
    public var script: [String]
}

extension Violation: CustomStringConvertible {
    /// The rule and its contract, what happened, how to replay it, and the calls that led there.
    public var description: String {
        let lines = [
            "\(store) breaks \(rule): \(rule.contract)", "  \(message)",
            "  noticed at \(location); replay with seed \(seed)",
        ]
        let calls = script.isEmpty ? [] : ["  after these calls:"] + script.map { "    " + $0 }
        return (lines + calls).joined(separator: "\n")
    }
}

/// What a rule throws when it finds a store wrong.
struct Failure: Error {
    var message: String
    var location: String

    init(_ message: String, at location: SourceLocation) {
        self.message = message
        self.location = location.description
    }
}

/// What a rule throws when it has no means of finding out.
struct NotChecked: Error {
    var reason: String

    init(_ reason: String) { self.reason = reason }
}

/// A line of the kit.
struct SourceLocation: CustomStringConvertible, Sendable {
    var file: String
    var line: Int

    static func here(_ file: String = #fileID, _ line: Int = #line) -> SourceLocation {
        SourceLocation(file: file, line: line)
    }

    var description: String {
        let name = file.split(separator: "/").last.map { String($0) } ?? file
        return "\(name):\(line)"
    }
}
