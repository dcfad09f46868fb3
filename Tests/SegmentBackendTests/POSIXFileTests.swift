import Foundation
import SegmentBackend
import Testing
import WALProtocol

@Suite struct POSIXFileTests {
    private let disk = POSIXFileSystem()

    @Test func bytesWrittenAreReadBackAtTheirOffset() throws {
        try withTemporaryDirectory { directory in
            let file = try disk.open("\(directory)/a", .create)
            try file.writeAll([1, 2, 3, 4], at: 10)
            try file.sync()
            #expect(try file.size() == 14)
            #expect(try file.readBytes(at: 8, count: 100) == [0, 0, 1, 2, 3, 4])
            #expect(file.path == "\(directory)/a")
        }
    }

    @Test func writingThatIsStartedChangesNoBytes() throws {
        try withTemporaryDirectory { directory in
            let file = try disk.open("\(directory)/a", .create)
            try file.writeAll([1, 2, 3, 4], at: 0)
            try file.startWriting(4, at: 0)
            try file.startWriting(1 << 20, at: 1 << 20)
            #expect(try file.readBytes(at: 0, count: 8) == [1, 2, 3, 4])
            expectError("sync_file_range", EINVAL) { try file.startWriting(1, at: .max) }
            #if os(Linux)
                expectError("sync_file_range", EINVAL) { try file.startWriting(-1, at: 0) }
            #endif
        }
    }

    @Test func aReadAtTheEndReturnsNothing() throws {
        try withTemporaryDirectory { directory in
            let file = try disk.open("\(directory)/a", .create)
            try file.writeAll([1], at: 0)
            #expect(try file.readBytes(at: 1, count: 8) == [])
        }
    }

    @Test func anEmptyWriteChangesNothing() throws {
        try withTemporaryDirectory { directory in
            let file = try disk.open("\(directory)/a", .create)
            #expect(try file.write(UnsafeRawBufferPointer(start: nil, count: 0), at: 9) == 0)
            #expect(try file.size() == 0)
        }
    }

    @Test func offsetsBeyond32BitsAreOffsets() throws {
        try withTemporaryDirectory { directory in
            let file = try disk.open("\(directory)/a", .create)
            try file.writeAll([8], at: 5 << 32)
            #expect(try file.size() == 5 << 32 + 1)
            #expect(try file.readBytes(at: 5 << 32, count: 2) == [8])
        }
    }

    @Test func setSizeCutsAndExtendsWithZeros() throws {
        try withTemporaryDirectory { directory in
            let file = try disk.open("\(directory)/a", .create)
            try file.writeAll([1, 2, 3], at: 0)
            try file.setSize(1)
            try file.setSize(3)
            #expect(try file.readBytes(at: 0, count: 8) == [1, 0, 0])
        }
    }

    @Test func anOffsetThatNoFileHasIsAnErrorNotATrap() throws {
        try withTemporaryDirectory { directory in
            let file = try disk.open("\(directory)/a", .create)
            expectError("pread", EINVAL) { _ = try file.readBytes(at: .max, count: 1) }
            expectError("pwrite", EINVAL) { try file.writeAll([1], at: .max) }
            expectError("ftruncate", EINVAL) { try file.setSize(.max) }
        }
    }

    @Test func aFileOpenedToBeReadCannotBeWritten() throws {
        try withTemporaryDirectory { directory in
            _ = try disk.open("\(directory)/a", .create)
            let file = try disk.open("\(directory)/a", .read)
            expectError("pwrite", EBADF) { try file.writeAll([1], at: 0) }
            expectError("ftruncate", EINVAL) { try file.setSize(0) }
        }
    }

    @Test func aFileOpenedToBeWrittenKeepsItsContents() throws {
        try withTemporaryDirectory { directory in
            try disk.open("\(directory)/a", .create).writeAll([1, 2], at: 0)
            let file = try disk.open("\(directory)/a", .readWrite)
            try file.writeAll([9], at: 1)
            #expect(try file.readBytes(at: 0, count: 4) == [1, 9])
        }
    }

    #if os(Linux)
        @Test func descriptorsAreClosedWithTheirOwner() throws {
            try withTemporaryDirectory { directory in
                let file = try disk.open("\(directory)/a", .create)
                #expect(try descriptors(below: directory).count == 1)
                let lock = try #require(try disk.lock("\(directory)/lock"))
                #expect(try disk.lock("\(directory)/lock") == nil)
                expectError("open", EISDIR) { _ = try disk.open(directory, .read) }
                _ = try disk.list(directory)
                try disk.syncDirectory(directory)
                #expect(try descriptors(below: directory).count == 2)
                withExtendedLifetime((file, lock)) {}
            }
        }

        @Test func descriptorsAreFreeWhenTheLastReferenceGoes() throws {
            try withTemporaryDirectory { directory in
                for _ in 0..<3 {
                    _ = try? disk.open("\(directory)/a", .create)
                    _ = try disk.open("\(directory)/a", .read)
                    _ = try disk.lock("\(directory)/lock")
                }
                #expect(try descriptors(below: directory) == [])
            }
        }

        @Test func descriptorsAreNotInheritedByPrograms() throws {
            try withTemporaryDirectory { directory in
                let file = try disk.open("\(directory)/a", .create)
                let lock = try #require(try disk.lock("\(directory)/lock"))
                let open = try descriptors(below: directory)
                #expect(open.count == 2)
                for descriptor in open {
                    #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
                }
                withExtendedLifetime((file, lock)) {}
            }
        }

        /// This process's descriptors of files below a directory.
        private func descriptors(below directory: String) throws -> [Int32] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
                .filter {
                    let target = try? FileManager.default.destinationOfSymbolicLink(
                        atPath: "/proc/self/fd/\($0)")
                    return target?.hasPrefix(directory) ?? false
                }
                .compactMap { Int32($0) }
        }
    #endif
}
