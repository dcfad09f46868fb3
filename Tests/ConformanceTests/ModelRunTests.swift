@testable import Conformance
import LMDBBackend
import SegmentBackend
import Testing
import WALProtocol

/// Random histories of everything: the bounded form of `walstress model`.
@Suite struct ModelRunTests {
    @Test func segmentStoreOnASimulatedDisk() {
        let run = ModelRun(
            onSimulatedDisk: [
                FaultSweepTests.opening(), FaultSweepTests.opening(cache: 0),
                FaultSweepTests.opening(cache: 4096),
            ], seed: 20_261_121)
        let report = run.run(operationCount: 3000)
        #expect(report.failures.isEmpty, "\(report.failures.first ?? "")")
        #expect(report.operationCount == 3000 && report.checkCount > 200)
    }

    @Test func segmentStoreOnFiles() throws {
        let report = ModelRun(onFiles: [Self.segment], seed: 7).run(operationCount: 1200)
        #expect(report.failures.isEmpty, "\(report.failures.first ?? "")")
    }

    #if LMDB
        /// The same history on all three stores: the same answers after every step (P82).
        @Test func threeStoresAgreeAfterEveryStep() throws {
            let disk = ReferenceDisk()
            let run = ModelRun(
                onFiles: [
                    Self.segment, [{ try LMDBStore(at: $0) }],
                    [{ try ReferenceStore(at: $0, on: disk) }],
                ], seed: 3)
            let report = run.run(operationCount: 800)
            #expect(report.failures.isEmpty, "\(report.failures.first ?? "")")
            #expect(report.operationCount == 800)
        }
    #endif

    /// A store whose syncs do nothing is caught, and hardly more than that is left.
    @Test func aFailureIsMadeShort() throws {
        let run = ModelRun(
            onSimulatedDisk: [
                { path, fileSystem, executor in
                    try FaultSweepTests.opening()(
                        path, ForgetfulFileSystem(fileSystem), executor)
                }
            ], seed: 1)
        let report = run.run(operationCount: 20_000)
        let failure = try #require(report.failures.first)
        #expect(failure.contains("# power cut with seed"))
        #expect(failure.split(separator: "\n").count < 12, "\(failure)")
    }

    private static let segment: [LogStoreSuite.Opening] = [64 << 10, 0].map { cache in
        { path in
            var options = SegmentStore.Options()
            options.minimumSegmentByteCount = 8 << 10
            options.maximumSegmentByteCount = 8 << 10
            options.cacheByteCount = cache
            return try SegmentStore(at: path, options: options)
        }
    }
}

/// A disk whose files are never synced, whatever they say.
private struct ForgetfulFileSystem: FileSystem {
    private let real: any FileSystem

    init(_ real: any FileSystem) { self.real = real }

    func open(_ path: String, _ mode: FileOpenMode) throws(SystemCallError) -> any File {
        ForgetfulFile(try real.open(path, mode))
    }
    func list(_ directory: String) throws(SystemCallError) -> [String] {
        try real.list(directory)
    }
    func kind(of path: String) throws(SystemCallError) -> FileKind? { try real.kind(of: path) }
    func createDirectory(_ path: String) throws(SystemCallError) {
        try real.createDirectory(path)
    }
    func syncDirectory(_ path: String) throws(SystemCallError) { try real.syncDirectory(path) }
    func rename(_ path: String, to newPath: String) throws(SystemCallError) {
        try real.rename(path, to: newPath)
    }
    func remove(_ path: String) throws(SystemCallError) { try real.remove(path) }
    func lock(_ path: String) throws(SystemCallError) -> (any FileLock)? { try real.lock(path) }
}

private final class ForgetfulFile: File {
    private let real: any File

    init(_ real: any File) { self.real = real }

    var path: String { real.path }
    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(SystemCallError) -> Int { try real.read(into: buffer, at: offset) }
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemCallError) -> Int {
        try real.write(bytes, at: offset)
    }
    func size() throws(SystemCallError) -> UInt64 { try real.size() }
    func setSize(_ byteCount: UInt64) throws(SystemCallError) { try real.setSize(byteCount) }
    func reserve(_ byteCount: UInt64) throws(SystemCallError) { try real.reserve(byteCount) }
    func sync() throws(SystemCallError) {}
}
