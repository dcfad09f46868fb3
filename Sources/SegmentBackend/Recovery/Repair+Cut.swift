internal import WALProtocol

/// Letting go of what nobody can bring back, so that the log can be written again.
///
/// A log has no holes, so that it has to end before the first lost entry. The entries behind it are
/// acknowledged and readable, but no follower takes them and no leader may serve them; they stay in
/// the quarantine directory.
extension Repair {
    /// Ends the log before the first entry that is still lost.
    ///
    /// What stands before the loss in its segment is copied to a new one, whose checkpoint stands
    /// for all that came before. *Commit point: the new segment's rename.* Copies of all segments
    /// that leave the log were kept before, and are removed under their own names afterwards.
    mutating func endLogBeforeLoss() throws(LogStoreError) {
        let log = outcome.log
        guard let hole = log.runs.first(where: { $0.loss != nil }) else { return }
        let kept = log.runs.filter { $0.end <= hole.first }
        let moved = kept.filter { $0.sequence >= hole.sequence }
        guard var newest = newest(copying: moved, olderThan: hole.sequence) else { return }
        for run in moved {
            guard try copy(run, to: &newest) else { return }
        }
        newest.image.makeNewest()
        var leaving = outcome.inventory.foreign
        for segment in outcome.inventory.segments where segment.sequence >= hole.sequence {
            guard try Self.hasContent(segment) else { continue }
            leaving.append(SegmentFormat.fileName(sequence: segment.sequence))
        }
        for name in leaving { try keep(name) }
        noteGivenUp(from: hole.first)
        try write(newest, newest.image.sequence)
        for name in leaving { try retire(name) }
    }

    /// Says what of the log is gone from an index on.
    private mutating func noteGivenUp(from first: LogIndex) {
        report.steps.append(
            .init(.endLog, file: SegmentFormat.fileName(sequence: outcome.newest), index: first))
        report.givenUp = outcome.log.lostRanges
        if let lostFrom = outcome.lostFrom {
            report.givenUp.append(LostRange(indexes: lostFrom..<LogIndex.max))
        }
        for run in outcome.log.runs where run.loss == nil && run.first > first {
            if let last = report.discarded.last, last.indexes.upperBound == run.first {
                let start = last.indexes.lowerBound
                report.discarded[report.discarded.count - 1].indexes = start..<run.end
            } else {
                report.discarded.append(LostRange(indexes: run.first..<run.end))
            }
        }
        report.isStateGivenUp = !isStateCertain
    }

    /// Whether neither the end of the log nor metadata may be lost.
    var isStateCertain: Bool { outcome.lostFrom == nil && !outcome.report.isMetadataUncertain }

    /// Whether a segment holds more than zeros.
    private static func hasContent(
        _ segment: Inventory.SegmentFile
    ) throws(LogStoreError) -> Bool {
        guard segment.header == .blank else { return true }
        let survey = try Inventory.reading { () throws(SystemCallError) in
            try SegmentSurvey.take(segment.file, seed: segment.seed)
        }
        return !survey.records.isEmpty || !survey.gaps.isEmpty
    }

    /// Removes a file of which a copy is in the quarantine directory.
    private mutating func retire(_ name: String) throws(LogStoreError) {
        try changing { () throws(SystemCallError) in
            try directory.fileSystem.remove(directory.path(name))
            try directory.fileSystem.syncDirectory(directory.path)
        }
        report.steps.append(.init(.retire, file: name))
    }
}
