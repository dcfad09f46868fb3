// swift-tools-version: 6.2
import PackageDescription

// The fuzzers live in a package of their own: they look into the library's modules, and are built
// with a sanitizer that a user of the library has no use for. `scripts/fuzz.sh` builds and runs
// them.

/// Every target is held to the same language rules; each line names the proposal it adopts.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
]

let library = "swift-raft-wal"

let package = Package(
    name: "swift-raft-wal-fuzzing",
    platforms: [.macOS(.v15)],
    // A library, because `main` is libFuzzer's: the script links the executable.
    products: [.library(name: "walfuzz", type: .static, targets: ["walfuzz"])],
    dependencies: [.package(name: library, path: "..")],
    targets: [
        .target(
            name: "walfuzz",
            dependencies: [
                .product(name: "WALProtocol", package: library),
                .product(name: "SegmentBackend", package: library),
                .product(name: "LMDBBackend", package: library),
                .product(name: "Conformance", package: library),
            ],
            swiftSettings: settings)
    ]
)
