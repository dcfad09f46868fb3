public import WALProtocol

/// Opens a store on a file system of the kit's choosing, creating it if there is none.
///
/// The store has to make every file operation through `fileSystem`, and run its background work on
/// `executor`; then the kit can cut the power between any two operations, and fail each of them.
public typealias SimulatedOpening =
    @Sendable (
        _ path: String, _ fileSystem: any FileSystem, _ executor: any BackgroundExecutor
    ) throws -> any LogStore
