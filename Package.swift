// swift-tools-version: 6.2
import PackageDescription

/// Every target is held to the same language rules; each line names the proposal it adopts.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
]

/// A product of another package that only the trait Service needs.
func service(_ product: String, _ package: String) -> Target.Dependency {
    .product(name: product, package: package, condition: .when(traits: ["Service"]))
}

let package = Package(
    name: "swift-raft-wal",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "WALProtocol", targets: ["WALProtocol"]),
        .library(name: "SegmentBackend", targets: ["SegmentBackend"]),
        .library(name: "LMDBBackend", targets: ["LMDBBackend"]),
        .library(name: "AsyncWAL", targets: ["AsyncWAL"]),
        .library(name: "Conformance", targets: ["Conformance"]),
        .library(name: "WALBenchmark", targets: ["WALBenchmark"]),
        .library(name: "RaftWAL", targets: ["RaftWAL"]),
        .library(name: "RaftWALService", targets: ["RaftWALService"]),
        .library(name: "RaftEngine", targets: ["RaftEngine"]),
        // The C ABI; scripts/build-c-library.sh makes libraries of it that need no Swift.
        .library(name: "RaftWALC", type: .dynamic, targets: ["RaftWALC"]),
        .library(name: "RaftWALCStatic", type: .static, targets: ["RaftWALC"]),
        .executable(name: "walctl", targets: ["walctl"]),
    ],
    traits: [
        .trait(name: "LMDB", description: "The baseline backend on liblmdb; needs lmdb.h."),
        .trait(
            name: "Service",
            description: "RaftWALService: swift-service-lifecycle, swift-metrics and swift-log."),
        .trait(
            name: "CRaft",
            description: "RaftEngine: C-Raft over any store; needs raft.h and uv.h."),
        .default(enabledTraits: ["LMDB"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Only resolved with the trait Service.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
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
        .target(
            name: "Conformance", dependencies: ["WALProtocol", "AsyncWAL"],
            swiftSettings: settings),

        // The suite, set up for the backends above.
        .target(
            name: "BackendConformance",
            dependencies: ["Conformance", "WALProtocol", "SegmentBackend", "LMDBBackend"],
            swiftSettings: settings),

        // The umbrella: picks a backend at construction.
        .target(
            name: "RaftWAL",
            dependencies: [
                "WALProtocol", "AsyncWAL", "SegmentBackend", "LMDBBackend", "CWALChecksum",
            ],
            swiftSettings: settings),

        // The umbrella for C: raft_wal.h, and what implements it.
        .target(name: "CRaftWAL"),
        .target(
            name: "RaftWALC",
            dependencies: ["CRaftWAL", "RaftWAL", "AsyncWAL", "WALProtocol"],
            swiftSettings: settings),

        // A log as a service, with metrics and log lines; empty without the trait Service.
        .target(
            name: "RaftWALService",
            dependencies: [
                "AsyncWAL", "WALProtocol",
                service("ServiceLifecycle", "swift-service-lifecycle"),
                service("CoreMetrics", "swift-metrics"),
                service("Logging", "swift-log"),
            ],
            swiftSettings: settings),

        // C-Raft over any store. Without the trait CRaft: what a replica keeps, and no engine.
        .systemLibrary(
            name: "CRaftLibrary",
            pkgConfig: "raft",
            providers: [.apt(["libraft-dev", "libuv1-dev"])]),
        .target(
            name: "RaftEngine",
            dependencies: [
                "WALProtocol", "AsyncWAL", "SegmentBackend", "CWALChecksum",
                .target(name: "CRaftLibrary", condition: .when(traits: ["CRaft"])),
            ],
            swiftSettings: settings),

        // Clusters of C-Raft in one process, on simulated disks and a simulated network.
        .target(
            name: "RaftSimulation",
            dependencies: [
                "RaftEngine", "Conformance", "SegmentBackend", "WALProtocol",
                .target(name: "CRaftLibrary", condition: .when(traits: ["CRaft"])),
            ],
            swiftSettings: settings),

        // The physical limits: plain C loops that do the same work without a store.
        .target(name: "CLimits"),

        // The tool walbench as a library, which takes more backends: workloads, statistics, reports.
        .target(
            name: "WALBenchmark",
            dependencies: [
                "CLimits", "WALProtocol", "AsyncWAL", "SegmentBackend", "LMDBBackend",
                "Conformance", "BackendConformance",
                .target(name: "CLMDB", condition: .when(traits: ["LMDB"])),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),

        .executableTarget(
            name: "walctl",
            dependencies: [
                "RaftWAL", "WALProtocol", "SegmentBackend", "LMDBBackend", "CWALChecksum",
                "Conformance", "BackendConformance",
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

        // Clusters that are simulated, killed and measured; of no use without the trait CRaft.
        .executableTarget(
            name: "raftstress",
            dependencies: [
                "RaftEngine", "RaftSimulation", "RaftWAL", "WALProtocol",
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
            dependencies: [
                "BackendConformance", "Conformance", "SegmentBackend", "LMDBBackend",
                "WALProtocol",
            ],
            exclude: [
                "Mutants/MUTANTS.md", "DiskMutants/DISK-MUTANTS.md", "FileMutants/FILE-MUTANTS.md",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "AsyncWALTests",
            dependencies: [
                "AsyncWAL", "Conformance", "SegmentBackend", "LMDBBackend", "WALProtocol",
            ],
            swiftSettings: settings),
        .testTarget(name: "RaftWALTests", dependencies: ["RaftWAL"], swiftSettings: settings),
        .testTarget(
            name: "RaftWALCTests", dependencies: ["RaftWALC", "CRaftWAL", "WALProtocol"],
            exclude: ["abi_test.c"], swiftSettings: settings),
        .testTarget(
            name: "RaftWALServiceTests",
            dependencies: [
                "RaftWALService", "AsyncWAL", "Conformance", "SegmentBackend", "WALProtocol",
                service("ServiceLifecycle", "swift-service-lifecycle"),
                service("ServiceLifecycleTestKit", "swift-service-lifecycle"),
                service("CoreMetrics", "swift-metrics"),
                service("MetricsTestKit", "swift-metrics"),
                service("Logging", "swift-log"),
                service("InMemoryLogging", "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RaftEngineTests",
            dependencies: [
                "RaftEngine", "RaftSimulation", "RaftWAL", "Conformance", "SegmentBackend",
                "LMDBBackend", "WALProtocol",
                .target(name: "CRaftLibrary", condition: .when(traits: ["CRaft"])),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "WALBenchmarkTests",
            dependencies: [
                "WALBenchmark", "CLimits", "Conformance", "WALProtocol", "SegmentBackend",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "WalctlTests", dependencies: ["walctl"], swiftSettings: settings),
    ]
)
