internal import WALProtocol

extension RecordStream {
    /// Where the records end that an opening for reading has taken in.
    struct Start: Sendable {
        var sequence: UInt64
        var end: Int
        var last: SegmentScan.Mark?
        var beforeLast: SegmentScan.Mark?
    }
}

extension LogRecovery.Outcome {
    /// Where the records end.
    var streamStart: RecordStream.Start {
        if let cleanSlot {
            // What stands last there is a checkpoint and an index, which are no footer.
            return RecordStream.Start(sequence: newest, end: Int(clamping: cleanSlot.end))
        }
        let scan = replayed[newest]
        return RecordStream.Start(
            sequence: newest, end: scan?.unitsEnd ?? SegmentFormat.headerBlockByteCount,
            last: scan?.last, beforeLast: scan?.beforeLast)
    }
}

extension SegmentStore {
    /// Follows what another process writes after this store was opened for reading.
    ///
    /// - Returns: `nil` if the store was not opened so, or its newest segment is gone by now.
    package func makeRecordStream() -> RecordStream? {
        streamStart.flatMap { RecordStream($0, in: directory, storeID, state) }
    }
}
