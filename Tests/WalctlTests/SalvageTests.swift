import Foundation
import Testing

/// Copying what is left of a damaged store.
@Suite struct SalvageTests {
    /// Every way from one backend to another.
    private static let ways = backends.flatMap { from in backends.map { (from, $0) } }

    @Test(arguments: ways) func whatIsReadableIsCopied(from: String, to: String) throws {
        try withDrillStore(from) { store in
            try store.flip(entry: 65)
            try store.flip(entry: 205)
            let target = store.path + "-salvaged"
            let outcome = try store.look(
                "salvage", store.path, "--to", target, "--backend", to, status: 0)
            let rest = outcome.lines.filter { !$0.hasPrefix("found ") }
            #expect(
                rest == [
                    "copied 1-64 to \(target)", "copied 66-204 to \(target)/run-66-204",
                    "copied 206-300 to \(target)/run-206-300", "lost 65-65 term=7",
                    "lost 205-205 term=21",
                    "voting: a replica with this log must catch up before it votes",
                ])
            #expect(outcome.lines.count { $0.hasPrefix("found ") } >= 2)
            for (path, range) in [
                (target, 0..<64), (target + "/run-66-204", 65..<204),
                (target + "/run-206-300", 205..<300),
            ] {
                #expect(try Walctl.run("dump", path).lines == Array(store.before[range]))
                let info = try Walctl.run("info", path, "--json").text
                #expect(info.contains("\"backend\":\"\(to)\""))
            }
            // The new log goes on.
            try DrillStore(path: target, before: store.before).expectWorking(entries: 64)
            let again = try Walctl.run("salvage", store.path, "--to", target)
            #expect(again.status == 2)
            #expect(again.messages.contains("is not empty"))
        }
    }

    @Test(arguments: backends) func soundStoreIsCopiedWhole(backend: String) throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run(
                "--backend", backend, "apply", store,
                input: "append 50 40 3\nvote 4 n1\ncompact-before 11\n")
            let outcome = try Walctl.run("salvage", store, "--to", directory + "/new", "--json")
            #expect(outcome.status == 0)
            #expect(outcome.text.contains("\"lost\":[]"))
            #expect(outcome.text.contains("\"from\":11,\"to\":50"))
            let before = try Walctl.run("dump", store).lines
            #expect(before.last == "vote 4 n1")
            #expect(try Walctl.run("dump", directory + "/new").lines == before)
            #expect(try Walctl.run("get", directory + "/new", "10").status == 6)
        }
    }

    /// With the beginning gone, the new log is empty, and what is left stands beside it.
    @Test func lostBeginningLeavesAnEmptyLog() throws {
        try withDrillStore { store in
            let name = try store.places(of: 1).file
            try FileManager.default.removeItem(atPath: store.path + "/" + name)
            let target = store.path + "-salvaged"
            let outcome = try store.look("salvage", store.path, "--to", target, status: 0)
            let run = try #require(outcome.lines.first { $0.hasPrefix("copied ") })
            #expect(run.hasSuffix("-300"))
            #expect(try Walctl.run("verify", target).lines == ["ok first=- last=- torn=0"])
            let path = try #require(run.split(separator: " ").last.map(String.init))
            let kept = try Walctl.run("dump", path).lines
            #expect(kept == Array(store.before.suffix(kept.count)) && kept.count > 250)
        }
    }

    @Test func whatCannotBeIsRefused() throws {
        try withDrillStore(count: 20) { store in
            let file = store.path + "/LOCK"
            #expect(try Walctl.run("salvage", store.path, "--to", file).status == 2)
            #expect(try Walctl.run("salvage", store.path, "--to", store.path).status == 2)
            for inside in ["", "/new", "/./new", "/new/er/"] {
                let outcome = try store.look(
                    "salvage", store.path, "--to", store.path + inside, status: 2)
                #expect(outcome.messages.contains("lies in the store"))
            }
            #expect(try Walctl.run("salvage", store.path).status == 2)
            let none = try Walctl.run("salvage", store.path + "/none", "--to", store.path + "-new")
            #expect(none.status == 6)
            #expect(!FileManager.default.fileExists(atPath: store.path + "-new"))
        }
    }
}
