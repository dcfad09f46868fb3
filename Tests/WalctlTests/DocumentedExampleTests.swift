import Foundation
import Testing

/// Every example of every command's help runs as it stands there.
///
/// The commands are found in the tool's own help, so that a new one is covered at once. Each gets
/// a store of its own with 1000 entries, and its examples run in order, through bash.
@Suite struct DocumentedExampleTests {
    @Test(arguments: backends) func everyExampleRunsAsItStands(backend: String) throws {
        try withTemporaryDirectory { directory in
            let origin = directory + "/origin"
            let arguments = ["--count", "1000", "--size", "100", "--sync", "none"]
            try #require(
                try Walctl.run(["--backend", backend, "append", origin] + arguments).status == 0)
            let commands = try Help.commands()
            #expect(commands.count >= 8)
            for command in commands {
                let world = directory + "/" + command
                try ExampleWorld.prepare(world, store: origin)
                let examples = try Help.examples(of: command)
                #expect(!examples.isEmpty, "\(command) has no example")
                #expect(
                    examples.contains { $0.contains("walctl \(command) ") },
                    "no example of \(command) is one of it")
                for example in examples { try check(example, command, in: world) }
            }
        }
    }

    @Test func examplesOfTheToolItselfRun() throws {
        try withTemporaryDirectory { directory in
            try ExampleWorld.prepare(directory + "/world", store: nil)
            let examples = try Help.examples(of: nil)
            #expect(examples.count >= 2)
            for example in examples { try check(example, "walctl", in: directory + "/world") }
        }
    }

    /// Runs an example, which has to end well and to do something.
    private func check(_ example: String, _ command: String, in world: String) throws {
        let before = try ExampleWorld.contents(world)
        let outcome = try ExampleWorld.run(example, in: world)
        #expect(outcome.status == 0, "\(example): \(outcome.messages)")
        #expect(!outcome.messages.contains("error:"), "\(example): \(outcome.messages)")
        let after = try ExampleWorld.contents(world)
        #expect(!outcome.output.isEmpty || after != before, "\(example): nothing happened")
        if Self.readers.contains(command) {
            func stores(_ files: [String: Data]) -> [String: Data] {
                files.filter { $0.key.hasPrefix("/var/lib") }
            }
            #expect(stores(after) == stores(before), "\(example) changed the store")
        }
        if let expected = Self.outputs[example] {
            #expect(outcome.text.contains(expected), "\(example): \(outcome.text)")
        }
    }

    private static let readers: Set = ["dump", "get", "info", "map", "tail", "verify"]

    /// What some examples print on the store with 1000 entries.
    private static let outputs = [
        "walctl verify /var/lib/log || echo \"do not start this replica\"":
            "ok first=1 last=1000 torn=0\n",
        "walctl append /var/lib/log --count 1000 --size 100 --sync batch --batch 50":
            "acked 1001\n",
        "walctl dump /var/lib/log --from 100 --to 199 --payload text": "\n199 20 100 ",
        "walctl info /var/lib/log --json": "\"entries\":1000,",
    ]
}
