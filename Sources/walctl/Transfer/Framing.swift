import ArgumentParser
import RaftWAL

/// How a file is divided into records.
enum Framing: String, CaseIterable, ExpressibleByArgument {
    /// The text between newlines.
    case lines
    /// A little-endian length of four bytes, then so many bytes.
    case u32le
}

/// What has to be known, besides the entries, to make an imported file again.
struct FramingNote: Hashable {
    /// Where it is kept in the store.
    static let key: MetadataKey = "walctl.framing"

    private static let newlineMark = "no-final-newline"

    var framing: Framing
    /// Whether the last line lacked its newline.
    var lacksFinalNewline = false

    /// The note as it is stored: `lines`, `lines no-final-newline` or `u32le`.
    var bytes: [UInt8] {
        Array((framing.rawValue + (lacksFinalNewline ? " " + Self.newlineMark : "")).utf8)
    }
}

extension FramingNote {
    /// The note that a store holds; `nil` if there is none, or not one of ours.
    init?(stored bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let words = text.split(separator: " ")
        guard let name = words.first, let framing = Framing(rawValue: String(name)) else {
            return nil
        }
        self.init(
            framing: framing,
            lacksFinalNewline: framing == .lines
                && words.dropFirst().contains { $0 == Self.newlineMark })
    }
}
