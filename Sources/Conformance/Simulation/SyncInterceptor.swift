package import WALProtocol

/// A disk like another one, but that something else is done when a file is to be synced.
package struct SyncInterceptor: FileSystem {
    private let base: any FileSystem
    private let onSync: @Sendable (any File) throws(SystemCallError) -> Void

    /// - Parameter onSync: Called with the file of `base` instead of its `sync()`.
    package init(
        _ base: any FileSystem,
        onSync: @escaping @Sendable (any File) throws(SystemCallError) -> Void
    ) {
        self.base = base
        self.onSync = onSync
    }

    package func open(_ path: String, _ mode: FileOpenMode) throws(SystemCallError) -> any File {
        InterceptedFile(try base.open(path, mode), onSync)
    }
    package func list(_ directory: String) throws(SystemCallError) -> [String] {
        try base.list(directory)
    }
    package func kind(of path: String) throws(SystemCallError) -> FileKind? {
        try base.kind(of: path)
    }
    package func createDirectory(_ path: String) throws(SystemCallError) {
        try base.createDirectory(path)
    }
    package func syncDirectory(_ path: String) throws(SystemCallError) {
        try base.syncDirectory(path)
    }
    package func rename(_ path: String, to newPath: String) throws(SystemCallError) {
        try base.rename(path, to: newPath)
    }
    package func remove(_ path: String) throws(SystemCallError) { try base.remove(path) }
    package func lock(_ path: String) throws(SystemCallError) -> (any FileLock)? {
        try base.lock(path)
    }
}

private final class InterceptedFile: File {
    private let base: any File
    private let onSync: @Sendable (any File) throws(SystemCallError) -> Void

    init(
        _ base: any File, _ onSync: @escaping @Sendable (any File) throws(SystemCallError) -> Void
    ) {
        self.base = base
        self.onSync = onSync
    }

    var path: String { base.path }
    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int { try base.read(into: buffer, at: offset) }
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemCallError) -> Int {
        try base.write(bytes, at: offset)
    }
    func size() throws(SystemCallError) -> UInt64 { try base.size() }
    func setSize(_ byteCount: UInt64) throws(SystemCallError) { try base.setSize(byteCount) }
    func reserve(_ byteCount: UInt64) throws(SystemCallError) { try base.reserve(byteCount) }
    func startWriting(_ byteCount: Int, at offset: UInt64) throws(SystemCallError) {
        try base.startWriting(byteCount, at: offset)
    }
    func sync() throws(SystemCallError) { try onSync(base) }
}
