import Conformance

/// A piece of XML, which is HTML as well: well-formed by construction, whatever the strings in it
/// say.
indirect enum Markup: Sendable, ExpressibleByStringInterpolation {
    /// A tag with its attributes and what is in it.
    case element(String, [Attribute], [Markup])
    /// Words, escaped when they are written.
    case text(String)
    /// What is written as it is: a style sheet, or another document's text that was escaped before.
    case verbatim(String)

    /// One attribute, escaped when it is written.
    struct Attribute: Sendable {
        /// Its name.
        var name: String
        /// What it says.
        var value: String
    }

    init(stringLiteral value: String) { self = .text(value) }

    /// A tag.
    static func tag(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
        _ children: [Markup] = []
    ) -> Markup {
        .element(name, attributes.map { Attribute(name: $0.key, value: $0.value) }, children)
    }

    /// A tag around words.
    static func tag(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ text: String
    ) -> Markup {
        tag(name, attributes, [.text(text)])
    }

    /// The document from here on.
    var rendered: String {
        var text = ""
        render(into: &text)
        return text
    }

    /// Tags without content, which HTML does not close.
    private static let voidTags: Set<String> = ["meta", "br", "hr", "col"]
    /// Tags behind which a line may end without that being seen.
    private static let blockTags: Set<String> = [
        "meta", "title", "style", "script", "header", "main", "section", "footer", "nav", "div",
        "p", "h1", "h2", "h3", "table", "caption", "thead", "tbody", "tr", "th", "td", "figure",
        "figcaption", "details", "summary", "ul", "li", "dl", "dt", "dd", "svg", "g", "path",
        "line", "rect", "circle", "text", "desc", "pre", "head", "body", "html",
    ]

    private func render(into text: inout String) {
        switch self {
        case .text(let words): text += words.xmlEscaped
        case .verbatim(let words): text += words
        case .element(let name, let attributes, let children):
            text += "<" + name
            for attribute in attributes {
                text += " \(attribute.name)=\"" + attribute.value.xmlEscaped + "\""
            }
            if Self.voidTags.contains(name) {
                text += " />"
            } else {
                text += ">"
                for child in children { child.render(into: &text) }
                text += "</\(name)>"
            }
            if Self.blockTags.contains(name) { text += "\n" }
        }
    }
}
