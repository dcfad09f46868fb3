import Foundation

/// Where a run measures if nobody says: somewhere on a disk.
enum Directory {
    /// The directory that was named, or the current one, or one for temporary files, whichever is
    /// on a disk and can be written.
    ///
    /// - Throws: if none is. Memory is never measured silently: its syncs mean nothing.
    static func chosen(_ named: String?) throws(Failure) -> String {
        if let named {
            guard !named.isEmpty else {
                throw Failure(exitCode: 2, message: "--dir needs the path of a directory")
            }
            return URL(fileURLWithPath: named).path
        }
        let current = FileManager.default.currentDirectoryPath
        let temporary = ProcessInfo.processInfo.environment["TMPDIR"]
        for path in [current, temporary, "/var/tmp", "/tmp"].compactMap(\.self)
        where access(path, W_OK | X_OK) == 0 && Disk(under: path)?.isInMemory == false {
            return path
        }
        throw Failure(
            exitCode: 5,
            message: "neither \(current) nor the directories for temporary files are on a disk "
                + "and can be written: name a directory with --dir")
    }
}
