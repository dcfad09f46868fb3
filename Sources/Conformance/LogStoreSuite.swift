import Dispatch
import Synchronization
public import WALProtocol

/// The contract of ``LogStore``, made executable: checks any backend against every ``Rule``.
///
/// A backend's author writes:
///
/// ```swift
/// import Conformance
/// import MyBackend
/// import Testing
///
/// @Test(arguments: Rule.allCases)
/// func myStoreConforms(to rule: Rule) async throws {
///     try await LogStoreSuite(opening: { try MyStore(at: $0) }).check(rule)
/// }
/// ```
///
/// It knows no test framework: ``check(_:)`` throws, ``run(progress:)`` returns a ``Report``.
///
/// Rules about rotation want small segments: open the store with the smallest it has.
public struct LogStoreSuite: Sendable {
    /// Opens a store in a directory, creating it if there is none.
    public typealias Opening = @Sendable (_ path: String) throws -> any LogStore

    let opening: Opening
    let variants: [Opening]
    let openingReadOnly: Opening?
    let openingOnSimulatedDisk: SimulatedOpening?
    let seed: UInt64
    let timeLimit: Duration
    let scratchDirectory: String
    /// Counts the writes of the device below a path.
    var deviceWriteCount: @Sendable (String) -> UInt64? = {
        BlockDevice(below: $0)?.writes()?.count
    }

    /// Prepares the suite for a backend.
    ///
    /// - Parameters:
    ///   - opening: Opens the store for writing.
    ///   - variants: Open it with other options: cache, segment and buffer sizes. Every answer has
    ///     to stay the same. Without them, rules about options are not checked.
    ///   - openingReadOnly: Opens the store to be looked at only. Without it, rules about that are
    ///     not checked.
    ///   - openingOnSimulatedDisk: Opens the store on a file system of the kit's choosing. Without
    ///     it, rules about power cuts, failing disks and damage at every place are not checked.
    ///   - seed: Where everything random comes from; drawn at random if it is left out.
    ///   - timeLimit: How long one rule may take before it counts as broken; what a rule expects to
    ///     happen soon has a twelfth of it. Against stores that hang, not ones that are slow.
    ///   - scratchDirectory: Where stores are made, each check in a directory of its own which is
    ///     removed afterwards; the system's place for temporary files if it is left out.
    public init(
        opening: @escaping Opening, variants: [Opening] = [], openingReadOnly: Opening? = nil,
        openingOnSimulatedDisk: SimulatedOpening? = nil, seed: UInt64 = .random(in: .min ... .max),
        timeLimit: Duration = .seconds(120), scratchDirectory: String? = nil
    ) {
        self.opening = opening
        self.variants = variants
        self.openingReadOnly = openingReadOnly
        self.openingOnSimulatedDisk = openingOnSimulatedDisk
        self.seed = seed
        self.timeLimit = timeLimit
        self.scratchDirectory = scratchDirectory ?? Scratch.systemDirectory
    }

    /// Checks one rule.
    ///
    /// - Returns: `.passed`, or `.notChecked` with the reason.
    /// - Throws: the ``Violation``, if the store breaks the rule.
    @discardableResult
    public func check(_ rule: Rule) async throws(Violation) -> Outcome {
        let outcome = await outcome(of: rule)
        if case .failed(let violation) = outcome { throw violation }
        return outcome
    }

    /// Checks rules one after the other, and reports everything that they found.
    ///
    /// - Parameters:
    ///   - rules: The rules to check.
    ///   - progress: Called before each rule.
    public func run(
        _ rules: [Rule] = Rule.allCases, progress: (Rule) -> Void = { _ in }
    ) async -> Report {
        var report = Report(seed: seed)
        for rule in rules {
            progress(rule)
            let start = ContinuousClock.now
            let outcome = await outcome(of: rule)
            report.findings.append(
                Report.Finding(rule: rule, outcome: outcome, duration: .now - start))
        }
        return report
    }

    /// Runs a rule on a thread of its own, since stores block, and gives up on it in time.
    private func outcome(of rule: Rule) async -> Outcome {
        let limit = timeLimit
        let named = Shared("the store")
        let script = Script()
        return await withCheckedContinuation { continuation in
            let answer = FirstAnswer(continuation)
            DispatchQueue(label: "conformance.\(rule.id)").async {
                // From here: the thread may have been long in coming.
                DispatchQueue.global().asyncAfter(deadline: .now() + limit.seconds) {
                    answer.give(
                        violation(
                            of: rule, named.value, "it did not end within \(limit)",
                            location: "LogStoreSuite", script))
                }
                answer.give(run(rule, naming: named, in: script))
            }
        }
    }

    private func run(
        _ rule: Rule, naming name: Shared<String>, in script: Script
    ) -> Outcome {
        do {
            let trial = try Trial(self, rule, naming: name, in: script)
            defer { trial.scratch.remove() }
            try rule.body(trial)
            return .passed
        } catch let skip as NotChecked {
            return .notChecked(skip.reason)
        } catch let failure as Failure {
            return violation(
                of: rule, name.value, failure.message, location: failure.location, script)
        } catch {
            return violation(
                of: rule, name.value, "unexpected error: \(error)", location: "LogStoreSuite",
                script)
        }
    }

    private func violation(
        of rule: Rule, _ store: String, _ message: String, location: String, _ script: Script
    ) -> Outcome {
        .failed(
            Violation(
                rule: rule, store: store, message: message, seed: seed, location: location,
                script: script.text))
    }
}

/// Resumes a continuation with the first of several answers.
private final class FirstAnswer: Sendable {
    private let continuation: Mutex<CheckedContinuation<Outcome, Never>?>

    init(_ continuation: CheckedContinuation<Outcome, Never>) {
        self.continuation = Mutex(continuation)
    }

    func give(_ outcome: Outcome) {
        let waiting = continuation.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        waiting?.resume(returning: outcome)
    }
}

extension Duration {
    /// In seconds, for interfaces that count in floating point.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
