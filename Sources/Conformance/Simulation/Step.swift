import WALProtocol

/// One thing that is done to a store in a simulated run.
enum Step: Sendable {
    /// Appends entries one by one.
    case append([Entry])
    /// Writes a batch.
    case write(Change)
    /// Hands everything to the operating system.
    case flush
    /// Makes everything durable.
    case sync
    /// Closes the store and opens it again.
    case close
    /// Ends the process without closing, and opens the store again.
    case kill
    /// Fails to sync, as a disk does that drops what it could not write; then as ``kill``.
    case failSync

    /// What it changes, one after the other.
    var changes: [Change] {
        switch self {
        case .append(let entries): entries.map { Change(entries: [$0]) }
        case .write(let change): [change]
        case .flush, .sync, .close, .kill, .failSync: []
        }
    }
}

extension Step: CustomStringConvertible {
    var description: String {
        switch self {
        case .append(let entries):
            "append "
                + entries.map { "\($0.position)(\($0.payload.count) B)" }
                .joined(separator: " ")
        case .write(let change): "write \(change)"
        case .flush: "flush"
        case .sync: "sync"
        case .close: "close and reopen"
        case .kill: "kill and reopen"
        case .failSync: "sync, which fails; kill and reopen"
        }
    }
}

extension Change: CustomStringConvertible {
    var description: String {
        var parts: [String] = []
        if let reset { parts.append("reset to \(text(reset.position))") }
        if let truncatesFrom { parts.append("truncate from \(truncatesFrom)") }
        if !entries.isEmpty {
            parts.append("append " + entries.map { "\($0.position)" }.joined(separator: " "))
        }
        if let compactsThrough { parts.append("compact through \(compactsThrough)") }
        for (key, value) in metadata {
            parts.append(value.map { "set \(key) to \($0.count) B" } ?? "remove \(key)")
        }
        return "{" + parts.joined(separator: ", ") + "}"
    }
}
