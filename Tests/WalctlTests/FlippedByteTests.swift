import Foundation
import Testing

/// No flipped byte of a closed store is taken for data, or stops the tool with a signal.
///
/// `scripts/drill-flips.sh` does it with every byte; here it is a sample.
@Suite struct FlippedByteTests {
    @Test func flippedByteIsHarmlessOrReported() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            let input = "append 30 40 1\nvote 3 n2\ntruncate-after 25\ncompact-before 3\n"
            try Walctl.run("apply", store, input: input)
            let expected = try Walctl.run("dump", store).text
            var reported = 0
            for (name, bytes) in try contents(of: store) where !bytes.isEmpty {
                let path = store + "/" + name
                let used = (bytes.lastIndex { $0 != 0 } ?? 0) + 1
                // Headers, status slots, records, the footer, and the zeros behind them.
                for offset in stride(from: 3, to: min(used + 40, bytes.count), by: 61) {
                    try flip(path, at: UInt64(offset), mask: 1 << UInt8(offset % 8))
                    let dump = try Walctl.run("dump", store)
                    let place = "\(name), offset \(offset)"
                    #expect(!dump.wasSignalled, "\(place)")
                    if dump.status == 0 {
                        #expect(dump.text == expected, "\(place)")
                    } else {
                        #expect([3, 7].contains(dump.status), "\(place): \(dump.status)")
                        #expect(dump.messages.contains(name), "\(place): \(dump.messages)")
                        // What is printed all the same was written, in this order.
                        var rest = expected.split(separator: "\n")[...]
                        for line in dump.lines {
                            rest = rest.drop { $0 != line }.dropFirst()
                        }
                        #expect(
                            dump.lines.allSatisfy { expected.contains($0 + "\n") }
                                && rest.count <= expected.split(separator: "\n").count
                                    - dump.lines.count,
                            "\(place)")
                        #expect(
                            [3, 7].contains(try Walctl.run("verify", store).status), "\(place)")
                        reported += 1
                    }
                    try flip(path, at: UInt64(offset), mask: 1 << UInt8(offset % 8))
                }
            }
            #expect(reported > 10)
            #expect(try Walctl.run("dump", store).text == expected)
        }
    }
}
