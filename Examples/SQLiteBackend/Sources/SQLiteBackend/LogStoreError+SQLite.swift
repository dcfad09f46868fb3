import GRDB
import WALProtocol

extension LogStoreError {
    /// What a failure of SQLite means.
    init(_ error: any Error, file: String) {
        guard let error = error as? DatabaseError else {
            self = error as? LogStoreError ?? LogStoreError(.io, "\(error)")
            return
        }
        let code: Code =
            switch error.resultCode {
            case .SQLITE_FULL: .noSpace
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: .corrupt
            case .SQLITE_BUSY, .SQLITE_LOCKED: .locked
            case .SQLITE_READONLY, .SQLITE_PERM: .readOnly
            default: .io
            }
        self.init(
            code, "SQLite: \(error.message ?? error.resultCode.description)",
            context: Context(file: file))
    }
}
