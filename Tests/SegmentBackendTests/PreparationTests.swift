import SegmentBackend
import Testing
import WALProtocol

/// The next segment is made while this one is written.
@Suite struct PreparationTests {
    private static let segmentByteCount = 4 << 20
    private static let pieceByteCount = 256 << 10

    /// Filling 64 MiB in one go, and syncing it, held up the writer's syncs for up to 40 ms.
    @Test func theNextSegmentIsFilledInPiecesAsThisOneIs() throws {
        try withStore { log in
            // The first piece comes with the opening.
            var filled = Self.pieceByteCount
            for _ in 0..<12 {
                try log.append(1_300)
                try log.store.sync()
                let piece = log.countBackground()
                let written = log.store.state.count * 160
                filled += piece.writtenByteCount
                // Twice as fast, so that it is there in time.
                let due = min(2 * Int(written), Self.segmentByteCount)
                #expect((due...due + Self.pieceByteCount + 16384).contains(filled))
                #expect(piece["sync"] == piece.writtenByteCount / Self.pieceByteCount)
                let isDone = filled == Self.segmentByteCount && piece["write"] > 0
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

    /// Whoever does not wait for it gets a segment all the same, and no file is left behind.
    @Test func aSegmentThatIsNotFinishedIsGivenUp() throws {
        try withStore { log in
            try log.append(1)
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
