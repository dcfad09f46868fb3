import Testing
import WALProtocol

@testable import Conformance

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a simulated disk does wrong on request, and what it refuses.
@Suite struct SimulatedDiskFaultTests {
    let disk = SimulatedDisk()
    let file: any File

    init() throws {
        file = try disk.open("/a", .create)
        try file.put(Array(repeating: 1, count: 1024), at: 0)
        try file.sync()
        try disk.syncDirectory("/")
    }

    // MARK: - A sync that fails

    @Test func failedSyncDropsWhatItShouldHaveWritten() throws {
        try file.put([2], at: 0)
        failNext(EIO, [.sync])
        #expect(throws: SystemCallError.self) { try file.sync() }
        #expect(disk.contents(of: "/a")?.first == 2)
        // Later ones succeed, and do not write it.
        try file.put([3], at: 512)
        try file.sync()
        let after = disk.afterPowerCut(.losesEverything).contents(of: "/a")
        #expect(after?[0] == 1)
        #expect(after?[512] == 3)
        #expect(disk.afterPowerCut(.keepsEverything).contents(of: "/a")?.first == 2)
    }

    @Test func writingAgainAfterAFailedSyncHelps() throws {
        try file.put([2], at: 0)
        failNext(EIO, [.sync])
        #expect(throws: SystemCallError.self) { try file.sync() }
        try file.put([2], at: 0)
        try file.sync()
        #expect(disk.afterPowerCut(.losesEverything).contents(of: "/a")?.first == 2)
        #expect(disk.state.undecided.isEmpty)
    }

    @Test func droppedBytesAreShownToTheNextProcessAndLostWithThePower() throws {
        try file.put([2], at: 0)
        failNext(EIO, [.sync])
        #expect(throws: SystemCallError.self) { try file.sync() }
        let next = disk.afterProcessDeath()
        #expect(next.contents(of: "/a")?.first == 2)
        try next.open("/a", .readWrite).sync()
        #expect(next.afterPowerCut(.losesEverything).contents(of: "/a")?.first == 1)
    }

    @Test func failedDirectorySyncKeepsNothing() throws {
        _ = try disk.open("/b", .create)
        failNext(EIO, [.syncDirectory])
        #expect(throws: SystemCallError.self) { try disk.syncDirectory("/") }
        #expect(try disk.afterPowerCut(.losesEverything).list("/") == ["a"])
    }

    // MARK: - Faults

