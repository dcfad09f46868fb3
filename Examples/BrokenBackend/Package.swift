// swift-tools-version: 6.2
import PackageDescription

// A backend that is wrong, and how it was mended: each attempt is a whole store in a module of its own,
// so that `diff -u Sources/Attempt1 Sources/Attempt2` is a step of the guide "Mending a backend".

let library = "swift-raft-wal"
let attempts = (1...5).map { "Attempt\($0)" }

let package = Package(
    name: "broken-backend",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "attempts", targets: ["attempts"])],
    dependencies: [
        // A user's line: .package(url: "https://…/swift-raft-wal", from: "0.1.0")
        .package(name: library, path: "../..")
    ],
    targets: attempts.map {
        .target(name: $0, dependencies: [.product(name: "WALProtocol", package: library)])
    } + [
        .executableTarget(
            name: "attempts",
            dependencies: attempts.map { .target(name: $0) } + [
                .product(name: "Conformance", package: library)
            ]),
        .testTarget(
            name: "BrokenBackendTests",
            dependencies: attempts.map { .target(name: $0) } + [
                "attempts",
                .product(name: "Conformance", package: library),
            ]),
    ]
)
