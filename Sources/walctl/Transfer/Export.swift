import RaftWAL

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Copies a store's payloads into a file.
struct Export: ~Copyable {
    private let note: FramingNote
    private var file: ExportFile
    private var entryCount: UInt64 = 0
    /// Entries that hold a newline, and so are several lines in the file.
    private var brokenEntryCount: UInt64 = 0

    init(to path: String, _ note: FramingNote) throws(Failure) {
        self.note = note
        file = try ExportFile(path: path)
    }

    /// Copies everything; the file has its name when it returns.
    mutating func run(_ walk: inout EntryWalk) throws {
        let progress = Progress(unit: "entries", total: walk.log.count)
        var failure: Failure?
        do {
            try walk.visit(
                from: nil, through: nil,
                // A file with a hole is not what was asked for.
                skipped: { (lost) throws(LogStoreError) in
                    throw .compacted(index: lost.lowerBound, first: lost.upperBound)
                },
                { (_, payload) throws(LogStoreError) in
                    do throws(Failure) {
                        try add(payload)
                    } catch {
                        failure = error
                        throw LogStoreError(.io, error.message)
                    }
                    progress.advance(to: entryCount)
                })
        } catch {
            throw failure ?? error
        }
        if note.framing == .lines, entryCount > 0, !note.lacksFinalNewline { try newline() }
        try file.commit()
        progress.finish()
        if brokenEntryCount > 0 {
            Messages.note(
                "\(brokenEntryCount) entries hold newlines: importing the file as lines would "
                    + "divide them; --framing u32le keeps them whole")
        }
    }

    private mutating func add(_ payload: RawSpan) throws(Failure) {
        switch note.framing {
        case .lines:
            if entryCount > 0 { try newline() }
            let isBroken = payload.withUnsafeBytes { bytes in
                bytes.baseAddress.map { memchr($0, 0x0A, bytes.count) != nil } ?? false
            }
            if isBroken { brokenEntryCount += 1 }
        case .u32le:
            let length = [UInt32(payload.byteCount).littleEndian]
            try file.write(length.span.bytes)
        }
        try file.write(payload)
        entryCount += 1
    }

    private mutating func newline() throws(Failure) {
        let newline: [UInt8] = [0x0A]
        try file.write(newline.span.bytes)
    }
}
