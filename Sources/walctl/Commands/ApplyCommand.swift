import ArgumentParser
import RaftWAL

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `walctl apply`.
struct ApplyCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Carries out operations from stdin, each one durable before the next.",
        discussion: """
            One operation a line; 'acked N' is printed once the N-th is on stable storage. Blank \
            lines do not count. Empty input opens the store, recovers it and closes it.

              append N S TERM    appends N entries of S bytes, as one batch
              truncate-after I   drops the indexes above I
              compact-before I   drops the indexes below I; the log goes on at I, at least
              vote TERM NODE     sets term and vote, as one batch
              reset INDEX TERM   drops everything; the log goes on after INDEX

            A line that cannot be read, or that the log refuses, ends the run with exit code 2 \
            and the line's number; what was acknowledged before it stays.

            EXAMPLE
              printf 'vote 102 n1\\nappend 9 100 102\\n' | walctl apply /var/lib/log
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    func run(_ output: Output) throws {
        try StoreLocation(store, root).write { store in
            var reader = LineReader(STDIN_FILENO, path: "standard input")
            var done = 0
            while let line = try reader.next() {
                let number = reader.lineNumber
                do {
                    guard let operation = try Operation(line: line) else { continue }
                    try operation.apply(to: store)
                } catch let mistake as Operation.Mistake {
                    throw Failure(.usage, "line \(number): \(mistake.message)")
                } catch let error as LogStoreError {
                    throw Failure(error, inputLine: number)
                }
                done += 1
                try output.line("acked \(done)")
                try output.flush()
            }
        }
    }
}
