import Foundation
import SegmentBackend
import Testing
import WALProtocol

/// No single flipped byte of a cleanly closed store changes an answer unnoticed (P72).
@Suite struct FlippedByteTests {
    @Test func everyFlippedByteIsHarmlessOrReported() throws {
        try withStoreDirectory { directory in
            try directory.write(entries: 1...100, close: false)
            let store = try directory.open()
            try store.setHardState(HardState(currentTerm: 7, votedFor: [1, 2, 3]))
            try store.truncate(from: 95)
            try store.compact(through: LogPosition(term: 1, index: 3))
            try store.close()
            let expected = try PlainLog(reading: try open(directory))
            var reported = 0
            var harmless = 0
            for sequence in try directory.sequences() {
                let path = directory.file(sequence)
                let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
                // Every byte of the headers and the first records, and a sample of the rest.
                for offset in 0..<size where offset < 1200 || offset % 5 == 0 {
                    try directory.flip(path: path, at: offset, mask: 1 << UInt8(offset % 8))
                    do {
                        let found = try PlainLog(reading: try open(directory))
                        try #require(found == expected, "\(sequence), offset \(offset)")
                        harmless += 1
                    } catch let error as LogStoreError {
                        try #require(
                            [.corrupt, .unsupportedFormat].contains(error.code),
                            "\(sequence), offset \(offset): \(error)")
                        try #require(error.context.file != nil)
                        reported += 1
                    }
                    try directory.flip(path: path, at: offset, mask: 1 << UInt8(offset % 8))
                }
            }
            #expect(reported > 1000)
            #expect(harmless > 1000)
        }
    }

    private func open(_ directory: StoreFiles) throws -> SegmentStore {
        var options = directory.options
        options.access = .readOnly
        return try SegmentStore(at: directory.path, options: options)
    }
}
