import Foundation
import WALProtocol

extension LogStoreError {
    /// What an error of Foundation means: the system call's `errno` is somewhere below it.
    init(_ error: any Error, path: String) {
        if let error = error as? LogStoreError {
            self = error
            return
        }
        if let error = error as? SystemCallError {
            self.init(error)
            return
        }
        let outer = error as NSError
        let inner = outer.userInfo[NSUnderlyingErrorKey] as? NSError ?? outer
        if inner.domain == NSPOSIXErrorDomain {
            self.init(SystemCallError(call: "write", errno: Int32(inner.code), path: path))
        } else {
            self.init(.io, "\(error)", context: Context(file: path))
        }
    }
}
