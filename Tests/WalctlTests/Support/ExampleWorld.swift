import Foundation
import Testing

/// A directory that stands for `/`, in which the examples of the help are run.
///
/// It has a store with 1000 entries at `/var/lib/log`, a text file at `/backup/commands.txt`, logs
/// of other programs at `/backup/raft-wal` and `/backup/hiqlite`, and the tool on the search path.
enum ExampleWorld {
    /// Lays out a world.
    ///
    /// - Parameter store: The store to copy to `/var/lib/log`; `nil` for none.
    static func prepare(_ world: String, store: String?) throws {
        let files = FileManager.default
        for directory in ["/var/lib", "/backup", "/bin"] {
            try files.createDirectory(atPath: world + directory, withIntermediateDirectories: true)
        }
        if let store { try files.copyItem(atPath: store, toPath: world + "/var/lib/log") }
        try files.createSymbolicLink(
            atPath: world + "/bin/walctl", withDestinationPath: try Walctl.binary())
        try Data("set x 1\nset y 2\ndelete x\n".utf8)
            .write(to: URL(fileURLWithPath: world + "/backup/commands.txt"))
        try RaftWALFixture.make(in: world + "/backup/raft-wal")
        try HiqliteFixture.make(in: world + "/backup/hiqlite")
    }

    /// Runs a line as somebody types it whose `/` is the world.
    static func run(_ line: String, in world: String) throws -> Walctl.Outcome {
        try Walctl.shell(
            """
            unset -f walctl
            export PATH="$1/bin:$PATH"
            cd "$1/backup" && timeout -k 5 120 bash -c "$2" </dev/null
            """, world, absolutePaths(of: line, in: world))
    }

    /// The line with the paths that the examples use replaced, each at the beginning of a word.
    private static func absolutePaths(of line: String, in world: String) -> String {
        line.replacing(#/(^|[\s'"=])(/var/lib|/backup)/#) { match in
            "\(match.output.1)\(world)\(match.output.2)"
        }
    }

    /// The names and the contents of everything below `/var/lib` and `/backup`.
    static func contents(_ world: String) throws -> [String: Data] {
        var found: [String: Data] = [:]
        for top in ["/var/lib", "/backup"] {
            let names = FileManager.default.enumerator(atPath: world + top)
            while let name = names?.nextObject() as? String {
                // In the lock file LMDB's readers say that they are there.
                guard !name.hasSuffix("lock.mdb") else { continue }
                let path = world + top + "/" + name
                found[top + "/" + name] = FileManager.default.contents(atPath: path) ?? Data()
            }
        }
        return found
    }
}
