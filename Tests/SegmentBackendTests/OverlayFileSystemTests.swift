import Conformance
import Foundation
@testable import SegmentBackend
import Testing
import WALProtocol

/// A layer of changes that leaves no trace below.
@Suite struct OverlayFileSystemTests {
    /// The same random writes, cuts and reads on an overlay above a file and on that file's bytes
    /// in an array.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func fileIsWhatWasWritten(seed: UInt64) throws {
        try withTemporaryDirectory { directory in
            var generator = SeededGenerator(seed: seed)
            let path = directory + "/file"
            let count = Int.random(in: 0...80_000, using: &generator)
            let original = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
            try Data(original).write(to: URL(fileURLWithPath: path))
            let overlay = OverlayFileSystem(over: POSIXFileSystem())
            let file = try overlay.open(path, .readWrite)
            var model = original
            for _ in 0..<40 {
                let offset = Int.random(in: 0...90_000, using: &generator)
                if generator.next() % 4 == 0 {
                    try file.setSize(UInt64(offset))
                    if offset < model.count { model.removeLast(model.count - offset) }
                    model += [UInt8](repeating: 0, count: offset - model.count)
                } else {
                    let length = Int.random(in: 1...40_000, using: &generator)
                    let byte = UInt8(generator.next() % 3)
                    try file.writeAll([UInt8](repeating: byte, count: length), at: UInt64(offset))
                    if model.count < offset + length {
                        model += [UInt8](repeating: 0, count: offset + length - model.count)
                    }
                    model.replaceSubrange(
                        offset..<offset + length, with: [UInt8](repeating: byte, count: length))
                }
                #expect(try file.size() == UInt64(model.count))
                let start = Int.random(in: 0...model.count, using: &generator)
                let read = try file.readBytes(at: UInt64(start), count: 50_000)
                #expect(read == [UInt8](model[start...].prefix(50_000)))
            }
            #expect(try file.readBytes(at: 0, count: 200_000) == model)
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(original))
        }
    }

    @Test func namesAreThoseOfADirectory() throws {
        try withTemporaryDirectory { directory in
            for name in ["a", "b"] {
                try Data(name.utf8).write(to: URL(fileURLWithPath: directory + "/" + name))
            }
            let overlay = OverlayFileSystem(over: POSIXFileSystem())
            func expect(_ names: [String]) throws {
                #expect(try overlay.list(directory).sorted() == names)
            }
            try overlay.createDirectory(directory + "/sub")
            #expect(try overlay.list(directory + "/sub").isEmpty)
            #expect(try overlay.kind(of: directory + "/sub") == .directory)
            #expect(try overlay.link(directory + "/a", to: directory + "/sub/kept"))
            try overlay.rename(directory + "/b", to: directory + "/a")
            try expect(["a", "sub"])
            #expect(try overlay.open(directory + "/a", .read).readBytes(at: 0, count: 9) == [98])
            #expect(
                try overlay.open(directory + "/sub/kept", .read).readBytes(at: 0, count: 9) == [97])
            #expect(throws: SystemCallError.self) { try overlay.open(directory + "/b", .read) }
            #expect(throws: SystemCallError.self) { try overlay.open(directory + "/a", .create) }
            _ = try overlay.open(directory + "/b", .create)
            try expect(["a", "b", "sub"])
            try overlay.remove(directory + "/a")
            try expect(["b", "sub"])
            #expect(try overlay.kind(of: directory + "/a") == nil)
            #expect(throws: SystemCallError.self) { try overlay.remove(directory + "/a") }
            let real = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(real.sorted() == ["a", "b"])
        }
    }
}
