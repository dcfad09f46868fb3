internal import WALProtocol

/// Keeping what a repair takes out of a store: nothing is ever deleted.
extension Repair {
    /// Files of other stores go where they are in nobody's way.
    mutating func moveForeignFiles() throws(LogStoreError) {
        let live = Set(outcome.log.runs.map { SegmentFormat.fileName(sequence: $0.sequence) })
        for name in outcome.inventory.foreign where !live.contains(name) {
            let kept = try freeName(for: name)
            try changing { () throws(SystemCallError) in
                try directory.fileSystem.rename(directory.path(name), to: directory.path(kept))
                try directory.fileSystem.syncDirectory(
                    directory.path(SegmentFormat.quarantineName))
                try directory.fileSystem.syncDirectory(directory.path)
            }
            report.quarantined.append(kept)
            report.steps.append(.init(.quarantine, file: name, target: kept))
        }
    }

    /// Keeps a file in the quarantine directory, durably, before another takes its name.
    ///
    /// A second name is enough: what a repair replaces it never writes to.
    mutating func keep(_ name: String) throws(LogStoreError) {
        let kept = try freeName(for: name)
        try changing { () throws(SystemCallError) in
            let fileSystem = directory.fileSystem
            if !(try fileSystem.link(directory.path(name), to: directory.path(kept))) {
                let file = try fileSystem.open(directory.path(name), .read)
                let bytes = try file.readBytes(at: 0, count: Int(clamping: try file.size()))
                try directory.writeAtomically(bytes, name: kept)
            }
            try fileSystem.syncDirectory(directory.path(SegmentFormat.quarantineName))
        }
        report.quarantined.append(kept)
        report.steps.append(.init(.quarantine, file: name, target: kept))
    }

    /// A name in the quarantine directory, which is made if need be.
    func freeName(for name: String) throws(LogStoreError) -> String {
        try changing { () throws(SystemCallError) in
            let folder = directory.path(SegmentFormat.quarantineName)
            if try directory.fileSystem.kind(of: folder) == nil {
                try directory.fileSystem.createDirectory(folder)
                try directory.fileSystem.syncDirectory(directory.path)
            }
            let names = Set(try directory.fileSystem.list(folder))
            var number = 1
            while names.contains("\(name).\(number).damaged") { number += 1 }
            return "\(SegmentFormat.quarantineName)/\(name).\(number).damaged"
        }
    }

    func changing<R>(
        _ body: () throws(SystemCallError) -> R
    ) throws(LogStoreError) -> R {
        do throws(SystemCallError) {
            return try body()
        } catch {
            throw LogStoreError(error)
        }
    }
}
