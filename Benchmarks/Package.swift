// swift-tools-version: 6.2
import PackageDescription

// The tool is the library's `WALBenchmark` with a main; counting allocations needs hooks below malloc
// that no user of the library should get. `swift build -c release --package-path Benchmarks` builds
// both. With the trait RocksDB it has one contestant more, which is no part of the library either.

/// Every target is held to the same language rules; each line names the proposal it adopts.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
]

let library = "swift-raft-wal"

let package = Package(
    name: "swift-raft-wal-benchmarks",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "walbench", targets: ["walbench"]),
        .executable(name: "allocation-counts", targets: ["allocation-counts"]),
    ],
    traits: [
        .trait(name: "LMDB", description: "Compare with LMDB; needs lmdb.h."),
        .trait(name: "RocksDB", description: "Compare with RocksDB; needs rocksdb/c.h."),
        .default(enabledTraits: ["LMDB"]),
    ],
    dependencies: [
        .package(
            name: library, path: "..",
            traits: [.trait(name: "LMDB", condition: .when(traits: ["LMDB"]))])
    ],
    targets: [
        .executableTarget(
            name: "walbench",
            dependencies: [
                "RocksDBBackend",
                .product(name: "WALBenchmark", package: library),
                .product(name: "Conformance", package: library),
                .product(name: "WALProtocol", package: library),
            ],
            swiftSettings: settings),

        // A log in RocksDB; empty without the trait.
        .systemLibrary(
            name: "CRocksDB",
            pkgConfig: "rocksdb",
            providers: [.apt(["librocksdb-dev"]), .brew(["rocksdb"])]),
        .target(
            name: "RocksDBBackend",
            dependencies: [
                .product(name: "WALProtocol", package: library),
                .product(name: "Conformance", package: library),
                .target(name: "CRocksDB", condition: .when(traits: ["RocksDB"])),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RocksDBBackendTests",
            dependencies: [
                "RocksDBBackend", "walbench",
                .product(name: "WALProtocol", package: library),
                .product(name: "Conformance", package: library),
                .target(name: "CRocksDB", condition: .when(traits: ["RocksDB"])),
            ],
            swiftSettings: settings),

        // What each operation allocates: counts that `make test` holds against a table.
        .target(name: "CAllocations"),
        .executableTarget(
            name: "allocation-counts",
            dependencies: [
                "CAllocations",
                .product(name: "WALProtocol", package: library),
                .product(name: "SegmentBackend", package: library),
            ],
            swiftSettings: settings),
    ]
)
