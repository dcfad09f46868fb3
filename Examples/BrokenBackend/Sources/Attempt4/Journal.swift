import Foundation
import WALProtocol

/// A file of lines, of which those up to the last `commit` count.
struct Journal {
    private let handle: FileHandle
    /// The end of the last `commit`, where the next line goes.
    private(set) var byteCount: UInt64 = 0

    /// Opens a file, and creates it if there is none.
    init(at path: String) throws {
        if !FileManager.default.fileExists(atPath: path) {
            try Data().write(to: URL(fileURLWithPath: path))
        }
        handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    }

    func close() throws { try handle.close() }

    // MARK: Writing

    /// Writes lines at the end, in one go.
    mutating func append(_ lines: [Line]) throws -> [Place] {
        var bytes = Data()
        var places: [Place] = []
        for line in lines {
            let start = bytes.count
            try bytes.append(line.bytes)
            places.append(
                Place(
                    offset: byteCount + UInt64(start),
                    byteCount: bytes.count - start - Line.end.count))
        }
        do {
            try handle.seek(toOffset: byteCount)
            try handle.write(contentsOf: bytes)
        } catch {
            // Half a batch may be there: the next one must not stand behind it.
            try handle.truncate(atOffset: byteCount)
            throw error
        }
        byteCount += UInt64(bytes.count)
        return places
    }

    /// Copies lines of another file to the end.
    mutating func append(_ places: [Place], of other: Journal) throws -> [Place] {
        try handle.seek(toOffset: byteCount)
        var copies: [Place] = []
        for place in places {
            copies.append(Place(offset: byteCount, byteCount: place.byteCount))
            let bytes = try other.bytes(at: place) + Line.end
            try handle.write(contentsOf: bytes)
            byteCount += UInt64(bytes.count)
        }
        return copies
    }

    // MARK: Reading

    func line(at place: Place) throws -> Line {
        try JSONDecoder().decode(Line.self, from: bytes(at: place))
    }

    private func bytes(at place: Place) throws -> Data {
        try handle.seek(toOffset: place.offset)
        return try handle.read(upToCount: place.byteCount) ?? Data()
    }

    /// Calls `body` with the lines of every batch, and cuts off what is behind the last one.
    ///
    /// - Throws: `corrupt` if a line before the last `commit` cannot be read.
    mutating func replay(_ body: (Line, Place) throws -> Void) throws {
        var batch: [(Line, Place)] = []
        var damage: Place?
        try visitLines { bytes, place in
            guard let line = try? JSONDecoder().decode(Line.self, from: bytes) else {
                damage = damage ?? place
                return
            }
            guard case .commit = line else {
                batch.append((line, place))
                return
            }
            if let damage {
                throw LogStoreError.corrupt(
                    "a line cannot be read", file: "log.jsonl", byteOffset: damage.offset)
            }
            for (line, place) in batch { try body(line, place) }
            batch = []
            byteCount = place.offset + UInt64(place.byteCount + Line.end.count)
        }
        // A torn batch: nobody was told that it was written.
        try handle.truncate(atOffset: byteCount)
    }

    /// Calls `body` with every line that has an end.
    private func visitLines(_ body: (Data, Place) throws -> Void) throws {
        try handle.seek(toOffset: 0)
        var rest = Data()
        var offset: UInt64 = 0
        while let more = try handle.read(upToCount: 1 << 20), !more.isEmpty {
            rest.append(more)
            while let end = rest.range(of: Line.end) {
                let line = Data(rest[..<end.lowerBound])
                try body(line, Place(offset: offset, byteCount: line.count))
                offset += UInt64(line.count + Line.end.count)
                rest = rest[end.upperBound...]
            }
            rest = Data(rest)
        }
    }
}
