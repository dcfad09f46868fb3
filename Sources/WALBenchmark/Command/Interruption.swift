import Dispatch
import Foundation
import Synchronization

/// What a run has found out so far, for whoever comes first: the end of the run, or Ctrl-C.
final class Results: Sendable {
    private let comparison = Mutex<Comparison?>(nil)
    private let isTaken = Atomic(false)

    /// Replaces what there is.
    func keep(_ new: Comparison) { comparison.withLock { $0 = new } }

    /// What there is, if anything was measured.
    ///
    /// Whoever comes second never returns: the first one ends the program.
    func takeOrWait(isPartial: Bool = false) -> Comparison? {
        if isTaken.exchange(true, ordering: .acquiringAndReleasing) { while true { pause() } }
        guard var result = comparison.withLock({ $0 }), !isPartial || !result.rows.isEmpty else {
            return nil
        }
        result.isPartial = isPartial
        return result
    }
}

/// Ends the program when it is told to stop: Ctrl-C leaves what has been measured and nothing else.
final class Interruption {
    private var sources: [any DispatchSourceSignal] = []

    /// Removes a directory when a signal arrives, publishes what there is, and ends the program with
    /// 128 + the signal's number.
    init(
        removing scratch: Scratch, results: Results = Results(),
        publishing publish: @escaping @Sendable (Comparison) throws -> Void = { _ in }
    ) {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                let partial = results.takeOrWait(isPartial: true)
                scratch.removeAll()
                let count = Set(partial?.rows.map(\.workload) ?? []).count
                let when = count == 0 ? "" : " after \(count) workloads"
                Output.complain("\nwalbench: interrupted\(when)\n")
                do { if let partial { try publish(partial) } } catch { Failure(error)?.exit() }
                Failure.exitSilently(128 + number)
            }
            source.resume()
            sources.append(source)
        }
    }
}
