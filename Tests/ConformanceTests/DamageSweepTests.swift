import Conformance
import SegmentBackend
import Synchronization
import Testing
import WALProtocol

/// No damage to the files of a segment store changes an answer unnoticed (P60–P80, P123).
///
/// A sample; `walstress damage` tries all of them.
@Suite(.serialized) struct DamageSweepTests {
    @Test(arguments: DamageSweep.Family.allCases, DamageSweep.Variant.allCases)
    func nothingPassesUnnoticed(
        _ family: DamageSweep.Family, _ variant: DamageSweep.Variant
    ) throws {
        let report = try Self.sweep(variant, seed: 20_261_121).run([family], limit: 400)
        #expect(report.failures == [])
        #expect(report.count > 100)
        #expect(report.count(.reportedWithOffset) > report.count / 8)
    }

    /// `walbench` called the disk broken where a file was.
    ///
    /// A seed of the kit's found it in two of three runs. A crash had left entries to copy forward, the last term before them stood in the
    /// footer of an older segment only, that segment was cut or flipped, and opening the store
    /// reported an I/O error on the directory instead of the damage.
    @Test func aDamagedFooterBehindACrashIsDamageAndNoErrorOfTheDisk() throws {
        for (family, seed) in [
            (DamageSweep.Family.everyLength, 15_179_948_233_226_889_776 as UInt64),
            (.everyByte, 11_493_755_596_579_489_755),
        ] {
            let report = try Self.sweep(.stoppedInSameFile, seed: seed).run([family], limit: 100)
            #expect(report.failures == [])
        }
    }

    /// The segment store on the simulated disk, each with an identity of its own.
    static func sweep(_ variant: DamageSweep.Variant, seed: UInt64) -> DamageSweep {
        let numbers = Numbers()
        return DamageSweep(
            opening: { path, fileSystem, executor in
                var options = SegmentStore.Options()
                options.minimumSegmentByteCount = 8192
                options.maximumSegmentByteCount = 8192
                options.fileSystem = fileSystem
                options.executor = executor
                options.randomNumbers = { numbers.next() }
                return try SegmentStore(at: path, options: options)
            },
            verifying: { try SegmentStore.verify(at: $0, on: $1) },
            variant: variant, seed: seed)
    }
}

/// Counts, so that every store that is made has other numbers.
final class Numbers: Sendable {
    private let last = Atomic<UInt64>(0)

    func next() -> UInt64 { last.add(1, ordering: .relaxed).newValue }
}
