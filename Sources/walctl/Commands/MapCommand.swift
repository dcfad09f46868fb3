import ArgumentParser
import RaftWAL

/// `walctl map`.
struct MapCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Draws the directory: what each segment holds, and what is wrong.",
        discussion: """
            Each segment is a bar, as long as its file: dead records (that nothing needs any \
            more), live ones, and room that is prepared and not yet written; damage is marked \
            where it is, and said below. More than 40 segments are drawn in groups. '<' marks the \
            segment with the last entry that the files prove durable. Changes nothing, and works \
            beside a live writer, on a read-only mount, and on a damaged store (exit code 3 in \
            the end).

            Colours are used on a terminal only (not with NO_COLOR set), and blocks instead of \
            plain characters where the locale is UTF-8. The SVG needs nothing else, is light or \
            dark as its reader is, and tells more of a bar under the pointer.

            EXAMPLE
              walctl map /var/lib/log
              walctl map /var/lib/log --width 120 --ascii
              walctl map /var/lib/log --svg /backup/map.svg
            """)

    @ParentCommand var root: WalctlCommand
    @OptionGroup var store: StoreOptions

    @Option(
        help: ArgumentHelp("Writes an SVG to a file, or to stdout for -.", valueName: "file"),
        completion: .file(extensions: ["svg"]))
    var svg: String?

    @Option(
        help: ArgumentHelp("The columns to use. Default: those of the terminal.", valueName: "n"))
    var width: Int?

    @Flag(help: "Uses plain characters only.")
    var ascii = false

    @Flag(help: "Prints one JSON object: what info --json says, and the file system's room.")
    var json = false

    func validate() throws {
        if let width, !TextMap.widths.contains(width) {
            throw ValidationError(
                "--width is from \(TextMap.widths.lowerBound) to \(TextMap.widths.upperBound).")
        }
        if json, svg != nil { throw ValidationError("Give either --svg or --json.") }
    }

    func run(_ output: Output) throws {
        let location = try StoreLocation(store, root)
        let description = try location.inspect { (backend, path) throws(LogStoreError) in
            try backend.describe(at: path)
        }
        let map = StoreMap(description, path: location.path)
        if json {
            var object = description.json(for: location)
            object.set("fileSystemFreeBytes", map.space?.freeByteCount)
            object.set("fileSystemBytes", map.space?.totalByteCount)
            try output.line(object.text)
        } else if let svg {
            let text = SVGMap(map).text
            if svg == "-" {
                try output.text(text)
            } else {
                var file = try ExportFile(path: svg)
                try file.write(Array(text.utf8).span.bytes)
                try file.commit()
            }
        } else {
            let style = TextMap.Style(
                width: width ?? min(max(Terminal.width, TextMap.widths.lowerBound), 240),
                isUnicode: !ascii && Terminal.isUnicode, isColoured: Terminal.isColoured)
            for line in TextMap(map, style).lines { try output.line(line) }
        }
        try output.flush()
        if let verdict = description.verdict { throw verdict }
    }
}
