public import ArgumentParser
public import RaftWAL

extension Backend: ExpressibleByArgument {}

/// Which store to use and how; given before the command or after it.
struct BackendOptions: ParsableArguments {
    @Option(help: "The backend. Default: what the directory holds, for a new one segment.")
    var backend: Backend?

    @Option(
        help: ArgumentHelp(
            "The largest segment in bytes, 8192 at least. Default: $WALCTL_SEG.",
            valueName: "n"))
    var segmentBytes: UInt64?
}
