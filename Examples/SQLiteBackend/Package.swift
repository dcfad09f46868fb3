// swift-tools-version: 6.2
import PackageDescription

// A backend of one's own, in a package of its own: entries in SQLite, through GRDB.swift. It depends
// on swift-raft-wal as any user's package does.

let library = "swift-raft-wal"

let package = Package(
    name: "sqlite-backend",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "SQLiteBackend", targets: ["SQLiteBackend"]),
        .executable(name: "sqlite-walbench", targets: ["sqlite-walbench"]),
    ],
    dependencies: [
        // A user's line: .package(url: "https://…/swift-raft-wal", from: "0.1.0")
        .package(name: library, path: "../.."),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .target(
            name: "SQLiteBackend",
            dependencies: [
                .product(name: "WALProtocol", package: library),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .executableTarget(
            name: "sqlite-walbench",
            dependencies: [
                "SQLiteBackend",
                .product(name: "WALProtocol", package: library),
                .product(name: "WALBenchmark", package: library),
                .product(name: "Conformance", package: library),
            ]),
        .testTarget(
            name: "SQLiteBackendTests",
            dependencies: [
                "SQLiteBackend", "sqlite-walbench",
                .product(name: "WALProtocol", package: library),
                .product(name: "Conformance", package: library),
            ]),
    ]
)
