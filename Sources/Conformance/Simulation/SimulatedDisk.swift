import Synchronization
public import WALProtocol

/// A disk in memory that loses, tears and refuses what real ones do, and the same way every time.
///
/// It keeps what was written apart from what is on stable storage, in units of 512 bytes, and
/// names apart from files. Whatever was not synced may be there after a power cut or not, each
/// unit, size and name by itself: ``afterPowerCut(_:)`` is the disk after one of the possible
/// outcomes, ``afterProcessDeath()`` the one that the next process finds.
///
/// Operations are numbered from 0 on, and any of them can be made to fail (``fault``). Beyond
/// ``capacity`` the disk is full.
///
/// A copy of the contents costs next to nothing, so that every operation of a run can be followed
/// by every crash.
public final class SimulatedDisk: FileSystem {
    /// What the disk held at a moment of a recorded run.
    struct Snapshot: Sendable {
        /// The number of the operation that had just ended.
        var operation: Int
        /// What was noted last.
        var mark: Int
        var state: DiskState
    }

    /// All that changes.
    private struct Contents: Sendable {
        var state: DiskState
        var calls: [SimulatedCall] = []
        var fault: SimulatedFault?
        /// A call was cut short, and the next one on that file is the one that fails.
        var failsNext: (file: Int, errno: Int32)?
        var faultCount = 0
        var failedSyncCount = 0
        var isRecording = false
        var snapshots: [Snapshot] = []
        var mark = 0
        var heldLocks: Set<String> = []
    }

    private let contents: Mutex<Contents>

    /// An empty disk, with a root directory.
    public convenience init() { self.init(DiskState()) }

    init(_ state: DiskState) { contents = Mutex(Contents(state: state)) }

    /// The disk as the next process finds it: nothing that was written is lost, locks are free.
    public func afterProcessDeath() -> SimulatedDisk { SimulatedDisk(state) }

    /// The disk after the power went, and all that it holds is on stable storage.
    public func afterPowerCut(_ outcome: PowerCut) -> SimulatedDisk {
        SimulatedDisk(state.afterPowerCut(outcome))
    }

    // MARK: - What goes wrong

    /// What goes wrong next, if anything does.
    public var fault: SimulatedFault? {
        get { contents.withLock { $0.fault } }
        set {
            contents.withLock {
                $0.fault = newValue
                $0.failsNext = nil
            }
        }
    }

    /// The operations that a fault has struck.
    public var faultCount: Int { contents.withLock { $0.faultCount } }

    /// The syncs of files among them, each of which may have dropped what it should have written.
    public var failedSyncCount: Int { contents.withLock { $0.failedSyncCount } }

    /// The bytes that all files together may take.
    public var capacity: Int {
        get { contents.withLock { $0.state.capacity } }
        set { contents.withLock { $0.state.capacity = newValue } }
    }

    // MARK: - What is watched

    /// The bytes that all files take.
    public var usedByteCount: Int { contents.withLock { $0.state.usedByteCount } }

    /// The operations so far; the next one has this number.
    public var operationCount: Int { contents.withLock { $0.calls.count } }

    /// The operations so far, in order.
    public var calls: [SimulatedCall] { contents.withLock { $0.calls } }

    /// What it holds.
    var state: DiskState {
        get { contents.withLock { $0.state } }
        set { contents.withLock { $0.state = newValue } }
    }

    /// Says that something happened that the disk does not see, for the snapshots to tell.
    func note(mark: Int) {
        contents.withLock {
            $0.mark = mark
            guard $0.isRecording else { return }
            $0.snapshots.append(
                Snapshot(operation: $0.calls.count, mark: mark, state: $0.state))
        }
    }

    /// Keeps what the disk holds now, and after every operation from here on that changes it.
    func startRecording(mark: Int = 0) {
        contents.withLock {
            $0.isRecording = true
            $0.mark = mark
            $0.snapshots = [Snapshot(operation: $0.calls.count, mark: $0.mark, state: $0.state)]
        }
    }

