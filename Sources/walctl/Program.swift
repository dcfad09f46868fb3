import ArgumentParser
import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A subcommand, which writes its data to an output that it is given.
protocol ToolCommand: ParsableCommand {
    /// Does what the command is for.
    func run(_ output: Output) throws
}

/// Runs a command line from its arguments to the exit code.
enum Program {
    /// Parses, runs, and ends the process.
    static func main() -> Never {
        Descriptors.prepare()
        let output = Output()
        let status = finish(output, run(output))
        // Not `exit`: nothing is registered to run, and nothing may fail any more.
        _exit(status.rawValue)
    }

    private static func run(_ output: Output) -> ExitStatus {
        do {
            var command = try WalctlCommand.parseAsRoot()
            if let tool = command as? any ToolCommand {
                try tool.run(output)
            } else {
                try command.run()
            }
            return .done
        } catch let error as Failure {
            Messages.error(error.message)
            return error.status
        } catch let error as LogStoreError {
            if error != output.failure { Messages.error(error.description) }
            return ExitStatus(error.code)
        } catch {
            return explain(error, output)
        }
    }

    /// Help, version and completions go to stdout, mistakes to stderr.
    private static func explain(_ error: any Error, _ output: Output) -> ExitStatus {
        let text = WalctlCommand.fullMessage(for: error)
        guard WalctlCommand.exitCode(for: error) == .success else {
            Messages.write(text + "\n")
            return .usage
        }
        do throws(LogStoreError) {
            if !text.isEmpty { try output.line(text) }
            return .done
        } catch {
            return .failed
        }
    }

    /// Writes what is left of the output; that it failed is news unless there is worse.
    private static func finish(_ output: Output, _ status: ExitStatus) -> ExitStatus {
        do throws(LogStoreError) {
            try output.flush()
            return status
        } catch {
            Messages.error(error.description)
            return status.outranksOutput ? status : .failed
        }
    }
}
