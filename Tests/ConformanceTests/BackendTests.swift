import BackendConformance
import Conformance
import Testing
import WALProtocol

/// Every rule on every store: one named test case each.
@Suite struct BackendTests {
    /// The seed of all checks; a violation prints it, and it replays from here.
    static let seed: UInt64 = 20_261_121

    @Test(.serialized, arguments: Rule.allCases)
    func reference(_ rule: Rule) async throws { try await check(rule, on: .reference) }

    @Test(.serialized, arguments: Rule.allCases)
    func segment(_ rule: Rule) async throws { try await check(rule, on: .segment) }

    #if LMDB
        @Test(.serialized, arguments: Rule.allCases)
        func lmdb(_ rule: Rule) async throws { try await check(rule, on: .lmdb) }
    #endif

    /// A rule that is not checked has to be one that is known not to be, and the other way round.
    private func check(_ rule: Rule, on backend: TestedBackend) async throws {
        switch try await backend.suite(seed: Self.seed).check(rule) {
        case .notChecked(let reason):
            #expect(backend.notChecked.contains(rule.id), "\(rule) is not checked: \(reason)")
        case .passed, .failed:
            #expect(!backend.notChecked.contains(rule.id), "\(rule) is checked now")
        }
    }
}

/// A backend as these tests open it, and what cannot be checked on it.
struct TestedBackend: Sendable, CustomStringConvertible {
    let description: String
    let notChecked: Set<String>
    private let makeSuite: @Sendable (UInt64) -> LogStoreSuite

    func suite(seed: UInt64) -> LogStoreSuite { makeSuite(seed) }

    static let reference = TestedBackend(
        description: "reference",
        notChecked: [
            "sync.reachesTheDevice", "compact.reclaimsSpace", "damage.reported",
            "close.dropLeaksNothing",
            "metadata.damageReported", "metadata.firstCreationIsAtomic", "open.anyOptions",
            "open.createsDirectories", "open.foreignFilesIgnored", "open.oddPathsRefused",
            "open.readOnlyDirectoryRefused", "payload.limitsHoldEverywhere", "read.anyCache",
            "read.memoryBounded", "crash.everySequence", "crash.inRecovery",
            "faults.everyOperationOnce", "faults.fullDisk", "faults.lasting",
            "faults.lateBackground", "faults.opening", "damage.everyByte", "damage.everySector",
            "damage.everyLength", "damage.wholeFiles", "damage.smallStore",
            "damage.misplacedWrites", "async.groupOnDisk", "async.powerCut", "async.failedSync",
        ]
    ) { seed in
        let disk = ReferenceDisk()
        return LogStoreSuite(
            opening: { try ReferenceStore(at: $0, on: disk) },
            openingReadOnly: { try ReferenceStore(at: $0, on: disk, access: .readOnly) },
            seed: seed, timeLimit: .seconds(300))
    }

    static let segment = TestedBackend(
        description: "segment", notChecked: []
    ) { .segment(seed: $0) }

    /// Without the trait LMDB, too, since the catalogue says it.
    static let notCheckedOnLMDB: Set<String> = [
        "metadata.firstCreationIsAtomic", "compact.reclaimsSpace", "crash.everySequence",
        "crash.inRecovery", "faults.everyOperationOnce", "faults.fullDisk", "faults.lasting",
        "faults.lateBackground", "faults.opening", "damage.everyByte", "damage.everySector",
        "damage.everyLength", "damage.wholeFiles", "damage.smallStore", "damage.misplacedWrites",
        "async.groupOnDisk", "async.powerCut", "async.failedSync",
    ]

    #if LMDB
        static let lmdb = TestedBackend(description: "lmdb", notChecked: notCheckedOnLMDB) {
            .lmdb(seed: $0)
        }
    #endif
}