    @Test func faultStrikesOnce() throws {
        failNext(EIO, [])
        #expect(throws: SystemCallError(call: "write", errno: EIO, path: "/a")) {
            try file.put([2], at: 0)
        }
        #expect(disk.contents(of: "/a")?.first == 1)
        try file.put([2], at: 0)
        #expect(disk.contents(of: "/a")?.first == 2)
        #expect(disk.faultCount == 1)
    }

    @Test func lastingFaultStrikesFromThereOn() throws {
        disk.fault = SimulatedFault(
            at: disk.operationCount + 1, .error(EROFS), isLasting: true, calls: [.write])
        try file.put([2], at: 0)
        for _ in 0..<3 { #expect(throws: SystemCallError.self) { try file.put([3], at: 0) } }
        #expect(try file.size() == 1024)
        #expect(disk.contents(of: "/a")?.first == 2)
        #expect(disk.faultCount == 3)
        disk.fault = nil
        try file.put([3], at: 0)
        #expect(disk.contents(of: "/a")?.first == 3)
    }

    @Test func faultWaitsForItsNumberAndItsCall() throws {
        disk.fault = SimulatedFault(at: disk.operationCount + 1, .error(EIO), calls: [.write])
        try file.put([2], at: 0)
        try file.sync()
        try file.put([3], at: 0)
        #expect(disk.faultCount == 0)
    }

    @Test func shortTransferMovesHalf() throws {
        disk.fault = SimulatedFault(at: disk.operationCount, .short, isLasting: true)
        #expect(try file.transfer([5, 5, 5, 5], at: 0) == 2)
        #expect(disk.contents(of: "/a")?.prefix(4) == [5, 5, 1, 1])
        var buffer: [UInt8] = [0, 0, 0]
        #expect(try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: 1) } == 2)
        #expect(buffer == [5, 1, 0])
        try file.sync()
        #expect(disk.faultCount == 2)
        // What repeats short transfers gets there in the end.
        try file.put([6, 6, 6, 6, 6], at: 0)
        #expect(disk.contents(of: "/a")?.prefix(5) == [6, 6, 6, 6, 6])
    }

    @Test func shortThenErrorFailsTheNextCallOnThatFile() throws {
        let other = try disk.open("/b", .create)
        disk.fault = SimulatedFault(at: disk.operationCount, .shortThenError(ENOSPC))
        #expect(try file.transfer([5, 5, 5, 5], at: 0) == 2)
        #expect(try other.transfer([5], at: 0) == 1)
        #expect(throws: SystemCallError(call: "write", errno: ENOSPC, path: "/a")) {
            try file.transfer([5, 5], at: 2)
        }
        #expect(try file.transfer([5, 5], at: 2) == 2)
        #expect(disk.faultCount == 2)
    }

    @Test func everyOperationCanBeFailed() throws {
        let operations: [(SimulatedCall.Name, (SimulatedDisk, any File) throws -> Void)] = [
            (.open, { disk, _ in _ = try disk.open("/a", .read) }),
            (.create, { disk, _ in _ = try disk.open("/c", .create) }),
            (.list, { disk, _ in _ = try disk.list("/") }),
            (.stat, { disk, _ in _ = try disk.kind(of: "/a") }),
            (.mkdir, { disk, _ in try disk.createDirectory("/d") }),
            (.syncDirectory, { disk, _ in try disk.syncDirectory("/") }),
            (.rename, { disk, _ in try disk.rename("/a", to: "/e") }),
            (.remove, { disk, _ in try disk.remove("/a") }),
            (.lock, { disk, _ in _ = try disk.lock("/l") }),
            (.read, { _, file in _ = try file.readBytes(at: 0, count: 1) }),
            (.write, { _, file in try file.put([9], at: 0) }),
            (.size, { _, file in _ = try file.size() }),
            (.setSize, { _, file in try file.setSize(0) }),
            (.reserve, { _, file in try file.reserve(4096) }),
            (.sync, { _, file in try file.sync() }),
        ]
        #expect(Set(operations.map(\.0)) == Set(SimulatedCall.Name.allCases))
        for (name, operation) in operations {
            let number = disk.operationCount
            disk.fault = SimulatedFault(at: number, .error(EMFILE))
            #expect(throws: SystemCallError.self, "\(name)") { try operation(disk, file) }
            #expect(disk.calls.last?.name == name)
            #expect(disk.operationCount == number + 1)
        }
        // None of them did anything.
        #expect(try disk.list("/") == ["a"])
        #expect(disk.contents(of: "/a") == Array(repeating: 1, count: 1024))
    }

    private func failNext(_ errno: Int32, _ calls: Set<SimulatedCall.Name>) {
        disk.fault = SimulatedFault(at: disk.operationCount, .error(errno), calls: calls)
    }

    // MARK: - A full disk

    @Test func fullDiskTakesWhatFitsAndThenNothing() throws {
        disk.capacity = 1024 + 10
        #expect(try file.transfer(Array(repeating: 2, count: 30), at: 1024) == 10)
        #expect(throws: SystemCallError(call: "pwrite", errno: ENOSPC, path: "/a")) {
            try file.transfer([3], at: 1034)
        }
        // What does not make the file grow still goes.
        #expect(try file.transfer([4, 4], at: 0) == 2)
        #expect(try file.transfer([], at: 1034) == 0)
        #expect(try file.transfer([], at: 5000) == 0)
        #expect(disk.usedByteCount == 1034)
    }

    @Test func freedSpaceCanBeUsedAgain() throws {
        let other = try disk.open("/b", .create)
        disk.capacity = 1024
        #expect(throws: SystemCallError.self) { try other.transfer([1], at: 0) }
        #expect(throws: SystemCallError.self) { try other.reserve(1) }
        try file.setSize(1000)
        #expect(try other.transfer(Array(repeating: 1, count: 30), at: 0) == 24)
        try disk.remove("/a")
        #expect(try other.transfer(Array(repeating: 1, count: 30), at: 24) == 30)
        try other.reserve(1024)
        #expect(disk.usedByteCount == 1024)
    }

    @Test func fullDiskCannotBeExtended() throws {
        disk.capacity = 2000
        #expect(throws: SystemCallError.self) { try file.reserve(2001) }
        #expect(try file.size() == 1024)
        try file.reserve(2000)
        #expect(try file.size() == 2000)
        try file.reserve(10)
        #expect(try file.size() == 2000)
    }

    // MARK: - Edges

    @Test func emptyWriteChangesNothing() throws {
        #expect(try file.transfer([], at: 99999) == 0)
        #expect(try file.size() == 1024)
        #expect(disk.state.undecided.isEmpty)
    }

    @Test func readsEndWithTheFile() throws {
        #expect(try file.readBytes(at: 1000, count: 100).count == 24)
        #expect(try file.readBytes(at: 1024, count: 100).isEmpty)
        #expect(try file.readBytes(at: .max - 200, count: 100).isEmpty)
    }

    @Test func writeBeyondTheEndLeavesZerosBetween() throws {
        try file.put([9], at: 3000)
        #expect(
            try file.readBytes(at: 1023, count: 5000) == [1] + Array(repeating: 0, count: 1976) + [
                9
            ])
    }

    @Test(arguments: [UInt64.max, UInt64(Int.max), UInt64(Int64.max) + 1, 1 << 50])
    func offsetThatNoFileHasIsRefused(_ offset: UInt64) throws {
        #expect(throws: SystemCallError(call: "pwrite", errno: EFBIG, path: "/a")) {
            try file.transfer([1, 2], at: offset)
        }
        #expect(throws: SystemCallError(call: "ftruncate", errno: EFBIG, path: "/a")) {
            try file.setSize(offset)
        }
        #expect(throws: SystemCallError(call: "fallocate", errno: EFBIG, path: "/a")) {
            try file.reserve(offset)
        }
        #expect(try file.size() == 1024)
    }

    @Test func setSizeCutsAndExtendsWithZeros() throws {
        try file.setSize(3)
        #expect(disk.contents(of: "/a") == [1, 1, 1])
        try file.setSize(5)
        #expect(disk.contents(of: "/a") == [1, 1, 1, 0, 0])
        try file.sync()
        #expect(disk.afterPowerCut(.losesEverything).contents(of: "/a") == [1, 1, 1, 0, 0])
    }

    @Test func descriptorForReadingTakesNoWrites() throws {
        let reader = try disk.open("/a", .read)
        for attempt in [
            { _ = try reader.transfer([1], at: 0) }, { try reader.setSize(0) },
            { try reader.reserve(4096) },
        ] {
            #expect(throws: SystemCallError.self) { try attempt() }
        }
        #expect(try file.size() == 1024)
    }

    // MARK: - Names

    @Test func renameReplacesAsOne() throws {
        let other = try disk.open("/b", .create)
        try other.put([2], at: 0)
        try other.sync()
        try disk.syncDirectory("/")
        try disk.rename("/b", to: "/a")
        #expect(disk.state.undecided.count == 1)
        let kept = disk.afterPowerCut(.keepsEverything)
        #expect(try kept.list("/") == ["a"])
        #expect(kept.contents(of: "/a") == [2])
        let lost = disk.afterPowerCut(.losesEverything)
        #expect(try lost.list("/").sorted() == ["a", "b"])
        #expect(lost.contents(of: "/a")?.count == 1024)
        try disk.syncDirectory("/")
        #expect(disk.afterPowerCut(.losesEverything).contents(of: "/a") == [2])
    }

    @Test func namesFollowTheRules() throws {
        try disk.createDirectory("/d")
        expect(EEXIST) { _ = try disk.open("/a", .create) }
        expect(EEXIST) { try disk.createDirectory("/d") }
        expect(ENOENT) { _ = try disk.open("/x", .readWrite) }
        expect(ENOENT) { _ = try disk.open("/x/y", .create) }
        expect(ENOTDIR) { _ = try disk.open("/a/y", .create) }
        expect(ENOENT) { try disk.rename("/x", to: "/y") }
        expect(ENOENT) { try disk.remove("/x") }
        expect(EISDIR) { try disk.remove("/d") }
        expect(EISDIR) { try disk.rename("/a", to: "/d") }
        expect(EISDIR) { try disk.rename("/d", to: "/e") }
        expect(EISDIR) { _ = try disk.open("/d", .readWrite) }
        expect(EISDIR) { _ = try disk.lock("/d") }
        expect(ENOENT) { _ = try disk.list("/x") }
        expect(ENOTDIR) { _ = try disk.list("/a") }
        #expect(try disk.list("/").sorted() == ["a", "d"])
        #expect(try disk.kind(of: "/a") == .file)
        #expect(try disk.kind(of: "/d") == .directory)
        #expect(try disk.kind(of: "/x") == nil)
    }

    @Test func removedFileGoesOnBeingUsable() throws {
        try disk.remove("/a")
        try file.put([7], at: 0)
        #expect(try file.readBytes(at: 0, count: 1) == [7])
        #expect(disk.usedByteCount == 0)
        // The name comes back after a power cut, with the bytes that were synced.
        #expect(disk.afterPowerCut(.losesEverything).contents(of: "/a")?.first == 1)
    }

    @Test func nameUsedAgainStandsForOneFileOrTheOther() throws {
        try disk.remove("/a")
        let second = try disk.open("/a", .create)
        try second.put([2], at: 0)
        try second.sync()
        let found = (0..<4 as Range<UInt64>).map { mask in
            disk.afterPowerCut(.chosen(.init(mask: mask))).contents(of: "/a")?.first
        }
        #expect(Set(found) == [1, nil, 2])
    }

    // MARK: - Locks

    @Test func lockHasOneOwner() throws {
        var lock = try disk.lock("/l")
        #expect(lock?.isHeld == true)
        #expect(try disk.lock("/l") == nil)
        lock?.release()
        lock?.release()
        #expect(lock?.isHeld == false)
        let second = try #require(try disk.lock("/l"))
        // The first owner's end does not take the lock from the second.
        lock = nil
        #expect(second.isHeld)
        #expect(try disk.lock("/l") == nil)
    }

    @Test func lockEndsWithItsOwner() throws {
        var lock = try disk.lock("/l")
        #expect(lock != nil)
        lock = nil
        #expect(try disk.lock("/l") != nil)
        let held = try disk.lock("/l")
        #expect(held != nil)
        #expect(try disk.afterProcessDeath().lock("/l") != nil)
        #expect(try disk.afterPowerCut(.keepsEverything).lock("/l") != nil)
    }

    private func expect(_ errno: Int32, _ body: () throws -> Void) {
        let error = #expect(throws: SystemCallError.self) { try body() }
        #expect(error?.errno == errno)
    }
}

extension File {
    /// One call, whatever it transfers.
    func transfer(_ bytes: [UInt8], at offset: UInt64) throws(SystemCallError) -> Int {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(SystemCallError) in try write(bytes, at: offset) }
        }
        return try result.get()
    }

    /// All of it.
    func put(_ bytes: [UInt8], at offset: UInt64) throws(SystemCallError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(SystemCallError) in try writeAll(bytes, at: offset) }
        }
        return try result.get()
    }
}

extension SimulatedDisk {
    /// What reads show, without a numbered operation.
    func contents(of path: String) -> [UInt8]? {
        guard case .file(let file) = state.node(at: path) else { return nil }
        return state.files[file].shown
    }
}
