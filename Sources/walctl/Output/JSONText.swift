import Conformance

/// One JSON object on one line, its members in the order in which they are put in.
struct JSONObject {
    private var members = ""

    /// The object as text.
    var text: String { "{" + members + "}" }

    /// Puts in a member whose value is JSON already.
    mutating func set(_ name: String, json: String) {
        if !members.isEmpty { members += "," }
        members += name.jsonQuoted + ":" + json
    }

    /// Puts in a text.
    mutating func set(_ name: String, _ value: String?) {
        if let value { set(name, json: value.jsonQuoted) }
    }

    /// Puts in a number.
    ///
    /// A value that is `nil` is left out, as always.
    mutating func set(_ name: String, _ value: (some BinaryInteger)?) {
        if let value { set(name, json: String(value)) }
    }

    /// Puts in a truth value.
    mutating func set(_ name: String, _ value: Bool) {
        set(name, json: value ? "true" : "false")
    }

    /// Puts in an object.
    mutating func set(_ name: String, _ value: JSONObject?) {
        if let value { set(name, json: value.text) }
    }

    /// Puts in a list of objects.
    mutating func set(_ name: String, _ values: [JSONObject]) {
        set(name, json: "[" + values.map(\.text).joined(separator: ",") + "]")
    }

    /// Puts in a list of texts.
    mutating func set(_ name: String, _ values: [String]) {
        set(name, json: "[" + values.map(\.jsonQuoted).joined(separator: ",") + "]")
    }
}
