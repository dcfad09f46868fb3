import Conformance
import Testing

/// Damage to the files of the store that mutants are made of.
@Suite struct PlainDamageTests {
    /// The sweep took everything behind the last `sync` for what a power cut may spoil.
    ///
    /// This store syncs a full file by itself before it begins the next: damage there is damage.
    @Test(arguments: DamageSweep.Variant.allCases)
    func nothingPassesUnnoticed(_ variant: DamageSweep.Variant) throws {
        let report = try DamageSweep(
            opening: PlainFileStoreTests.opening, variant: variant, seed: BackendTests.seed
        ).run(limit: 100)
        #expect(report.failures == [])
        #expect(report.count > 100)
    }
}