    var snapshots: [Snapshot] { contents.withLock { $0.snapshots } }

    // MARK: - Operations

    /// Runs one numbered operation, unless it is to fail.
    ///
    /// - Parameters:
    ///   - file: The file, for operations on open ones.
    ///   - body: What it does; it is told whether to transfer only half.
    fileprivate func perform<R: Sendable>(
        _ name: SimulatedCall.Name, _ path: String, file: Int? = nil,
        _ body: (inout DiskState, _ isShort: Bool) throws(SystemCallError) -> R
    ) throws(SystemCallError) -> R {
        // A typed error does not come through the lock.
        let result = contents.withLock { contents -> Result<R, SystemCallError> in
            do throws(SystemCallError) {
                return .success(try Self.perform(name, path, file, on: &contents, body))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func perform<R>(
        _ name: SimulatedCall.Name, _ path: String, _ file: Int?, on contents: inout Contents,
        _ body: (inout DiskState, Bool) throws(SystemCallError) -> R
    ) throws(SystemCallError) -> R {
        let number = contents.calls.count
        contents.calls.append(SimulatedCall(name: name, path: path))
        let effect = strike(number, name, file, on: &contents)
        if case .error(let errno) = effect {
            if name == .sync, let file {
                contents.state.files[file].failSync()
                contents.failedSyncCount += 1
            }
            throw SystemCallError(call: name.rawValue, errno: errno, path: path)
        }
        let result = try body(&contents.state, effect != nil)
        if contents.isRecording, name.changesDisk {
            contents.snapshots.append(
                Snapshot(operation: number, mark: contents.mark, state: contents.state))
        }
        return result
    }

    /// What the fault does to an operation; `nil` if it is spared.
    private static func strike(
        _ number: Int, _ name: SimulatedCall.Name, _ file: Int?, on contents: inout Contents
    ) -> SimulatedFault.Effect? {
        if let next = contents.failsNext, next.file == file {
            contents.failsNext = nil
            contents.faultCount += 1
            return .error(next.errno)
        }
        guard let fault = contents.fault, fault.strikes(number, name) else { return nil }
        switch fault.effect {
        case .error: break
        case .short where !name.isTransfer: return nil
        case .short: break
        case .shortThenError(let errno):
            guard name.isTransfer, let file else {
                contents.faultCount += 1
                return .error(errno)
            }
            contents.failsNext = (file, errno)
        }
        contents.faultCount += 1
        return fault.effect
    }

    // MARK: - FileSystem

    /// Opens a file.
    public func open(_ path: String, _ mode: FileOpenMode) throws(SystemCallError) -> any File {
        let file = try perform(mode == .create ? .create : .open, path) {
            (state, _) throws(SystemCallError) in
            try mode == .create ? state.createFile(at: path) : state.file(at: path)
        }
        return SimulatedFile(self, file, path: path, isWritable: mode != .read)
    }

    /// The names in a directory.
    public func list(_ directory: String) throws(SystemCallError) -> [String] {
        try perform(.list, directory) { (state, _) throws(SystemCallError) in
            try state.list(directory)
        }
    }

    /// What stands at a path.
    public func kind(of path: String) throws(SystemCallError) -> FileKind? {
        try perform(.stat, path) { (state, _) throws(SystemCallError) in
            state.node(at: path).map { $0 == .directory ? .directory : .file }
        }
    }

    /// Creates a directory.
    public func createDirectory(_ path: String) throws(SystemCallError) {
        try perform(.mkdir, path) { (state, _) throws(SystemCallError) in
            try state.createDirectory(at: path)
        }
    }

    /// Makes the names in a directory durable.
    public func syncDirectory(_ path: String) throws(SystemCallError) {
        try perform(.syncDirectory, path) { (state, _) throws(SystemCallError) in
            try state.syncDirectory(path)
        }
    }

    /// Renames a file.
    public func rename(_ path: String, to newPath: String) throws(SystemCallError) {
        try perform(.rename, path) { (state, _) throws(SystemCallError) in
            try state.rename(path, to: newPath)
        }
    }

    /// Removes a file; whoever has it open goes on using it.
    public func remove(_ path: String) throws(SystemCallError) {
        try perform(.remove, path) { (state, _) throws(SystemCallError) in
            try state.remove(path)
        }
    }

    /// Takes a lock, whose file is created if need be.
    public func lock(_ path: String) throws(SystemCallError) -> (any FileLock)? {
        try perform(.lock, path) { (state, _) throws(SystemCallError) in
            if state.node(at: path) == nil { _ = try state.createFile(at: path) }
            _ = try state.file(at: path)
        }
        let isTaken = contents.withLock { $0.heldLocks.insert(path).inserted }
        return isTaken ? SimulatedLock(self, path) : nil
    }

    fileprivate func unlock(_ path: String) {
        contents.withLock { _ = $0.heldLocks.remove(path) }
    }
}

/// An open file of a ``SimulatedDisk``.
private final class SimulatedFile: File {
    let path: String
    private let disk: SimulatedDisk
    private let file: Int
    private let isWritable: Bool

    init(_ disk: SimulatedDisk, _ file: Int, path: String, isWritable: Bool) {
        self.disk = disk
        self.file = file
        self.path = path
        self.isWritable = isWritable
    }

    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int {
        nonisolated(unsafe) let buffer = buffer
        return try disk.perform(.read, path, file: file) {
            (state, isShort) throws(SystemCallError) in
            state.files[self.file].read(into: buffer, at: offset, isShort: isShort)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemCallError) -> Int {
        try requireWritable("pwrite")
        return try disk.perform(.write, path, file: file) {
            (state, isShort) throws(SystemCallError) in
            let count = isShort ? (bytes.count + 1) / 2 : bytes.count
            return try state.write(
                UnsafeRawBufferPointer(rebasing: bytes[..<count]), to: self.file,
                at: Int(clamping: offset), path: self.path)
        }
    }

    func size() throws(SystemCallError) -> UInt64 {
        try disk.perform(.size, path, file: file) { (state, _) throws(SystemCallError) in
            UInt64(state.files[self.file].shown.count)
        }
    }

    func setSize(_ byteCount: UInt64) throws(SystemCallError) {
        try requireWritable("ftruncate")
        try disk.perform(.setSize, path, file: file) { (state, _) throws(SystemCallError) in
            try state.resize(self.file, to: Int(clamping: byteCount), path: self.path)
        }
    }

    func reserve(_ byteCount: UInt64) throws(SystemCallError) {
        try requireWritable("fallocate")
        try disk.perform(.reserve, path, file: file) { (state, _) throws(SystemCallError) in
            try state.reserve(Int(clamping: byteCount), of: self.file, path: self.path)
        }
    }

    func sync() throws(SystemCallError) {
        try disk.perform(.sync, path, file: file) { (state, _) throws(SystemCallError) in
            state.files[self.file].sync()
        }
    }

    /// A descriptor that was opened for reading takes no writes (`EBADF`).
    private func requireWritable(_ call: String) throws(SystemCallError) {
        guard isWritable else { throw .badDescriptor(call, path) }
    }
}

/// A lock on a file of a ``SimulatedDisk``.
private final class SimulatedLock: FileLock {
    private let disk: SimulatedDisk
    private let path: String
    private let held = Mutex(true)

    init(_ disk: SimulatedDisk, _ path: String) {
        self.disk = disk
        self.path = path
    }

    deinit { release() }

    var isHeld: Bool { held.withLock { $0 } }

    func release() {
        let wasHeld = held.withLock { held in
            defer { held = false }
            return held
        }
        if wasHeld { disk.unlock(path) }
    }
}
