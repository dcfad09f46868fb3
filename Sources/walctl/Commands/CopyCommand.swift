import ArgumentParser
import RaftWAL

/// `walctl copy`.
struct CopyCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copies a store while its writer runs, or moves it to another backend.",
        discussion: """
            The copy is the log as of one moment: all of it, checked byte by byte, with equal \
            positions, metadata and identity. It is the same replica's log: do not start both as \
            one replica. The source is not changed, and no lock is taken.

            Segments copied as segments share their sealed files with the source where the file \
            system can: as clones, or else under a second name, so that damage to one file is \
            damage to both; --no-sharing copies all bytes. With --backend the copy is of that \
            backend, made entry by entry.

            A copy that is interrupted, or meets a full disk, is continued by the same command. \
            Until it is whole, no store opens the directory. A directory that holds anything else \
            is refused.

            EXAMPLE
              walctl copy /var/lib/log --to /backup/log
              walctl copy /var/lib/log --to /backup/log-lmdb --backend lmdb
            """)

    @ParentCommand var root: WalctlCommand

    @Argument(
        help: ArgumentHelp("The store's directory.", valueName: "dir"), completion: .directory)
    var path: String

    @Option(
        help: ArgumentHelp("The directory of the copy.", valueName: "dir"), completion: .directory)
    var to: String

    @OptionGroup var backendOptions: BackendOptions

    @Flag(inversion: .prefixedNo, help: "Shares sealed segments with the source, if possible.")
    var sharing = true

    @Flag(help: "Prints one JSON object.")
    var json = false

    func run(_ output: Output) throws {
        guard let source = Backend.detect(at: path) else {
            throw Failure(.notFound, "\(path): there is no store here")
        }
        var options = CopyOptions()
        options.backend = backendOptions.backend ?? root.backendOptions.backend
        options.sharesFiles = sharing
        options.maximumSegmentByteCount = try StoreLocation.segmentByteCount(backendOptions, root)
        var bar: Progress?
        let report: CopyReport
        do throws(LogStoreError) {
            report = try source.copy(at: path, to: to, options: options) { progress in
                let shown =
                    bar ?? Progress(unit: progress.unit.rawValue, total: progress.total)
                bar = shown
                shown.advance(to: progress.done)
            }
        } catch {
            bar?.finish()
            throw error
        }
        bar?.finish()
        if json {
            try output.line(report.json.text)
        } else {
            for line in report.lines { try output.line(line) }
        }
    }
}
