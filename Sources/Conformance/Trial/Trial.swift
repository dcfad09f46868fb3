import WALProtocol

/// One run of one rule: a fresh directory, a seeded source of random numbers, and the backend.
final class Trial {
    let suite: LogStoreSuite
    let scratch: Scratch
    var random: SeededGenerator
    private let storeName: Shared<String>
    private let script: Script
    private var pathCount = 0
    private var knownCapabilities: LogStoreCapabilities?

    init(_ suite: LogStoreSuite, _ rule: Rule, naming storeName: Shared<String>, in script: Script)
        throws
    {
        self.suite = suite
        self.storeName = storeName
        self.script = script
        scratch = try Scratch(in: suite.scratchDirectory)
        random = SeededGenerator(seed: suite.seed, name: rule.id)
    }

    /// A path in the scratch directory where nothing stands yet.
    func freshPath() -> String {
        pathCount += 1
        return "\(scratch.path)/store-\(pathCount)"
    }

    /// Opens a store.
    func open(_ path: String, with opening: LogStoreSuite.Opening? = nil) throws -> any LogStore {
        let store = try (opening ?? suite.opening)(path)
        noteName(store.capabilities.name)
        return ScriptedStore(store, named: Self.name(path), in: script)
    }

    private static func name(_ path: String) -> String {
        path.split(separator: "/").last.map { String($0) } ?? path
    }

    /// Notes what the store is called, for violations.
    func noteName(_ name: String) { storeName.value = name }

    /// A new, empty log together with the model of what it has to hold.
    func log(with opening: LogStoreSuite.Opening? = nil) throws -> TestedLog {
        try TestedLog(self, at: freshPath(), opening: opening ?? suite.opening)
    }

    /// What the backend declares about itself.
    func capabilities() throws -> LogStoreCapabilities {
        if let knownCapabilities { return knownCapabilities }
        let store = try open(freshPath())
        let capabilities = store.capabilities
        try store.close()
        knownCapabilities = capabilities
        return capabilities
    }

    // MARK: Reasons not to check

    /// Ends the check, as not made, unless a condition holds.
    func require(_ condition: Bool, _ reason: String) throws {
        guard condition else { throw NotChecked(reason) }
    }

    /// The bytes after which a store has started a new file, whatever that is to it.
    func rotationByteCount() throws -> Int {
        let size = try capabilities().reclaimGranularityByteCount ?? 32 << 10
        try require(size <= 1 << 20, "segments are too large; open with the smallest there are")
        return size
    }

    func requireFiles() throws {
        try require(try capabilities().isStoredInFiles, "the store does not live in files")
    }

    /// How to open the store on a simulated disk.
    func requireSimulatedDisk() throws -> SimulatedOpening {
        guard let opening = suite.openingOnSimulatedDisk else {
            throw NotChecked("the store was not given a way to be opened on a simulated disk")
        }
        return opening
    }

    func requireVariants() throws -> [LogStoreSuite.Opening] {
        try require(!suite.variants.isEmpty, "no variants were given to open it with")
        return suite.variants
    }

    // MARK: Expectations

    func expect(
        _ condition: @autoclosure () throws -> Bool, _ message: @autoclosure () throws -> String,
        at location: SourceLocation
    ) throws {
        guard try condition() else { throw Failure(try message(), at: location) }
    }

    func expect(
        _ condition: @autoclosure () throws -> Bool, _ message: @autoclosure () throws -> String,
        _ file: String = #fileID, _ line: Int = #line
    ) throws {
        try expect(try condition(), try message(), at: .here(file, line))
    }

    /// Expects an error of a kind.
    @discardableResult
    func expectError(
        _ code: LogStoreError.Code, _ what: @autoclosure () -> String, _ file: String = #fileID,
        _ line: Int = #line, body: () throws -> Void
    ) throws -> LogStoreError {
        let location = SourceLocation.here(file, line)
        do {
            try body()
        } catch let error as LogStoreError {
            try expect(
                error.code == code, "\(what()): expected \(code), got \(error)", at: location)
            return error
        } catch {
            throw Failure("\(what()): expected a LogStoreError, got \(error)", at: location)
        }
        throw Failure("\(what()): expected \(code), but it succeeded", at: location)
    }
}
