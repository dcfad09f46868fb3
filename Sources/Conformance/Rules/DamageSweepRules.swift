extension Rule {
    /// What a disk, or somebody with a shell, does to the files of a store.
    static let damages: [Rule] = [
        Rule(
            "damage.everyByte", 71, 72, 73, 76, 123,
            contract: "No byte of any file can change without an error, unless it does not matter."
        ) { try $0.sweep(.everyByte, limit: 120) },
        Rule(
            "damage.everySector", 62, 70, 71, 73, 123,
            contract: """
                A sector that is lost, misplaced, outdated or another file's changes no answer \
                without an error.
                """
        ) { try $0.sweep(.everySector, limit: 100) },
        Rule(
            "damage.everyLength", 60, 62, 63, 64, 73,
            contract: """
                A file that was cut anywhere, or is longer than it was, changes no answer without \
                an error; after a crash it costs what was not acknowledged at most.
                """
        ) { try $0.sweep(.everyLength, limit: 100) },
        Rule(
            "damage.wholeFiles", 65, 66, 75, 108,
            contract: """
                A file that is missing, outdated, exchanged or there twice changes no answer \
                without an error; foreign files change nothing.
                """
        ) { try $0.sweep(.wholeFiles, limit: 80) },
    ]
}

extension Trial {
    /// Tries a sample of a kind of damage on stores left in every way, and fails with the first
    /// that is not answered as it has to be.
    func sweep(_ family: DamageSweep.Family, limit: Int) throws {
        let opening = try requireSimulatedDisk()
        let seed = random.next()
        for variant in DamageSweep.Variant.allCases {
            let report = try DamageSweep(opening: opening, variant: variant, seed: seed)
                .run([family], limit: limit)
            try expect(report.failures.isEmpty, "\(report)")
            try expect(report.count > limit / 10, "too little was tried: \(report)")
        }
    }
}
