/// A directory in which a copy of a store is being made, or was left unfinished.
///
/// A file in it says so as long as the copy is not whole, and no store opens such a directory.
package enum UnfinishedCopy {
    /// The file that marks the directory.
    package static let markerName = "COPYING"

    /// What opening such a directory throws.
    package static func refusal(_ path: String) -> LogStoreError {
        LogStoreError(
            .unavailable,
            "this is an unfinished copy; finish it with the command that began it, or remove it",
            context: LogStoreError.Context(file: path))
    }
}
