import WALProtocol

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The environment variable by which an operator has every opening check every byte.
enum VerificationSetting {
    static let name = "RAFT_WAL_VERIFY"

    /// What the environment asks for.
    ///
    /// - Throws: `invalidArgument` for a value that is neither yes nor no: whoever set it wanted
    ///   something.
    static func isForced() throws(LogStoreError) -> Bool {
        try isForced(by: getenv(name).map { String(cString: $0) } ?? "")
    }

    static func isForced(by value: String) throws(LogStoreError) -> Bool {
        switch value.lowercased() {
        case "1", "true", "yes", "on": return true
        case "", "0", "false", "no", "off": return false
        default: throw .invalidArgument("\(name) has to be 1 or 0, not '\(value)'")
        }
    }
}
