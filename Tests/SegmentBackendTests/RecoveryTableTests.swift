@testable import SegmentBackend
import Testing

/// The decision table itself; `RecoveryRowTests` reaches its rows with real files.
@Suite struct RecoveryTableTests {
    private static let combinations: [RecoveryTable.Predicates] = {
        var list: [RecoveryTable.Predicates] = []
        for place in RecoveryTable.Place.allCases {
            for found in RecoveryTable.Found.allCases {
                for bits in 0..<8 {
                    list.append(
                        .init(
                            place: place, found: found, isCleanStop: bits & 1 != 0,
                            isProvenDurable: bits & 2 != 0, isPredecessorSealed: bits & 4 != 0))
                }
            }
        }
        return list
    }()

    @Test func everyCombinationMatchesExactlyOneRow() {
        for predicates in Self.combinations {
            let rows = RecoveryTable.rows.filter { $0.matches(predicates) }
            #expect(rows.count == 1, "\(predicates): rows \(rows.map(\.number))")
        }
    }

    @Test func everyRowIsMatchedByACombination() {
        for row in RecoveryTable.rows {
            #expect(Self.combinations.contains(where: row.matches), "row \(row.number)")
        }
    }

    @Test func damageThatIsProvenDurableIsNeverCut() {
        for predicates in Self.combinations where predicates.isProvenDurable {
            #expect(RecoveryTable.row(for: predicates).decision != .cutAndCopyForward)
            #expect(RecoveryTable.row(for: predicates).decision != .reinitialise)
        }
    }

    @Test func damageAfterACleanCloseIsNeverCut() {
        for predicates in Self.combinations where predicates.isCleanStop {
            #expect(RecoveryTable.row(for: predicates).decision != .cutAndCopyForward)
            #expect(RecoveryTable.row(for: predicates).decision != .reinitialise)
        }
    }
}
