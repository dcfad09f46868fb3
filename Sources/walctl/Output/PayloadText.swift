import ArgumentParser

/// How payloads are shown as text.
enum PayloadForm: String, CaseIterable, ExpressibleByArgument {
    case hex, text, base64

    /// The payload on one line.
    func text(_ payload: RawSpan) -> String {
        payload.withUnsafeBytes { bytes in
            switch self {
            case .hex: Self.hex(bytes)
            case .text: Self.escaped(bytes)
            case .base64: Self.base64(bytes)
            }
        }
    }

    private static func hex(_ bytes: UnsafeRawBufferPointer) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: bytes.count * 2) { target in
            for (place, byte) in bytes.enumerated() {
                target[2 * place] = digits[Int(byte >> 4)]
                target[2 * place + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }

    private static func base64(_ bytes: UnsafeRawBufferPointer) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let count = (bytes.count + 2) / 3 * 4
        return String(unsafeUninitializedCapacity: count) { target in
            for group in 0..<count / 4 {
                let start = group * 3
                let length = min(3, bytes.count - start)
                var word: UInt32 = 0
                for place in 0..<3 {
                    word = word << 8 | (place < length ? UInt32(bytes[start + place]) : 0)
                }
                for place in 0..<4 {
                    let digit = digits[Int(word >> (18 - 6 * UInt32(place))) & 63]
                    target[group * 4 + place] = place <= length ? digit : UInt8(ascii: "=")
                }
            }
            return count
        }
    }

    /// Bytes as UTF-8 with everything that does not print escaped, so that it stays on its line.
    ///
    /// `\\`, `\n`, `\r`, `\t`; `\u{…}` for other characters that do not print; `\xNN` for bytes
    /// above 127 if the whole is not UTF-8.
    static func escaped(_ bytes: UnsafeRawBufferPointer) -> String {
        let copy = Array(bytes)
        guard let text = String(validating: copy, as: UTF8.self) else {
            return copy.reduce(into: "") { text, byte in
                if byte < 128 {
                    text += escaped(Unicode.Scalar(byte))
                } else {
                    text += "\\x" + String(byte, radix: 16)
                }
            }
        }
        return text.unicodeScalars.reduce(into: "") { $0 += escaped($1) }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            return "\\u{" + String(scalar.value, radix: 16) + "}"
        default:
            return String(scalar)
        }
    }
}
