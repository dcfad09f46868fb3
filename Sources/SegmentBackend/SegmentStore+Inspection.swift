public import WALProtocol

/// Looking at a store without opening it: no lock, no change, beside a live writer.
extension SegmentStore {
    /// Whether a directory holds a segment store.
    public static func exists(at path: String) -> Bool {
        guard let names = try? POSIXFileSystem().list(path) else { return false }
        return names.contains {
            $0 == SegmentFormat.identityFileName || SegmentFormat.sequence(fileName: $0) != nil
        }
    }

    /// Reads and checks every byte of every record of a store.
    ///
    /// - Returns: what was found; damage is listed, not thrown, as far as anything can be read, and
    ///   a segment that cannot be read is listed, too.
    /// - Throws: `unavailable` if there is no store, `unsupportedFormat`, `io`.
    /// - Complexity: O(bytes), on all processors, and twelve bytes of memory for each entry of the
    ///   segments at work.
    public static func verify(
        at path: String, options: VerificationOptions = VerificationOptions()
    ) throws(LogStoreError) -> VerificationReport {
        var inspector = Inspector(path: path, on: POSIXFileSystem(), isConcurrent: true)
        inspector.meter = ReadMeter(options, pause: POSIXFileSystem.pause)
        return try inspector.verify()
    }

    /// Checks a store on a disk of the caller's choosing.
    package static func verify(
        at path: String, on fileSystem: any FileSystem
    ) throws(LogStoreError) -> VerificationReport {
        try Inspector(path: path, on: fileSystem, isConcurrent: false).verify()
    }

    /// Describes a store's directory.
    ///
    /// - Returns: what can be told; of a damaged store with all that is wrong.
    /// - Throws: `unavailable` if there is no store, `unsupportedFormat`, `io`.
    /// - Complexity: O(bytes), on all processors.
    public static func describe(at path: String) throws(LogStoreError) -> StoreDescription {
        try Inspector(path: path, on: POSIXFileSystem(), isConcurrent: true).describe()
    }

    /// Describes a store on a disk of the caller's choosing.
    package static func describe(
        at path: String, on fileSystem: any FileSystem
    ) throws(LogStoreError) -> StoreDescription {
        try Inspector(path: path, on: fileSystem, isConcurrent: false).describe()
    }
}
