import Foundation
import Testing

/// Directories with things in them that no store puts there, and things that are no directories.
///
/// Every command gives a clear line and an exit code of cli.md, and comes to an end (P69; the
/// fuzzers of `Fuzzing` look for more).
@Suite struct HostileDirectoryTests {
    /// What makes the thing at `$1`: names like a segment's, LMDB's, the identity and the lock.
    static let things: [(name: String, script: String)] = [
        ("a file", "echo x >$1"),
        ("a FIFO", "mkfifo $1"),
        ("a socket", "python3 -c 'import socket,sys; socket.socket(1).bind(sys.argv[1])' $1"),
        ("a device", "ln -s /dev/zero $1"),
        ("a link to nothing", "ln -s nowhere $1"),
        ("a loop of links", "ln -s loop $1.a; ln -s $1.a $1"),
        ("a segment that is a FIFO", "mkdir $1; mkfifo $1/0000000000000001.wal"),
        ("a segment that is a directory", "mkdir -p $1/0000000000000001.wal"),
        (
            "a segment that is a loop",
            "mkdir $1; ln -s 0000000000000001.wal $1/0000000000000001.wal"
        ),
        ("a segment that is a device", "mkdir $1; ln -s /dev/zero $1/0000000000000001.wal"),
        ("a segment that is endless", "mkdir $1; ln -s /dev/urandom $1/0000000000000001.wal"),
        ("a huge segment of nothing", "mkdir $1; truncate -s 1T $1/0000000000000001.wal"),
        ("an empty segment", "mkdir $1; touch $1/0000000000000001.wal"),
        ("a segment with the last number", "mkdir $1; touch $1/ffffffffffffffff.wal"),
        ("an identity that is a FIFO", "mkdir $1; mkfifo $1/STORE"),
        ("an identity that is a directory", "mkdir -p $1/STORE"),
        ("a huge identity", "mkdir $1; truncate -s 1T $1/STORE"),
        ("an LMDB file that is a FIFO", "mkdir $1; mkfifo $1/data.mdb"),
        ("an LMDB file that is a directory", "mkdir -p $1/data.mdb"),
        ("an LMDB file that is a device", "mkdir $1; ln -s /dev/zero $1/data.mdb"),
        ("an LMDB file that is a loop", "mkdir $1; ln -s data.mdb $1/data.mdb"),
        ("an empty LMDB file", "mkdir $1; touch $1/data.mdb"),
        ("a huge LMDB file of nothing", "mkdir $1; truncate -s 1T $1/data.mdb"),
    ]

    /// What is added to a store that is whole.
    static let additions: [(name: String, backend: String, script: String)] = [
        ("a FIFO beside it", "segment", "mkfifo $1/pipe $1/x.wal"),
        ("a loop beside it", "segment", "ln -s self $1/self; ln -s . $1/here"),
        ("a temporary that is a FIFO", "segment", "mkfifo $1/0000000000000009.wal.tmp"),
        ("a next segment that is a FIFO", "segment", "mkfifo $1/0000000000000002.wal"),
        ("a next segment that is a directory", "segment", "mkdir $1/0000000000000002.wal"),
        ("a next segment that is huge", "segment", "truncate -s 1T $1/0000000000000002.wal"),
        ("a first segment that grew to 1 TiB", "segment", "truncate -s 1T $1/0000000000000001.wal"),
        ("a lock that is a FIFO", "segment", "rm $1/LOCK; mkfifo $1/LOCK"),
        ("a lock that is a directory", "segment", "rm $1/LOCK; mkdir $1/LOCK"),
        ("a lock that is a link", "segment", "rm $1/LOCK; ln -s LOCK $1/LOCK"),
        ("a quarantine that is a file", "segment", "touch $1/quarantine"),
        ("an LMDB file that grew to 1 TiB", "lmdb", "truncate -s 1T $1/data.mdb"),
        ("an LMDB lock that is a FIFO", "lmdb", "rm $1/lock.mdb; mkfifo $1/lock.mdb"),
        ("an LMDB lock that is a directory", "lmdb", "rm $1/lock.mdb; mkdir $1/lock.mdb"),
    ]

    /// Every command, with the store as `$1` and room for other files at `$2`.
    static let commands = [
        "info $1", "map $1", "verify $1", "dump $1", "tail $1", "get $1 1",
        "export $1 --to $2/export", "append $1 --count 1 --size 1", "apply $1",
        "import $1 --from /dev/null", "repair $1 --plan", "salvage $1 --to $2/salvage",
        "copy $1 --to $2/copy",
    ]

