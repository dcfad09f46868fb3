import RaftEngine
import Testing
import WALProtocol

/// What a replica makes of log and snapshot, for every way a crash can leave them.
@Suite struct LoadPlanTests {
    private func log(_ compacted: LogPosition?, through last: LogPosition?) -> LogState {
        let first = last.flatMap { last -> LogIndex? in
            let first = (compacted?.index ?? 0) + 1
            return first <= last.index ? first : nil
        }
        return LogState(compacted: compacted, first: first, last: last ?? compacted)
    }

    private let snapshot = LogPosition(term: 3, index: 10)

    @Test func withoutSnapshotTheLogIsKept() throws {
        let log = log(nil, through: LogPosition(term: 2, index: 7))
        #expect(try LoadPlan.decide(snapshot: nil, log: log, termAtSnapshot: nil) == .keep)
        #expect(
            try LoadPlan.decide(snapshot: nil, log: LogState(), termAtSnapshot: nil) == .keep)
    }

    @Test func compactedLogWithoutSnapshotIsCorrupt() {
        let log = log(LogPosition(term: 1, index: 4), through: LogPosition(term: 2, index: 7))
        let error = #expect(throws: LogStoreError.self) {
            try LoadPlan.decide(snapshot: nil, log: log, termAtSnapshot: nil)
        }
        #expect(error?.code == .corrupt)
        #expect(error?.context.found == 4)
    }

    @Test func logThatEndsBeforeTheSnapshotIsDropped() throws {
        for log in [LogState(), log(nil, through: LogPosition(term: 3, index: 9))] {
            #expect(
                try LoadPlan.decide(snapshot: snapshot, log: log, termAtSnapshot: nil)
                    == .reset(to: snapshot))
        }
    }

    @Test func logThatDisagreesWithTheSnapshotIsDropped() throws {
        let log = log(nil, through: LogPosition(term: 2, index: 15))
        #expect(
            try LoadPlan.decide(snapshot: snapshot, log: log, termAtSnapshot: 2)
                == .reset(to: snapshot))
    }

    @Test func logThatGoesOnFromTheSnapshotIsKept() throws {
        let last = LogPosition(term: 4, index: 15)
        for log in [
            log(nil, through: last), log(LogPosition(term: 3, index: 8), through: last),
            log(snapshot, through: last), log(snapshot, through: nil),
        ] {
            #expect(
                try LoadPlan.decide(snapshot: snapshot, log: log, termAtSnapshot: 3) == .keep)
        }
    }

    @Test func entriesBetweenSnapshotAndLogAreMissed() {
        let log = log(LogPosition(term: 3, index: 12), through: LogPosition(term: 4, index: 15))
        let error = #expect(throws: LogStoreError.self) {
            try LoadPlan.decide(snapshot: snapshot, log: log, termAtSnapshot: nil)
        }
        #expect(error?.code == .corrupt)
        #expect(error?.context.index == 11)
    }
}
