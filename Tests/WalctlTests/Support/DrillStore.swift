import Foundation
import Testing

/// A store that a drill damages and puts right again, with nothing but the tool.
struct DrillStore {
    let path: String
    /// Its entries before the damage, as `dump` prints them.
    let before: [String]

    /// Every file below the directory.
    func files() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for case let name as String in FileManager.default.enumerator(atPath: path) ?? .init() {
            var isDirectory: ObjCBool = false
            let file = path + "/" + name
            guard FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory),
                !isDirectory.boolValue, name != "lock.mdb", name != "LOCK"
            else { continue }
            files[name] = try Data(contentsOf: URL(fileURLWithPath: file))
        }
        return files
    }

    /// The file that holds an entry's payload, and where the payload stands in it.
    ///
    /// LMDB leaves older copies of its pages: then all of them.
    func places(of index: Int) throws -> (file: String, offsets: [UInt64]) {
        let payload = try Walctl.run("get", path, String(index)).output
        for (name, bytes) in try files() {
            let offsets = bytes.ranges(of: payload).map { UInt64($0.lowerBound) }
            if !offsets.isEmpty { return (name, offsets) }
        }
        throw NotFound()
    }

    struct NotFound: Error {}

    /// Flips a byte in the payload of an entry.
    ///
    /// - Returns: the file that holds it.
    @discardableResult
    func flip(entry index: Int) throws -> String {
        let (file, offsets) = try places(of: index)
        for offset in offsets { try WalctlTests.flip(path + "/" + file, at: offset) }
        return file
    }

    /// Runs a command that must change no byte.
    func look(_ arguments: String..., status: Int32) throws -> Walctl.Outcome {
        let files = try files()
        let outcome = try Walctl.run(arguments)
        #expect(outcome.status == status, "\(arguments): \(outcome.text)\(outcome.messages)")
        #expect(!outcome.wasSignalled)
        #expect(try self.files() == files, "\(arguments) changed something")
        return outcome
    }

    /// The store works: it verifies, holds the first entries of what it held, and takes more.
    func expectWorking(entries count: Int) throws {
        #expect(try Walctl.run("verify", path).status == 0)
        #expect(try Walctl.run("dump", path).lines == Array(before.prefix(count)))
        let appended = try Walctl.run("append", path, "--count", "3", "--size", "20")
        #expect(appended.lines == (count + 1...count + 3).map { "acked \($0)" })
        let verified = try Walctl.run("verify", path)
        #expect(verified.lines == ["ok first=1 last=\(count + 3) torn=0"])
        #expect(try Walctl.run("dump", path).lines.count == count + 3)
    }
}

/// Runs `body` with a closed store of entries of 100 bytes, in segments of 8 KiB.
func withDrillStore(
    _ backend: String = "segment", count: Int = 300, _ body: (DrillStore) throws -> Void
) throws {
    try withTemporaryDirectory { directory in
        let path = directory + "/store"
        let made = try Walctl.run(
            "--backend", backend, "append", path, "--count", String(count), "--size", "100",
            "--sync", "batch", "--segment-bytes", "8192")
        try #require(made.status == 0)
        try body(DrillStore(path: path, before: try Walctl.run("dump", path).lines))
    }
}
