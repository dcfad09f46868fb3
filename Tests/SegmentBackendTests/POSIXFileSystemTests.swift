import Foundation
import SegmentBackend
import Testing
import WALProtocol

@Suite struct POSIXFileSystemTests {
    private let disk = POSIXFileSystem()

    @Test func creatingWhatExistsIsRefusedAndLeavesItAlone() throws {
        try withTemporaryDirectory { directory in
            try disk.open("\(directory)/a", .create).writeAll([7], at: 0)
            expectError("open", EEXIST) { _ = try disk.open("\(directory)/a", .create) }
            #expect(try disk.open("\(directory)/a", .read).readBytes(at: 0, count: 2) == [7])
        }
    }

    @Test(arguments: [FileOpenMode.read, .readWrite])
    func openingWhatIsMissingIsRefusedAndCreatesNothing(mode: FileOpenMode) throws {
        try withTemporaryDirectory { (directory: String) throws in
            expectError("open", ENOENT) { _ = try disk.open("\(directory)/a", mode) }
            #expect(try disk.list(directory) == [])
        }
    }

    @Test func errorsCarryThePath() throws {
        try withTemporaryDirectory { directory in
            let path = "\(directory)/missing"
            let expected = SystemCallError(call: "open", errno: ENOENT, path: path)
            #expect(throws: expected) { try disk.open(path, .read) }
        }
    }

    @Test(.timeLimit(.minutes(10)), arguments: [FileOpenMode.read, .readWrite])
    func aFIFOIsRefusedAndNotWaitedFor(mode: FileOpenMode) throws {
        try withTemporaryDirectory { directory in
            try #require(mkfifo("\(directory)/fifo", 0o600) == 0)
            expectError("open", EINVAL) { _ = try disk.open("\(directory)/fifo", mode) }
        }
    }

    @Test(arguments: [FileOpenMode.read, .readWrite])
    func aDirectoryIsNotOpenedAsAFile(mode: FileOpenMode) throws {
        try withTemporaryDirectory { directory in
            expectError("open", EISDIR) { _ = try disk.open(directory, mode) }
        }
    }

    @Test func aDeviceIsNotOpenedAsAFile() {
        expectError("open", EINVAL) { _ = try disk.open("/dev/null", .readWrite) }
    }

    @Test func everyNameIsListedOnceWithoutTheDots() throws {
        try withTemporaryDirectory { directory in
            // Several buffers of the kernel's, and a name of the greatest length.
            let names = (0..<2_000).map { "entry-\($0)" } + [String(repeating: "n", count: 255)]
            for name in names { _ = try disk.open("\(directory)/\(name)", .create) }
            try disk.createDirectory("\(directory)/.hidden")
            #expect(try disk.list(directory).sorted() == (names + [".hidden"]).sorted())
        }
    }

