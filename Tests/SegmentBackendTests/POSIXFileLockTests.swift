import Foundation
import SegmentBackend
import Testing
import WALProtocol

@Suite struct POSIXFileLockTests {
    private let disk = POSIXFileSystem()

    @Test func aSecondTakerInTheSameProcessIsRefused() throws {
        try withTemporaryDirectory { directory in
            let lock = try #require(try disk.lock("\(directory)/lock"))
            #expect(try disk.lock("\(directory)/lock") == nil)
            #expect(try disk.kind(of: "\(directory)/lock") == .file)
            withExtendedLifetime(lock) {}
        }
    }

    @Test func aLockGoesWithItsLastReference() throws {
        try withTemporaryDirectory { directory in
            var lock = try disk.lock("\(directory)/lock")
            #expect(lock != nil)
            lock = nil
            #expect(try disk.lock("\(directory)/lock") != nil)
        }
    }

    @Test func releasingTwiceReleasesOnce() throws {
        try withTemporaryDirectory { directory in
            let first = try #require(try disk.lock("\(directory)/lock"))
            first.release()
            let second = try #require(try disk.lock("\(directory)/lock"))
            // The second lock very likely has the descriptor that the first one had.
            first.release()
            #expect(try disk.lock("\(directory)/lock") == nil)
            second.release()
            #expect(try disk.lock("\(directory)/lock") != nil)
        }
    }

    @Test(.timeLimit(.minutes(10))) func onlyAFileIsLocked() throws {
        try withTemporaryDirectory { directory in
            expectError("open", EISDIR) { _ = try disk.lock(directory) }
            try #require(mkfifo("\(directory)/fifo", 0o600) == 0)
            expectError("open", EINVAL) { _ = try disk.lock("\(directory)/fifo") }
        }
    }

    @Test(.enabled(if: hasLockTool), .timeLimit(.minutes(10)))
    func aLockDiesWithTheProcessThatHasIt() throws {
        try withTemporaryDirectory { directory in
            let owner = Process()
            let output = Pipe()
            let input = Pipe()
            owner.executableURL = URL(fileURLWithPath: "/bin/sh")
            // One process: the shell itself holds the lock, until it reads a line or dies.
            owner.arguments = [
                "-c", "exec 9>\"$1\" && flock 9 && echo locked && read -r line", "sh",
                "\(directory)/lock",
            ]
            owner.standardOutput = output
            owner.standardInput = input
            try owner.run()
            let answer = output.fileHandleForReading.availableData
            #expect(String(decoding: answer, as: UTF8.self) == "locked\n")
            #expect(try disk.lock("\(directory)/lock") == nil)
            kill(owner.processIdentifier, SIGKILL)
            owner.waitUntilExit()
            #expect(try disk.lock("\(directory)/lock") != nil)
        }
    }

    @Test(.enabled(if: hasLockTool)) func anotherProcessIsRefused() throws {
        try withTemporaryDirectory { directory in
            let lock = try #require(try disk.lock("\(directory)/lock"))
            #expect(try statusOfOtherTaker("\(directory)/lock") == 1)
            lock.release()
            #expect(try statusOfOtherTaker("\(directory)/lock") == 0)
        }
    }

    private func statusOfOtherTaker(_ path: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: lockTool)
        process.arguments = ["-n", path, "true"]
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}

/// The command of util-linux.
private let lockTool = "/usr/bin/flock"
private let hasLockTool = FileManager.default.isExecutableFile(atPath: lockTool)
