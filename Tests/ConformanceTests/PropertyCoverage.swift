/// Where each property is checked that no rule is about, and what is checked on which backend.
enum PropertyCoverage {
    static let backends: [(name: String, notChecked: Set<String>)] = [
        ("segment", TestedBackend.segment.notChecked), ("lmdb", TestedBackend.notCheckedOnLMDB),
        ("sqlite", notCheckedOnSQLite), ("reference", TestedBackend.reference.notChecked),
    ]

    /// The test of `Examples/SQLiteBackend` holds the catalogue to this.
    private static let notCheckedOnSQLite = TestedBackend.notCheckedOnLMDB.union([
        "damage.reported", "metadata.damageReported", "open.anyOptions",
        "payload.limitsHoldEverywhere", "read.anyCache", "open.readOnlyChangesNothing",
    ])

    /// Tests of this package that check a property, below `Tests`.
    static let tests = [
        59: "SegmentBackendTests/RecoveryRowTests", 67: "SegmentBackendTests/HostileContentsTests",
        69: "WalctlTests/HostileDirectoryTests", 74: "SegmentBackendTests/ColdReadTests",
        78: "SegmentBackendTests/GoldenTests",
        80: "ConformanceTests/SalvageSweepTests", 82: "ConformanceTests/DifferentialTests",
        86: "SegmentBackendTests/VerificationTests", 87: "RaftWALTests/CopyTests",
        88: "WalctlTests/TransferTests", 89: "SegmentBackendTests/FormatTests",
        90: "SegmentBackendTests/RecoveryRowTests",
    ]

    /// Why nothing checks a property here.
    static let notChecked = [
        79: "the format has no optional features yet, and an unknown one is P77",
        99: "a run of `make stress`, which has the whole suite under ThreadSanitizer, and no rule",
        117:
            "limits are checked before memory is asked for (P17, P19); nothing survives what is left",
        120: "files stay open and locked; what becomes of their names is beyond a store",
    ]
}
