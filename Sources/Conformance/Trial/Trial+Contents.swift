import WALProtocol

extension Trial {
    /// Expects a log to hold exactly what a model holds, by every way of reading it.
    func expect(
        _ log: some LogReading, holds model: Model, _ when: String, at location: SourceLocation
    ) throws {
        do {
            try expectState(log.state, of: model, when, at: location)
            try expectEntries(of: log, model, when, at: location)
            try expectTerms(of: log, model, when, at: location)
            try expectMetadata(of: log, model, when, at: location)
        } catch let error as LogStoreError {
            throw Failure("\(when): reading what is there failed: \(error)", at: location)
        }
    }

    private func expectState(
        _ state: LogState, of model: Model, _ when: String, at location: SourceLocation
    ) throws {
        try expect(
            state.compacted == model.compacted,
            "\(when): compacted is \(text(state.compacted)), not \(text(model.compacted))",
            at: location)
        try expect(
            state.first == model.first,
            "\(when): first is \(text(state.first)), not \(text(model.first))", at: location)
        try expect(
            state.last == model.last,
            "\(when): last is \(text(state.last)), not \(text(model.last))", at: location)
        try expect(
            state.count == UInt64(model.entries.count) && state.isEmpty == model.entries.isEmpty,
            "\(when): count is \(state.count), not \(model.entries.count)", at: location)
        if let durable = state.durable {
            try expect(
                durable.index <= (state.last?.index ?? 0),
                "\(when): durable \(durable) lies beyond last \(text(state.last))", at: location)
        }
    }

    /// Reads everything with one visit, and a few entries one by one.
    private func expectEntries(
        of log: some LogReading, _ model: Model, _ when: String, at location: SourceLocation
    ) throws {
        guard let first = model.first, let last = model.last else {
            let start = model.next ?? 1
            let found = try log.entries(in: start...LogIndex.max)
            try expect(
                found.isEmpty, "\(when): an empty log returned \(found.count) entries", at: location
            )
            return
        }
        var position = 0
        var difference: String?
        let end = try log.visitEntries(in: first..<(last.index + 1)) { (header, payload) in
            guard difference == nil else { return }
            guard position < model.entries.count else {
                difference = "more entries than there are"
                return
            }
            difference = Self.difference(header, payload, from: model.entries[position])
            position += 1
        }
        if let difference { throw Failure("\(when): a visit found \(difference)", at: location) }
        try expect(
            position == model.entries.count && end == last.index + 1,
            "\(when): a visit of \(first)...\(last.index) succeeded with \(position) entries, "
                + "\(model.entries.count) are there; it says to continue from \(end)", at: location)
        for offset in Set([
            0, model.entries.count - 1, Int.random(in: 0..<model.entries.count, using: &random),
        ]) {
            let entry = model.entries[offset]
            let difference = try log.withEntry(at: entry.index) { (header, payload) in
                Self.difference(header, payload, from: entry)
            }
            if let difference {
                throw Failure("\(when): reading one entry found \(difference)", at: location)
            }
        }
    }

    private func expectTerms(
        of log: some LogReading, _ model: Model, _ when: String, at location: SourceLocation
    ) throws {
        var known = [
            model.entries.first, model.entries.last, model.entries.randomElement(using: &random),
        ]
        .compactMap { $0?.position }
        if let compacted = model.compacted { known.append(compacted) }
        for position in known {
            let term = try log.term(at: position.index)
            try expect(
                term == position.term,
                "\(when): term(at: \(position.index)) is \(term), not \(position.term)",
                at: location)
        }
    }

    private func expectMetadata(
        of log: some LogReading, _ model: Model, _ when: String, at location: SourceLocation
    ) throws {
        let keys = try log.metadataKeys()
        try expect(
            keys == model.metadata.keys.sorted(),
            "\(when): metadata keys are \(keys), not \(model.metadata.keys.sorted())", at: location)
        for (key, value) in model.metadata {
            let found = try log.metadata(for: key)
            try expect(
                found == value,
                "\(when): metadata \(key) is \(brief(found)), not \(brief(value))", at: location)
        }
    }

    /// How an entry that was read differs from the one that was appended, as a phrase.
    static func difference(
        _ header: EntryHeader, _ payload: RawSpan, from entry: Entry
    ) -> String? {
        guard header.position == entry.position else {
            return "\(header.position) in the place of \(entry.position)"
        }
        guard header.kind == entry.kind else {
            return "kind \(header.kind.rawValue) at \(entry.position), not \(entry.kind.rawValue)"
        }
        guard
            header.payloadByteCount == entry.payload.count,
            Payloads.equal(payload, entry.payload)
        else {
            return "\(payload.byteCount) other bytes at \(entry.position) than the "
                + "\(entry.payload.count) appended"
        }
        return nil
    }
}

/// The beginning of a value, for messages.
func brief(_ bytes: [UInt8]?) -> String {
    guard let bytes else { return "missing" }
    return "\(bytes.count) bytes \(bytes.prefix(8))"
}
