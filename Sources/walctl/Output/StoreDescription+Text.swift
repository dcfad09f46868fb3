import RaftWAL

extension StoreDescription {
    /// The bytes that hold something, live or dead.
    var usedByteCount: UInt64 {
        segments.reduce(0) { $0 + $1.liveByteCount + $1.deadByteCount + $1.damagedByteCount }
    }

    /// The bytes that the files take.
    var reservedByteCount: UInt64 {
        segments.reduce(0) { $0 + $1.fileByteCount }
    }

    /// Everything, for people.
    var lines: [String] {
        let positions = [
            ("first", state.first.map(String.init)),
            ("last", state.isEmpty ? nil : state.last.map(\.text)),
            ("compacted", state.compacted.map(\.text)),
            ("durable", state.durable.map(\.text)),
        ]
        var fields = [
            ("backend", backend),
            ("format version", String(formatVersion)),
            ("store id", storeID.isEmpty ? "-" : storeID),
            ("entries", String(state.count)),
        ]
        fields += positions.map { ($0.0, $0.1 ?? "-") }
        let keys = metadataKeys.map { Self.escaped($0.name) }.joined(separator: " ")
        fields.append(("metadata keys", keys.isEmpty ? "-" : keys))
        fields.append(("space used", "\(usedByteCount) bytes"))
        fields.append(("space reserved", "\(reservedByteCount) bytes"))
        fields += recovery.fields.map { ("recovery: " + $0.0, $0.1) }
        let width = fields.map(\.0.count).max() ?? 0
        return fields.map { name, value in
            name + ":" + String(repeating: " ", count: width - name.count + 1) + value
        } + [""] + table + (findings.isEmpty ? [] : [""] + findings.map(\.error.line))
    }

    /// A line for each file.
    private var table: [String] {
        var rows = [
            [
                "file", "sequence", "state", "first", "entries", "live", "dead", "free", "damaged",
                "size",
            ]
        ]
        for segment in segments {
            rows.append([
                Self.escaped(segment.file), String(segment.sequence), segment.state,
                segment.first.map(String.init) ?? "-", String(segment.entryCount),
                String(segment.liveByteCount), String(segment.deadByteCount),
                String(segment.freeByteCount), String(segment.damagedByteCount),
                String(segment.fileByteCount),
            ])
        }
        let widths = rows[0].indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 || column == 2 ? cell + padding : padding + cell
            }.joined(separator: "  ")
        }
    }

    /// What the damage amounts to for a script; `nil` if there is none.
    var verdict: Failure? {
        guard let count = findings.isEmpty ? nil : findings.count else { return nil }
        let isCorrupt = findings.contains { $0.error.code == .corrupt }
        return Failure(
            isCorrupt ? .corrupt : .failed,
            (count == 1 ? "1 damage found" : "\(count) damages found")
                + "; 'walctl verify' says what to do")
    }

    /// Everything, as values.
    func json(for location: StoreLocation) -> JSONObject {
        var object = JSONObject()
        object.set("backend", backend)
        object.set("formatVersion", formatVersion)
        object.set("storeID", storeID.isEmpty ? nil : storeID)
        object.set("entries", state.count)
        object.set("first", state.first)
        object.set("last", state.isEmpty ? nil : state.last?.json)
        object.set("compacted", state.compacted?.json)
        object.set("durable", state.durable?.json)
        object.set("metadataKeys", metadataKeys.map(\.name))
        object.set("usedBytes", usedByteCount)
        object.set("reservedBytes", reservedByteCount)
        object.set("segments", segments.map(\.json))
        object.set("recovery", recovery.json)
        object.set("damages", findings.map { $0.json(for: location) })
        return object
    }

    private static func escaped(_ text: String) -> String {
        Array(text.utf8).withUnsafeBytes { PayloadForm.escaped($0) }
    }
}

extension LogPosition {
    /// Index and term, for people.
    fileprivate var text: String { "\(index) (term \(term))" }
}

extension StoreDescription.Segment {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.set("file", file)
        object.set("sequence", sequence)
        object.set("state", state)
        object.set("first", first)
        object.set("last", last)
        object.set("entries", entryCount)
        object.set("liveBytes", liveByteCount)
        object.set("deadBytes", deadByteCount)
        object.set("freeBytes", freeByteCount)
        object.set("damagedBytes", damagedByteCount)
        object.set("fileBytes", fileByteCount)
        return object
    }
}

extension RecoveryReport {
    fileprivate var fields: [(String, String)] {
        [
            ("stopped cleanly", stoppedCleanly ? "yes" : "no"),
            ("scanned", "\(scannedByteCount) bytes"),
            ("torn", "\(tornByteCount) bytes"),
            ("torn from index", tornFromIndex.map(String.init) ?? "-"),
            ("verdict", verdict.rawValue),
            ("may vote", mustCatchUpBeforeVoting ? "not before it has caught up" : "yes"),
            (
                "lost ranges",
                lostRanges.isEmpty ? "-" : lostRanges.map(\.text).joined(separator: ", ")
            ),
            (
                "findings",
                findings.isEmpty
                    ? "-"
                    : findings.map { "\($0.kind.rawValue) \($0.file)" }.joined(separator: ", ")
            ),
        ]
    }

    fileprivate var json: JSONObject {
        var object = JSONObject()
        object.set("stoppedCleanly", stoppedCleanly)
        object.set("entries", entryCount)
        object.set("scannedBytes", scannedByteCount)
        object.set("tornBytes", tornByteCount)
        object.set("tornFromIndex", tornFromIndex)
        object.set("verdict", verdict.rawValue)
        object.set("lostRanges", lostRanges.map(\.json))
        object.set("endLost", isEndLost)
        object.set("metadataUncertain", isMetadataUncertain)
        object.set("mustCatchUpBeforeVoting", mustCatchUpBeforeVoting)
        object.set("findings", findings.map(\.json))
        object.set("quarantined", quarantined)
        object.set("microseconds", Int64(duration / .microseconds(1)))
        return object
    }
}

extension RecoveryReport.Finding {
    /// The finding as values.
    var json: JSONObject {
        var object = JSONObject()
        object.set("kind", kind.rawValue)
        object.set("file", file)
        return object
    }
}
