// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "ReplicatedKV",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-raft-wal", path: "../..", traits: ["LMDB", "CRaft"]),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .executableTarget(
            name: "replicated-kv",
            dependencies: [
                .product(name: "RaftEngine", package: "swift-raft-wal"),
                .product(name: "RaftWAL", package: "swift-raft-wal"),
                .product(name: "WALProtocol", package: "swift-raft-wal"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ])
    ]
)
