import WALProtocol

extension Rule {
    /// Directories, locks and options.
    static let opening: [Rule] = [
        Rule(
            "open.anyOptions", 85,
            contract: "Any option may change between two openings; the log stays what it is."
        ) { trial in
            let variants = try trial.requireVariants() + [trial.suite.opening]
            let rotation = try trial.rotationByteCount()
            let log = try trial.log()
            for round in 0..<16 as Range<UInt64> {
                let next = log.model.next ?? 1
                try log.append(next...(next + 19), term: round, size: rotation / 12)
                try log.truncate(from: next + 18)
                if round % 3 == 2 { try log.compact(through: next, term: round) }
                try log.setMetadata([UInt8(round)], for: "round")
                let variant = variants[Int.random(in: 0..<variants.count, using: &trial.random)]
                try log.reopen(with: variant)
                try log.check("after opening with other options, round \(round)")
            }
        },
        Rule(
            "open.readOnlyDirectoryRefused", 113,
            contract: "A directory that cannot be written is refused with `readOnly`, untouched."
        ) { trial in
            try trial.requireFiles()
            let parent = "\(trial.scratch.path)/parent"
            Files.makeDirectory(parent)
            let existing = "\(parent)/existing"
            let store = try trial.open(existing)
            try store.append([1, 2, 3], at: LogPosition(term: 1, index: 1))
            try store.close()
            for name in Files.files(below: existing) { Files.setMode("\(existing)/\(name)", 0o444) }
            Files.setMode(existing, 0o555)
            Files.setMode(parent, 0o555)
            defer {
                Files.setMode(parent, 0o755)
                Files.setMode(existing, 0o755)
            }
            let before = Files.sizes(below: parent)
            try Privileges.withoutRoot {
                for path in [existing, "\(parent)/new", "\(parent)/new/deeper"] {
                    try trial.expectError(.readOnly, "opening \(path) for writing") {
                        _ = try trial.open(path)
                    }
                }
            }
            try trial.expect(
                Files.sizes(below: parent) == before && Files.names(in: parent) == ["existing"],
                "something was created or changed: \(Files.sizes(below: parent))")
        },
        Rule(
            "open.secondWriterLocked", 114,
            contract: "A second writer is refused with `locked` at once, by whatever path it comes."
        ) { trial in
            try trial.require(
                try trial.capabilities().locksExclusively, "the store declares no lock")
            let log = try trial.log()
            try log.append(1...5)
            try trial.expectError(.locked, "opening it a second time") {
                _ = try trial.open(log.path)
            }
            if try trial.capabilities().isStoredInFiles {
                let alias = "\(trial.scratch.path)/alias"
                Files.link(alias, to: log.path)
                for path in [alias, "\(log.path)/", "\(trial.scratch.path)/./alias/."] {
                    try trial.expectError(.locked, "opening it through \(path)") {
                        _ = try trial.open(path)
                    }
                }
            }
            try log.append(6...8)
            try log.sync()
            try log.check("after others tried to open it")
            try log.reopen()
            try log.check("after opening it again")
        },
        Rule(
            "open.lockGivenUp", 115,
            contract:
                "The lock goes with a close, with the last reference and with a failed opening."
        ) { trial in
            let log = try trial.log()
            try log.append(1...5)
            try log.sync()
            for _ in 0..<10 {
                try log.crash("after a crash")
                try log.reopen()
            }
            try log.close()
            let closed = try trial.open(log.path)
            try closed.close()
            // The object is still there; the lock must not be.
            try log.check("beside an object that was closed")
            try withExtendedLifetime(closed) { try log.close() }
            guard try trial.capabilities().isStoredInFiles else { return }
            let copy = trial.freshPath()
            Files.copyAll(from: log.path, to: copy)
            for name in Files.files(below: copy) {
                guard let bytes = Files.contents(of: "\(copy)/\(name)") else { continue }
                Files.write(bytes.map { ~$0 }, to: "\(copy)/\(name)")
            }
            for _ in 0..<3 {
                do {
                    _ = try trial.open(copy)
                    throw Failure("a store of inverted files was opened", at: .here())
                } catch let error as LogStoreError {
                    try trial.expect(
                        error.code != .locked, "after a failed opening it is locked: \(error)")
                }
            }
            for name in Files.files(below: log.path) {
                if let bytes = Files.contents(of: "\(log.path)/\(name)") {
                    Files.write(bytes, to: "\(copy)/\(name)")
                }
            }
            let restored = try trial.open(copy)
            try trial.expect(
                restored, holds: log.model, "after failed openings and restoring the files",
                at: .here())
        },
        Rule(
            "open.createsDirectories", 116,
            contract: "A missing directory is created, with its parents; an empty one is used."
        ) { trial in
            try trial.requireFiles()
            for name in ["a/b/c/d", "with space", "ünïcödé ✓", String(repeating: "n", count: 200)] {
                let path = "\(trial.scratch.path)/\(name)"
                let log = try TestedLog(trial, at: path, opening: trial.suite.opening)
                try log.append(1...3)
                try log.reopen()
                try log.check("in \(name)")
                try log.close()
            }
            let empty = "\(trial.scratch.path)/empty"
            Files.makeDirectory(empty)
            let log = try TestedLog(trial, at: empty, opening: trial.suite.opening)
            try log.append(1...3)
            try log.reopen()
            try log.check("in a directory that was there")
        },
        Rule(
            "open.oddPathsRefused", 116,
            contract: "A path that cannot be a directory is a typed error, and nothing is touched."
        ) { trial in
            try trial.requireFiles()
            let file = "\(trial.scratch.path)/file"
            Files.write([1, 2, 3], to: file)
            let paths = [
                file, "\(file)/below",
                "\(trial.scratch.path)/\(String(repeating: "n", count: 300))",
                "\(trial.scratch.path)/" + String(repeating: "deep/", count: 2000), "",
            ]
            for path in paths {
                do {
                    _ = try trial.open(path)
                    throw Failure("\(path.prefix(80)) was opened", at: .here())
                } catch is LogStoreError {}
            }
            try trial.expect(
                Files.contents(of: file) == [1, 2, 3], "a file in the way was changed")
        },
        Rule(
            "open.foreignFilesIgnored", 108,
            contract: "Files of others in the directory are left alone and do no harm."
        ) { trial in
            try trial.requireFiles()
            let log = try trial.log()
            try log.append(1...5)
            try log.close()
            Files.makeDirectory("\(log.path)/lost+found")
            for name in [".DS_Store", "notes.txt~", ".nfs0001", "README"] {
                Files.write([9, 9, 9], to: "\(log.path)/\(name)")
            }
            try log.append(6...500, size: 200)
            try log.compact(through: 499)
            try log.reopen()
            try log.check("beside files of others")
            for name in [".DS_Store", "notes.txt~", ".nfs0001", "README"] {
                try trial.expect(
                    Files.contents(of: "\(log.path)/\(name)") == [9, 9, 9], "\(name) is gone")
            }
        },
        Rule(
            "open.readOnlyChangesNothing", 84,
            contract: "Opened to be looked at, a store changes no byte, also beside a live writer."
        ) { trial in
            guard let openReadOnly = trial.suite.openingReadOnly else {
                throw NotChecked("no way was given to open it for reading only")
            }
            let nothing = trial.freshPath()
            try trial.expectError(.unavailable, "looking at a store that is not there") {
                _ = try openReadOnly(nothing)
            }
            try trial.expect(Files.status(of: nothing) == nil, "looking created the directory")
            let log = try trial.log()
            try log.append(1...40, size: 300)
            try log.setMetadata([1], for: "key")
            try log.sync()
            let live = try openReadOnly(log.path)
            try trial.expect(live, holds: log.model, "beside a live writer", at: .here())
            try log.close()
            let before = Files.files(below: log.path).map {
                Files.contents(of: "\(log.path)/\($0)")
            }
            let store = try openReadOnly(log.path)
            try trial.expect(store, holds: log.model, "opened for reading only", at: .here())
            let writes: [(String, () throws -> Void)] = [
                ("append", { try store.append([1], at: LogPosition(term: 1, index: 41)) }),
                ("truncate", { try store.truncate(from: 5) }),
                ("setMetadata", { try store.setMetadata([2], for: "key") }),
            ]
            for (what, write) in writes {
                try trial.expectError(.readOnly, "\(what) on it", body: write)
            }
            try store.close()
            let after = Files.files(below: log.path).map { Files.contents(of: "\(log.path)/\($0)") }
            try trial.expect(before == after, "looking changed a file")
        },
    ]
}
