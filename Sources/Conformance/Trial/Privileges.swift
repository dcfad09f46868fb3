#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Who the checks run as: root may write everywhere, which a check of permissions has to avoid.
enum Privileges {
    private typealias SetUser = @convention(c) (uid_t) -> CInt

    /// Runs `body` as somebody who owns nothing, if this is root; on this thread only.
    static func withoutRoot(_ body: () throws -> Void) throws {
        guard geteuid() == 0 else { return try body() }
        // Linux keeps a user for file access per thread; its header is in no module map.
        guard let symbol = dlsym(nil, "setfsuid") else {
            throw NotChecked("root may write everywhere; run it as somebody else")
        }
        let setUser = unsafeBitCast(symbol, to: SetUser.self)
        let nobody: uid_t = 65534
        let before = setUser(nobody)
        defer { _ = setUser(uid_t(bitPattern: before)) }
        try body()
    }
}
