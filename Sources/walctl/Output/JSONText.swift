/// One JSON object on one line, its members in the order in which they are put in.
struct JSONObject {
    private var members = ""

    /// The object as text.
    var text: String { "{" + members + "}" }

    /// Puts in a member whose value is JSON already.
    mutating func set(_ name: String, json: String) {
        if !members.isEmpty { members += "," }
        members += Self.quoted(name) + ":" + json
    }

    /// Puts in a text.
    mutating func set(_ name: String, _ value: String?) {
        if let value { set(name, json: Self.quoted(value)) }
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
        set(name, json: "[" + values.map(Self.quoted).joined(separator: ",") + "]")
    }

    /// A JSON string (RFC 8259 §7).
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
