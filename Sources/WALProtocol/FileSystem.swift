/// The one seam between a store and the disk.
///
/// The segment store performs every file operation through it: the real disk stands behind it in
/// production, a simulated one in tests. It is crossed once per block of records, so that an
/// existential costs nothing. Operations are the system calls and no more: they may transfer less
/// than asked for or be interrupted, and the extensions below do the repeating, above the seam.
///
/// Paths are the host's; the seam never interprets them.
public protocol FileSystem: Sendable {
    /// Opens a file.
    func open(_ path: String, _ mode: FileOpenMode) throws(SystemCallError) -> any File

    /// The names in a directory, without `.` and `..`, in any order.
    ///
    /// - Throws: if the directory or any of its entries cannot be read: a partial answer is never
    ///   given.
    func list(_ directory: String) throws(SystemCallError) -> [String]

    /// What stands at a path, symbolic links followed; `nil` if nothing does.
    func kind(of path: String) throws(SystemCallError) -> FileKind?

    /// Creates one directory; its parent has to exist. One that exists already is `EEXIST`.
    func createDirectory(_ path: String) throws(SystemCallError)

    /// Makes the names in a directory durable.
    func syncDirectory(_ path: String) throws(SystemCallError)

    /// Renames a file within a file system, replacing what has the new name, atomically.
    func rename(_ path: String, to newPath: String) throws(SystemCallError)

    /// Removes a file.
    func remove(_ path: String) throws(SystemCallError)

    /// Gives a file a second name, which keeps its contents when the first goes (`link`).
    ///
    /// The new name must not exist yet.
    ///
    /// - Returns: `false` if that cannot be done here, so that the caller has to copy.
    func link(_ path: String, to newPath: String) throws(SystemCallError) -> Bool

    /// Takes an exclusive lock that dies with its owner, creating the file if need be.
    ///
    /// - Returns: the lock, held until ``FileLock/release()`` or its last reference goes; `nil` if
    ///   somebody else has it, in this process or another.
    func lock(_ path: String) throws(SystemCallError) -> (any FileLock)?
}

extension FileSystem {
    /// Does nothing: the caller copies.
    public func link(_ path: String, to newPath: String) throws(SystemCallError) -> Bool { false }
}

/// How a file is opened.
public enum FileOpenMode: Hashable, Sendable {
    /// To be read; it has to exist.
    case read
    /// To be read and written; it has to exist.
    case readWrite
    /// To be read and written; it must not exist yet.
    case create
}

/// What stands at a path.
public enum FileKind: Hashable, Sendable {
    /// A regular file.
    case file
    /// A directory.
    case directory
    /// Anything else: a device, a FIFO, a socket.
    case other
}

/// An open file.
///
/// Reads and writes name their offset, so any thread may call any of them.
///
/// Closed when its last reference goes.
public protocol File: AnyObject, Sendable {
    /// The path it was opened by.
    var path: String { get }

    /// Reads at an offset (`pread`). May read less than asked for; 0 means the end of the file.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int

    /// Writes at an offset (`pwrite`). May write less than asked for.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemCallError) -> Int

    /// The size in bytes.
    func size() throws(SystemCallError) -> UInt64

    /// Cuts or extends the file to a size (`ftruncate`).
    func setSize(_ byteCount: UInt64) throws(SystemCallError)

    /// Extends the file to a size, with the space for it set aside where the file system can
    /// (`fallocate`), so that a full disk shows here and not in a later write.
    func reserve(_ byteCount: UInt64) throws(SystemCallError)

    /// Makes contents and size durable (`fdatasync`, `F_FULLFSYNC` on Darwin).
    func sync() throws(SystemCallError)

    /// Starts to write a range to the device (`sync_file_range`), so that a later ``sync()`` has
    /// less to wait for.
    ///
    /// Nothing is durable by it. A file without this operation does nothing.
    ///
    /// - Throws: as ``sync()``, and with the same meaning: what was written may be lost.
    func startWriting(_ byteCount: Int, at offset: UInt64) throws(SystemCallError)
}

extension File {
    /// Does nothing: the next ``sync()`` writes what there is.
    public func startWriting(_ byteCount: Int, at offset: UInt64) throws(SystemCallError) {}
}

/// A lock that is held as long as the object lives.
public protocol FileLock: AnyObject, Sendable {
    /// Whether it is held by this process: a forked child does not hold its parent's lock.
    var isHeld: Bool { get }
    /// Gives the lock up; idempotent.
    func release()
}

/// Runs a store's work off the caller's path, such as zero-filling the next segment.
///
/// The real one is a serial queue; a simulation runs the work inline, which makes it deterministic.
public protocol BackgroundExecutor: Sendable {
    /// Runs `work` once, after everything submitted before it.
    func submit(_ work: @escaping @Sendable () -> Void)
    /// Runs `work` once, after a pause; ``drain()`` does not wait for it. Without an implementation
    /// there is no pause.
    func submit(afterMilliseconds: Int, _ work: @escaping @Sendable () -> Void)
    /// Returns when everything submitted so far has run.
    func drain()
}

extension BackgroundExecutor {
    /// Submits it at once: a pause is a courtesy to others on the disk.
    public func submit(afterMilliseconds: Int, _ work: @escaping @Sendable () -> Void) {
        submit(work)
    }
}
