public import ArgumentParser
public import Conformance
import Foundation
import LMDBBackend
import SegmentBackend
import Synchronization
import WALProtocol

extension DamageSweep.Family: ExpressibleByArgument {}
extension DamageSweep.Variant: ExpressibleByArgument {}

/// `walstress damage`.
struct DamageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "damage",
        abstract: "Damages every byte, sector, length and file of a small store.",
        discussion: """
            Each damage happens to a store of its own, which is opened and read. The same answers \
            are right, or an error that names the damage; anything else is listed. The segment \
            store is tried on the simulated disk and must not show anything bad. The LMDB store \
            is tried on files, in processes of its own, and what passes unnoticed is counted.
            """)

    enum Store: String, CaseIterable, ExpressibleByArgument { case segment, lmdb }

    @Option(help: "The store: segment or lmdb.")
    var backend = Store.segment
    @Option(help: "How the store is left: all ways, if it is left out.")
    var variant: [DamageSweep.Variant] = []
    @Option(help: "The kind of damage: all kinds, if it is left out.")
    var family: [DamageSweep.Family] = []
    @Option(help: "Try every so many-th damage of a kind.")
    var step = 1
    @Option(help: "Where everything random comes from.")
    var seed: UInt64 = 1
    @Option(help: "List so many of the bad ones.")
    var list = 20
    @Option(help: "Try the damages with these numbers only, FROM..<TO.")
    var numbers: NumberRange?
    @Flag(help: .hidden)
    var json = false

    func validate() throws {
        guard step > 0 else { throw ValidationError("--step counts from 1") }
    }

    func run() throws {
        var badCount = 0
        for variant in variant.isEmpty ? DamageSweep.Variant.allCases : variant {
            let start = ContinuousClock.now
            let report = try report(variant)
            if json {
                print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
                continue
            }
            print("\(report.counts(titled: backend.rawValue)) in \(ContinuousClock.now - start)")
            for failure in report.failures.prefix(list) { print("  BAD \(failure)") }
            fflush(nil)
            badCount += report.failures.count
        }
        if backend == .segment, badCount > 0 { throw ExitCode.failure }
    }

    private func report(_ variant: DamageSweep.Variant) throws -> DamageReport {
        let sweep = DamagedStores.sweep(backend, variant, seed: seed)
        var report = DamageReport(variant: variant, seed: seed)
        for family in family.isEmpty ? DamageSweep.Family.allCases : family {
            // Another seed tries others.
            let all = try numbers?.range ?? Int(seed % UInt64(step))..<sweep.count(family)
            if backend == .segment || json {
                report.add(try sweep.run(family, numbers: all, step: step))
            } else {
                let children = DamageProcesses(
                    variant: variant, family: family, step: step, seed: seed)
                try children.run(all, into: &report)
            }
        }
        return report
    }
}

/// A range on the command line.
struct NumberRange: ExpressibleByArgument {
    var range: Range<Int>

    init?(argument: String) {
        let parts = argument.split(separator: ".", omittingEmptySubsequences: true)
        guard parts.count == 2, let from = Int(parts[0]),
            let to = Int(parts[1].drop { $0 == "<" }), from <= to
        else { return nil }
        range = from..<to
    }
}

/// The stores that are damaged.
enum DamagedStores {
    static func sweep(
        _ store: DamageCommand.Store, _ variant: DamageSweep.Variant, seed: UInt64
    ) -> DamageSweep {
        switch store {
        case .segment:
            let identity = Counter()
            return DamageSweep(
                // Each store has an identity of its own.
                opening: SimulatedSegmentStore.opening(
                    cacheByteCount: 64 << 10, randomNumbers: { identity.next() }),
                verifying: { try SegmentStore.verify(at: $0, on: $1) },
                variant: variant, seed: seed)
        case .lmdb:
            #if LMDB
                return DamageSweep(
                    openingFiles: { try LMDBStore(at: $0) },
                    verifying: { try LMDBStore.verify(at: $0) }, variant: variant, seed: seed,
                    scratchDirectory: access("/dev/shm", W_OK) == 0 ? "/dev/shm" : nil)
            #else
                return DamageSweep(
                    openingFiles: { _ in throw ValidationError("lmdb is not built in") },
                    variant: variant, seed: seed)
            #endif
        }
    }
}

private final class Counter: Sendable {
    private let last = Atomic<UInt64>(0)

    func next() -> UInt64 { last.add(1, ordering: .relaxed).newValue }
}
