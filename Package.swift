// swift-tools-version: 6.2
import PackageDescription

/// Every target is held to the same language rules; each line names the proposal it adopts.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
]

let package = Package(
    name: "swift-raft-wal",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "WALProtocol", targets: ["WALProtocol"]),
        .library(name: "SegmentBackend", targets: ["SegmentBackend"]),
        .library(name: "LMDBBackend", targets: ["LMDBBackend"]),
        .library(name: "AsyncWAL", targets: ["AsyncWAL"]),
        .library(name: "Conformance", targets: ["Conformance"]),
        .library(name: "RaftWAL", targets: ["RaftWAL"]),
        .executable(name: "walctl", targets: ["walctl"]),
    ],
    traits: [
        .trait(name: "LMDB", description: "The baseline backend on liblmdb; needs lmdb.h."),
        .default(enabledTraits: ["LMDB"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // The leaf: value types, protocols, the disk seam, the error.
        .target(name: "WALProtocol", swiftSettings: settings),

        // The native segment store.
        .target(name: "CWALChecksum"),
        .target(name: "CWALDisk"),
        .target(
            name: "SegmentBackend",
            dependencies: ["WALProtocol", "CWALChecksum", "CWALDisk"],
            swiftSettings: settings),

        // The baseline on liblmdb.
        .systemLibrary(
            name: "CLMDB",
            pkgConfig: "lmdb",
            providers: [.apt(["liblmdb-dev"]), .brew(["lmdb"])]),
        .target(
            name: "LMDBBackend",
            dependencies: [
                "WALProtocol", "CWALChecksum",
                .target(name: "CLMDB", condition: .when(traits: ["LMDB"])),
            ],
            swiftSettings: settings),

        // The async form of any store.
        .target(name: "AsyncWAL", dependencies: ["WALProtocol"], swiftSettings: settings),

        // The suite that every backend passes.
        .target(name: "Conformance", dependencies: ["WALProtocol"], swiftSettings: settings),

        // The umbrella: picks a backend at construction.
        .target(
            name: "RaftWAL",
            dependencies: ["WALProtocol", "AsyncWAL", "SegmentBackend", "LMDBBackend"],
            swiftSettings: settings),

        .executableTarget(
            name: "walctl",
            dependencies: [
                "RaftWAL", "WALProtocol", "SegmentBackend", "LMDBBackend", "CWALChecksum",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        .executableTarget(
            name: "walstress",
            dependencies: [
                "AsyncWAL", "Conformance", "WALProtocol", "SegmentBackend", "LMDBBackend",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        .testTarget(
            name: "WALProtocolTests", dependencies: ["WALProtocol"], swiftSettings: settings),
        .testTarget(
            name: "SegmentBackendTests",
            dependencies: ["Conformance", "SegmentBackend", "WALProtocol", "CWALChecksum"],
            resources: [.copy("Golden")],
            swiftSettings: settings),
        .testTarget(
            name: "LMDBBackendTests",
            dependencies: [
                "LMDBBackend", "WALProtocol",
                .target(name: "CLMDB", condition: .when(traits: ["LMDB"])),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ConformanceTests",
            dependencies: ["Conformance", "SegmentBackend", "LMDBBackend", "WALProtocol"],
            exclude: ["Mutants/MUTANTS.md", "DiskMutants/DISK-MUTANTS.md"],
            swiftSettings: settings),
        .testTarget(
            name: "AsyncWALTests",
            dependencies: [
                "AsyncWAL", "Conformance", "SegmentBackend", "LMDBBackend", "WALProtocol",
            ],
            swiftSettings: settings),
        .testTarget(name: "RaftWALTests", dependencies: ["RaftWAL"], swiftSettings: settings),
        .testTarget(
            name: "WalctlTests", dependencies: ["walctl"], swiftSettings: settings),
    ]
)
