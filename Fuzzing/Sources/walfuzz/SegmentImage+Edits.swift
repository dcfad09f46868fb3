@testable internal import SegmentBackend

extension SegmentImage {
    /// Changes one thing, as the input decides.
    mutating func edit(_ choices: inout Choices) {
        switch choices.byte() % 12 {
        case 0, 1, 2: editRecord(&choices)
        case 3: editRecordList(&choices)
        case 4: editSlot(&choices)
        case 5: editHeader(&choices)
        case 6: editIdentity(&choices)
        case 7: editSize(&choices)
        case 8: editFiles(&choices)
        case 9: insertRecord(&choices)
        case 10: editTail(&choices)
        default: addFile(&choices)
        }
    }

    private mutating func withSegment(
        _ choices: inout Choices, _ body: (inout Segment, inout Choices) -> Void
    ) {
        let place = choices.below(segments.count)
        guard place < segments.count else { return }
        body(&segments[place], &choices)
    }

    // MARK: - Records

    /// A field of a record or a number in its payload; its checksum is right all the same.
    private mutating func editRecord(_ choices: inout Choices) {
        withSegment(&choices) { segment, choices in
            let place = choices.below(segment.records.count)
            guard place < segment.records.count else { return }
            segment.records[place].edit(&choices)
        }
    }

    /// Records change places, are gone, or there twice.
    private mutating func editRecordList(_ choices: inout Choices) {
        withSegment(&choices) { segment, choices in
            let count = segment.records.count
            let (from, to) = (choices.below(count), choices.below(count))
            guard count > 0 else { return }
            switch choices.byte() % 4 {
            case 0: segment.records.swapAt(from, to)
            case 1: segment.records.remove(at: from)
            case 2: segment.records.insert(segment.records[from], at: to)
            default: segment.records.removeSubrange(min(from, to)...max(from, to))
            }
        }
    }

    private mutating func insertRecord(_ choices: inout Choices) {
        withSegment(&choices) { segment, choices in
            let place = choices.below(segment.records.count + 1)
            let type = RecordType.allCases[choices.below(RecordType.allCases.count)]
            var header = RecordHeader(type: type)
            header.flags = choices.byte() & RecordFlags.known
            let neighbour = place > 0 ? segment.records[place - 1].header : header
            header.index = choices.number(instead: neighbour.index)
            header.term = choices.number(instead: neighbour.term)
            let count = choices.below(200)
            segment.records.insert(Record(header: header, payload: choices.take(count)), at: place)
        }
    }

    // MARK: - The header block

    private mutating func editSlot(_ choices: inout Choices) {
        withSegment(&choices) { segment, choices in
            let place = choices.below(segment.slots.count)
            let field = choices.below(8) * 8
            let present = segment.slots[place].number(at: field, count: 8)
            switch choices.byte() % 4 {
            case 0: segment.slots[place] = segment.slots[1 - place]
            case 1: segment.slots[place].put(UInt64(choices.byte() % 4), at: 8, count: 4)
            default:
                segment.slots[place].put(choices.number(instead: present), at: field, count: 8)
            }
        }
    }

    private mutating func editHeader(_ choices: inout Choices) {
        withSegment(&choices) { segment, choices in
            let field = choices.below(8) * 8
            if choices.byte() % 16 == 0 { segment.isSealed.toggle() }
            segment.header.put(
                choices.number(instead: segment.header.number(at: field, count: 8)), at: field,
                count: choices.byte() & 1 == 0 ? 8 : 4)
        }
    }

    private mutating func editIdentity(_ choices: inout Choices) {
        guard var bytes = identity, choices.byte() % 8 > 0 else {
            identity = choices.take(choices.below(70))
            return
        }
        let field = choices.below(8) * 8
        bytes.put(choices.number(instead: bytes.number(at: field, count: 8)), at: field, count: 8)
        identity = bytes
    }

    // MARK: - Files

    private mutating func editSize(_ choices: inout Choices) {
        withSegment(&choices) { segment, choices in
            let size = Int(choices.number(2))
            // Shorter than the records are, the file ends within them.
            if choices.byte() & 1 == 0 { segment.cut(at: size) }
            segment.byteCount = size
        }
    }

    private mutating func editFiles(_ choices: inout Choices) {
        let (from, to) = (choices.below(segments.count), choices.below(segments.count))
        guard !segments.isEmpty else { return }
        switch choices.byte() % 6 {
        case 0: segments.remove(at: from)
        case 1: segments[from].sequence = choices.number(instead: segments[from].sequence)
        case 2:
            // Renamed together with what its header says.
            let sequence = choices.number(instead: segments[from].sequence)
            segments[from].sequence = sequence
            segments[from].header.put(sequence, at: 32, count: 8)
        case 3: segments[from].records = segments[to].records
        case 4:
            let sequence = segments[from].sequence
            segments[from].sequence = segments[to].sequence
            segments[to].sequence = sequence
        default: identity = nil
        }
        var seen: Set<UInt64> = []
        segments.removeAll { !seen.insert($0.sequence).inserted }
    }

    private mutating func editTail(_ choices: inout Choices) {
        withSegment(&choices) { segment, choices in
            let count = choices.below(256)
            segment.tail = choices.take(count)
        }
    }

    /// Any bytes under any of the names that mean something.
    private mutating func addFile(_ choices: inout Choices) {
        let kind = choices.byte() % 6
        let sequence = UInt64(choices.byte())
        let segment = SegmentFormat.fileName(sequence: sequence)
        let count = Int(choices.number(2))
        let bytes = choices.take(count)
        switch kind {
        case 0: identity = bytes
        case 1, 2:
            segments.removeAll { $0.sequence == sequence }
            var added = Segment(sequence, bytes)
            added.isSealed = kind == 1
            segments.append(added)
        case 3: others.append((segment + SegmentFormat.temporarySuffix, bytes))
        case 4: others.append(("STORE.tmp", bytes))
        default: others.append(("quarantine", bytes))
        }
        var seen: Set<String> = []
        others.removeAll { !seen.insert($0.name).inserted }
    }
}

extension SegmentImage.Record {
    fileprivate mutating func edit(_ choices: inout Choices) {
        switch choices.byte() % 8 {
        case 0: header.type = RecordType.allCases[choices.below(RecordType.allCases.count)]
        case 1: header.flags = choices.byte() & RecordFlags.known
        case 2: header.index = choices.number(instead: header.index)
        case 3: header.term = choices.number(instead: header.term)
        case 4:
            let count = choices.below(600)
            payload = Array(payload.prefix(count))
        case 5:
            let count = choices.below(64)
            payload += choices.take(count)
        case 6:
            let place = choices.below((payload.count + 3) / 4) * 4
            payload.put(
                choices.number(instead: payload.number(at: place, count: 4)), at: place, count: 4)
        default:
            let place = choices.below((payload.count + 7) / 8) * 8
            payload.put(
                choices.number(instead: payload.number(at: place, count: 8)), at: place, count: 8)
        }
    }
}

extension SegmentImage.Segment {
    /// Forgets the records that end behind a place.
    fileprivate mutating func cut(at size: Int) {
        var end = SegmentFormat.headerBlockByteCount
        let kept = records.prefix { record in
            var header = record.header
            header.payloadByteCount = record.payload.count
            end += header.recordByteCount
            return end <= size
        }
        if kept.count < records.count { tail = [] }
        records = Array(kept)
    }
}