    @Test func aNameThatIsNotUTF8IsListedRepaired() throws {
        try withTemporaryDirectory { (directory: String) throws in
            let path =
                Array("\(directory)/a".utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
            let descriptor = open(path, O_CREAT | O_WRONLY, 0o644)
            guard descriptor >= 0 else { return }  // The file system takes UTF-8 only.
            close(descriptor)
            #expect(try disk.list(directory) == ["a\u{FFFD}"])
            unlink(path)
        }
    }

    @Test func listingWhatIsNoDirectoryIsAnError() throws {
        try withTemporaryDirectory { directory in
            expectError("opendir", ENOENT) { _ = try disk.list("\(directory)/missing") }
            _ = try disk.open("\(directory)/file", .create)
            expectError("opendir", ENOTDIR) { _ = try disk.list("\(directory)/file") }
        }
    }

    @Test(.enabled(if: geteuid() != 0, "the superuser reads everything"))
    func anUnreadableDirectoryIsAnErrorNotAnEmptyOne() throws {
        try withTemporaryDirectory { directory in
            try disk.createDirectory("\(directory)/closed")
            _ = try disk.open("\(directory)/closed/a", .create)
            chmod("\(directory)/closed", 0)
            defer { chmod("\(directory)/closed", 0o755) }
            expectError("opendir", EACCES) { _ = try disk.list("\(directory)/closed") }
            expectError("stat", EACCES) { _ = try disk.kind(of: "\(directory)/closed/a") }
        }
    }

    @Test func kindTellsWhatStandsAtAPath() throws {
        try withTemporaryDirectory { directory in
            _ = try disk.open("\(directory)/file", .create)
            try #require(mkfifo("\(directory)/fifo", 0o600) == 0)
            try #require(symlink("file", "\(directory)/link") == 0)
            try #require(symlink("missing", "\(directory)/dangling") == 0)
            #expect(try disk.kind(of: directory) == .directory)
            #expect(try disk.kind(of: "\(directory)/file") == .file)
            #expect(try disk.kind(of: "\(directory)/fifo") == .other)
            #expect(try disk.kind(of: "\(directory)/link") == .file)
            #expect(try disk.kind(of: "\(directory)/dangling") == nil)
            #expect(try disk.kind(of: "\(directory)/missing") == nil)
            #expect(try disk.kind(of: "\(directory)/file/below") == nil)
        }
    }

    @Test func aPathThatCannotBeFollowedIsAnErrorNotAbsence() throws {
        try withTemporaryDirectory { directory in
            try #require(symlink("loop", "\(directory)/loop") == 0)
            expectError("stat", ELOOP) { _ = try disk.kind(of: "\(directory)/loop") }
        }
    }

    @Test func aDirectoryIsCreatedOnceAndBelowAParent() throws {
        try withTemporaryDirectory { directory in
            try disk.createDirectory("\(directory)/d")
            #expect(try disk.kind(of: "\(directory)/d") == .directory)
            expectError("mkdir", EEXIST) { try disk.createDirectory("\(directory)/d") }
            expectError("mkdir", ENOENT) { try disk.createDirectory("\(directory)/x/y") }
        }
    }

    @Test func syncingADirectoryNeedsADirectory() throws {
        try withTemporaryDirectory { directory in
            try disk.syncDirectory(directory)
            expectError("open", ENOENT) { try disk.syncDirectory("\(directory)/missing") }
            _ = try disk.open("\(directory)/file", .create)
            expectError("open", ENOTDIR) { try disk.syncDirectory("\(directory)/file") }
        }
    }

    #if os(Linux)
        @Test func aFileSystemThatCannotSyncDirectoriesIsTolerated() throws {
            let descriptor = open("/proc", O_RDONLY | O_DIRECTORY)
            defer { close(descriptor) }
            try #require(fsync(descriptor) == -1 && errno == EINVAL)
            try disk.syncDirectory("/proc")
        }
    #endif

    @Test func renamingReplacesWhatHadTheName() throws {
        try withTemporaryDirectory { directory in
            try disk.open("\(directory)/a", .create).writeAll([1], at: 0)
            try disk.open("\(directory)/b", .create).writeAll([2, 2], at: 0)
            try disk.rename("\(directory)/a", to: "\(directory)/b")
            #expect(try disk.list(directory) == ["b"])
            #expect(try disk.open("\(directory)/b", .read).readBytes(at: 0, count: 9) == [1])
            expectError("rename", ENOENT) {
                try disk.rename("\(directory)/a", to: "\(directory)/c")
            }
        }
    }

    @Test func removingTakesTheNameAndNotTheOpenFile() throws {
        try withTemporaryDirectory { directory in
            let file = try disk.open("\(directory)/a", .create)
            try file.writeAll([5], at: 0)
            try disk.remove("\(directory)/a")
            #expect(try disk.kind(of: "\(directory)/a") == nil)
            #expect(try file.readBytes(at: 0, count: 1) == [5])
            expectError("unlink", ENOENT) { try disk.remove("\(directory)/a") }
        }
    }
}
