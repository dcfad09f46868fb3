import SegmentBackend
import Testing
import WALProtocol

/// The next segment is made while this one is written.
@Suite struct PreparationTests {
    private static let segmentByteCount = 4 << 20
    private static let pieceByteCount = 64 << 10

    /// Filling 64 MiB in one go, and syncing it, held up the writer's syncs for up to 40 ms; a sync
    /// of each piece held up those that met it.
    @Test func theNextSegmentIsFilledInPiecesAsThisOneIs() throws {
        try withStore { log in
            var filled = 0
            for _ in 0..<18 {
                try log.append(1_300)
                try log.store.sync()
                let piece = log.countBackground()
                filled += piece.writtenByteCount
                // A little faster, so that it is there in time.
                let written = Double(log.store.state.count * 160)
                let due = min(Int(1.15 * written), Self.segmentByteCount)
                let most = min(Int(1.25 * written), Self.segmentByteCount)
                #expect((due - 2 * Self.pieceByteCount...most).contains(filled))
                #expect(piece["startWriting"] == piece.writtenByteCount / Self.pieceByteCount)
                let isDone = filled == Self.segmentByteCount && piece["write"] > 0
                #expect(piece["sync"] == (isDone ? 1 : 0))
                #expect(piece["rename"] == (isDone ? 1 : 0))
            }
            #expect(filled == Self.segmentByteCount)
            let rotating = try log.counting { store in
                try log.append(14_000)
                try store.sync()
            }
            #expect(rotating["open"] + rotating["reserve"] + rotating["rename"] == 0)
        }
    }

    /// A store that was opened late in a segment has the rest of it to fill the next one.
    @Test func aStoreOpenedLateFillsTheNextSegmentInTime() throws {
        try withTemporaryDirectory { path in
            var options = SegmentStore.Options()
            options.minimumSegmentByteCount = Self.segmentByteCount
            options.maximumSegmentByteCount = Self.segmentByteCount
            let early = try CountedStore(at: path, options)
            try early.append(13_000)
            try early.store.close()
            let log = try CountedStore(at: path, options)
            // Half of the segment is left: nothing is caught up all at once.
            #expect(try fillLittleByLittle(log, syncCount: 112) == Self.segmentByteCount)
        }
    }

    /// A burst is faster than the filling; what was behind was made up for beside the syncs that
    /// came next: a compaction after a burst took 30 times as long as a durable write.
    @Test func whatABurstLeavesBehindIsSpread() throws {
        try withStore { log in
            for _ in 0..<4 {
                try log.append(3_000)
                try log.store.sync()
            }
            try log.append(1)
            try log.store.sync()
            let filled = log.countBackground().writtenByteCount
            #expect(filled <= 2 * Self.pieceByteCount)
            let rest = try fillLittleByLittle(log, syncCount: 110)
            #expect(filled + rest == Self.segmentByteCount)
        }
    }

    /// Whoever does not wait for it gets a segment all the same, and no file is left behind.
    @Test func aSegmentThatIsNotFinishedIsGivenUp() throws {
        try withStore { log in
            try log.append(1_000)
            try log.store.sync()
            log.finishBackground()
            #expect(try temporaries(log).count == 1)
            let rotating = try log.counting { store in
                try log.append(30_000)
                try store.flush()
            }
            #expect(rotating["reserve"] == 1)
            #expect(log.countBackground()["remove"] == 1)
            try log.store.sync()
            log.finishBackground()
            try log.store.close()
            #expect(try temporaries(log) == [])
        }
    }

    /// Small syncs, none of which may ask for more than two pieces.
    ///
    /// - Returns: the zeros they asked for, in bytes.
    private func fillLittleByLittle(_ log: CountedStore, syncCount: Int) throws -> Int {
        var filled = 0
        for _ in 0..<syncCount {
            try log.append(100)
            try log.store.sync()
            let piece = log.countBackground()
            filled += piece.writtenByteCount
            #expect(piece.writtenByteCount <= 2 * Self.pieceByteCount)
        }
        return filled
    }

    private func temporaries(_ log: CountedStore) throws -> [String] {
        try log.disk.list(log.path).filter { $0.hasSuffix(".tmp") }
    }

    private func withStore(_ body: (CountedStore) throws -> Void) throws {
        try withTemporaryDirectory { path in
            var options = SegmentStore.Options()
            options.minimumSegmentByteCount = Self.segmentByteCount
            options.maximumSegmentByteCount = Self.segmentByteCount
            try body(try CountedStore(at: path, options))
        }
    }
}
