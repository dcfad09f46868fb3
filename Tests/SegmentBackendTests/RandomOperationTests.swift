import Conformance
import SegmentBackend
import Testing
import WALProtocol

/// Long random histories against a plain array, with kills, clean closes and changing options.
@Suite struct RandomOperationTests {
    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func aRandomHistoryReadsAsAPlainArray(seed: UInt64) throws {
        try withTemporaryDirectory { try run(seed: seed, in: $0) }
    }

    private func run(seed: UInt64, in directory: String) throws {
        var random = SeededGenerator(seed: seed)
        var log = PlainLog()
        var store: SegmentStore? = try SegmentStore(at: directory, options: options(&random))
        for step in 0..<400 {
            let action = Int.random(in: 0..<100, using: &random)
            if action >= 88 {
                // A clean close, or a kill: what was handed to the operating system stays.
                if action < 93 { try store?.close() } else { try store?.flush() }
                store = nil
                store = try SegmentStore(at: directory, options: options(&random))
            }
            guard let open = store else { break }
            switch action {
            case 0..<45:
                let entry = entry(at: log.next, after: log, &random)
                try open.append(entry.payload, at: entry.position, kind: entry.kind)
                log.entries.append(entry)
            case 45..<60:
                var batch = WriteBatch()
                fill(&batch, &log, &random)
                try open.write(batch)
            case 60..<65:
                guard let entry = log.entries.randomElement(using: &random) else { continue }
                try open.truncate(from: entry.index)
                log.truncate(from: entry.index)
            case 65..<70:
                guard let entry = log.entries.randomElement(using: &random) else { continue }
                try open.compact(through: entry.position)
                log.compact(through: entry.position)
            case 70:
                let position = LogPosition(term: log.last?.term ?? 1, index: log.next + 3)
                try open.reset(to: position)
                log.reset(to: position)
            case 71..<78:
                try open.setMetadata([UInt8(step % 256)], for: MetadataKey("key\(step % 3)"))
                log.metadata[MetadataKey("key\(step % 3)")] = [UInt8(step % 256)]
            case 78..<84: try open.sync()
            case 84..<88: try open.flush()
            default: break
            }
            #expect(open.state.last == log.last, "seed \(seed), step \(step)")
            if step % 10 == 0 {
                let found = try PlainLog(reading: open)
                try #require(found == log, "seed \(seed), step \(step)")
                let reader = open.makeReader()
                for entry in log.entries {
                    let term = try reader.term(at: entry.index)
                    try #require(term == entry.term, "seed \(seed), step \(step)")
                }
            }
        }
        try store?.close()
        let report = try SegmentStore.verify(at: directory)
        #expect(report.damages == [], "seed \(seed)")
        var readOnly = SegmentStore.Options()
        readOnly.access = .readOnly
        let reopened = try SegmentStore(at: directory, options: readOnly)
        #expect(try PlainLog(reading: reopened) == log, "seed \(seed)")
    }

    private func options(_ random: inout SeededGenerator) -> SegmentStore.Options {
        var options = SegmentStore.Options()
        options.minimumSegmentByteCount = 8192
        options.maximumSegmentByteCount =
            [8192, 16384, 65536].randomElement(using: &random) ?? 8192
        options.cacheByteCount = [0, 300_000, 1 << 24].randomElement(using: &random) ?? 0
        options.footerCacheByteCount = [0, 2000, 1 << 20].randomElement(using: &random) ?? 0
        options.openSegmentLimit = [1, 2, 32].randomElement(using: &random) ?? 1
        return options
    }

    private func entry(
        at index: LogIndex, after log: PlainLog, _ random: inout SeededGenerator
    ) -> Entry {
        let sizes = [0, 1, 7, 8, 100, 128, 900, 5000, 9000]
        let size = sizes.randomElement(using: &random) ?? 0
        let term = (log.last?.term ?? 1) + (Int.random(in: 0..<4, using: &random) == 0 ? 1 : 0)
        return Entry(
            position: LogPosition(term: term, index: index),
            kind: EntryKind(rawValue: UInt8(size % 7)),
            payload: (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    private func fill(
        _ batch: inout WriteBatch, _ log: inout PlainLog, _ random: inout SeededGenerator
    ) {
        if Bool.random(using: &random), let entry = log.entries.randomElement(using: &random) {
            batch.truncate(from: entry.index)
            log.truncate(from: entry.index)
        }
        for _ in 0..<Int.random(in: 0..<5, using: &random) {
            let entry = entry(at: log.next, after: log, &random)
            batch.append(entry.payload, at: entry.position, kind: entry.kind)
            log.entries.append(entry)
        }
        if Bool.random(using: &random), let entry = log.entries.randomElement(using: &random) {
            batch.compact(through: entry.position)
            log.compact(through: entry.position)
        }
        if Bool.random(using: &random) {
            batch.setMetadata([1, 2, 3], for: "batch")
            log.metadata["batch"] = [1, 2, 3]
        }
    }
}
