import Conformance
import Testing

/// Damage to the files of the store that mutants are made of.
@Suite struct PlainDamageTests {
    /// The sweep took everything behind the last `sync` for what a power cut may spoil.
    ///
    /// This store syncs a full file by itself before it begins the next: damage there is damage.
    /// Its files are not allocated ahead, so one that is cut between two records looks like one
    /// whose second record was never written; lengths are left out.
    @Test(arguments: DamageSweep.Variant.allCases)
    func nothingPassesUnnoticed(_ variant: DamageSweep.Variant) throws {
        let report = try DamageSweep(
            opening: PlainFileStoreTests.opening, variant: variant, seed: BackendTests.seed
        ).run([.everyByte, .everySector, .wholeFiles], limit: 100)
        #expect(report.failures == [])
        #expect(report.count > 100)
    }
}