    @Test(arguments: things.indices) func everyCommandEndsWithOneClearLine(number: Int) throws {
        let thing = Self.things[number]
        try withTemporaryDirectory { directory in
            for line in try Self.runAll(thing.script, in: directory, store: nil) {
                // What comes after the exit code are the messages.
                let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
                let place = "\(thing.name): \(fields[0])"
                let status = try #require(Int(fields[1]), "\(place)")
                #expect([0, 2, 3, 4, 5, 6, 7].contains(status), "\(place): \(line)")
                if status != 0 {
                    #expect(fields[2].contains("error: "), "\(place): \(line)")
                }
            }
        }
    }

    @Test(arguments: additions.indices) func whatIsAddedToAStoreHangsNothing(number: Int) throws {
        let thing = Self.additions[number]
        try withTemporaryDirectory { directory in
            let store = directory + "/whole"
            try Walctl.run(
                "--backend", thing.backend, "append", store, "--count", "3", "--size", "5")
            for line in try Self.runAll(thing.script, in: directory, store: store) {
                let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
                let place = "\(thing.name): \(fields[0])"
                let status = try #require(Int(fields[1]), "\(place)")
                #expect([0, 2, 3, 4, 5, 6, 7].contains(status), "\(place): \(line)")
                if thing.name.hasSuffix("beside it") {
                    #expect(status == 0, "\(place): \(line)")
                }
            }
        }
    }

    @Test func aDirectoryOfManyFilesIsLookedThrough() throws {
        try withTemporaryDirectory { directory in
            let store = directory + "/store"
            try Walctl.run("append", store, "--count", "3", "--size", "5")
            _ = try Walctl.shell(
                "cd \"$1\"; seq -f 'file-%.0f' 50000 | xargs touch", store)
            for command in ["verify", "dump", "info", "map"] {
                #expect(try Walctl.run(command, store).status == 0)
            }
            #expect(try Walctl.run("append", store, "--count", "1", "--size", "5").status == 0)
            #expect(try Walctl.run("verify", directory + "/none").status == 6)
        }
    }

    /// Root may read everything, so somebody else has to try.
    @Test(arguments: backends) func whatMayNotBeReadIsOneLine(backend: String) throws {
        #if os(Linux)
            guard getuid() == 0 else { return }
            try withTemporaryDirectory { directory in
                let store = directory + "/store"
                try Walctl.run(
                    "--backend", backend, "append", store, "--count", "3", "--size", "5")
                let outcome = try Walctl.shell(
                    """
                    command -v setpriv >/dev/null || exit 99
                    cp "$WALCTL" "$2/walctl"; chmod 755 "$2" "$2/walctl"
                    as() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
                    for mode in 000 444 311; do
                        chmod $mode "$1"; [ $mode = 311 ] && chmod 000 "$1"/*
                        for command in info verify dump "get" apply; do
                            rest=; [ $command = get ] && rest=1
                            as "$2/walctl" $command "$1" $rest </dev/null >/dev/null 2>"$2/e"
                            echo "$command $? $(wc -l <"$2/e") $(grep -c error: "$2/e")"
                        done
                    done
                    """, store, directory)
                guard outcome.status != 99 else { return }
                #expect(outcome.lines.count == 15)
                for line in outcome.lines {
                    let fields = line.split(separator: " ").compactMap { Int($0) }
                    #expect([5, 6].contains(fields[0]), "\(outcome.text)")
                    #expect(fields.dropFirst() == [1, 1], "\(outcome.text)")
                }
            }
        #endif
    }

    /// Runs every command on a thing, each with a new one.
    ///
    /// - Returns: command, exit code and messages of each, with tabs between them. Beyond half
    ///   a minute the exit code is 124, which no command has.
    private static func runAll(
        _ script: String, in directory: String, store: String?
    ) throws -> [String] {
        let known = try Set(Help.commands())
        let commands = commands.filter { command in
            known.contains(command.prefix { $0 != " " }.description)
        }
        let outcome = try Walctl.shell(
            """
            cd "$1"; unset -f walctl; mkdir bin; ln -s "$WALCTL" bin/walctl; PATH="$1/bin:$PATH"
            while read -r line; do
                rm -rf thing thing.a loop other; mkdir other
                [ -n "$3" ] && cp -a "$3" thing
                set -- thing "$2" "$3"; eval "$2" 2>/dev/null
                set -- thing other "$2" "$3"
                eval "timeout -k 1 30 walctl $line" </dev/null >out 2>messages
                status=$?; set -- "$PWD" "$3" "$4"
                printf '%s\\t%s\\t%s\\n' "$line" $status "$(tr '\\n\\t' '| ' <messages)"
            done <<<"$4"
            rm -rf thing thing.a loop other
            """, directory, script, store ?? "", commands.joined(separator: "\n"))
        #expect(outcome.lines.count == commands.count, "\(outcome.text) \(outcome.messages)")
        return outcome.lines
    }
}
