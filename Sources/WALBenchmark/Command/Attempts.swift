/// Things that are tried one after the other, whatever became of those before.
struct Attempts {
    private var failure: (any Error)?

    /// Tries one.
    mutating func make(_ attempt: () throws -> Void) {
        do { try attempt() } catch { failure = failure ?? error }
    }

    /// Ends with the first failure, if there was one.
    func finish() throws {
        if let failure { throw failure }
    }
}
