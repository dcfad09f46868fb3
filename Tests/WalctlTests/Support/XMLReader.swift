import Foundation

/// Just enough XML to know whether a document is well formed.
struct XMLReader {
    /// Whether every element was ended in order, around everything else.
    var isWhole = false
    /// The names of the elements, in order.
    var names: [String] = []

    /// Reads a document of elements, attributes and text.
    static func read(_ bytes: Data) throws -> XMLReader {
        let text = String(decoding: bytes, as: UTF8.self)
        var reader = XMLReader()
        var open: [String] = []
        var rest = text[...]
        var isSound = true
        while let start = rest.firstIndex(of: "<") {
            isSound = isSound && isText(rest[..<start])
            let tag = rest[rest.index(after: start)...]
            guard let end = tag.firstIndex(of: ">") else { return reader }
            let inside = tag[..<end]
            rest = tag[tag.index(after: end)...]
            if inside.hasPrefix("/") {
                isSound = isSound && open.popLast() == String(inside.dropFirst())
            } else {
                let name = String(inside.prefix { $0.isLetter || $0.isNumber })
                let attributes = inside.dropFirst(name.count).replacing(
                    #/\s+[a-zA-Z:-]+="[^"<]*"/#, with: "")
                isSound = isSound && ["", "/"].contains(String(attributes)) && !name.isEmpty
                reader.names.append(name)
                if !inside.hasSuffix("/") { open.append(name) }
            }
        }
        reader.isWhole =
            isSound && open.isEmpty && rest.allSatisfy(\.isWhitespace)
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" }
        return reader
    }

    /// Text has no ampersand that begins nothing.
    private static func isText(_ text: Substring) -> Bool {
        !text.replacing(#/&(amp|lt|gt|quot|\#[0-9]+);/#, with: "").contains("&")
    }
}
