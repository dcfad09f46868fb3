import WALProtocol

extension Rule {
    /// Damage to stores that are so small that all of it can be done.
    static let smallStores: [Rule] = [
        Rule(
            "damage.smallStore", 72, 76, 77,
            contract: """
                In a store of a few values and entries, one flipped bit is reported or changes \
                nothing.
                """
        ) { trial in
            let stage = try SimulatedStage(trial.requireSimulatedDisk(), nil)
            let store = try stage.open()
            try store.setMetadata([7, 0, 0, 0, 0, 0, 0, 0], for: .currentTerm)
            try store.setMetadata([2], for: .votedFor)
            for index in 1...2 as ClosedRange<UInt64> {
                try store.append(
                    Payloads.make(index, size: 20), at: LogPosition(term: 7, index: index))
            }
            try store.close()
            let image = stage.image()
            let expected = try StoreContents(reading: stage.open())
            for name in image.names {
                for (offset, byte) in (image.files[name] ?? []).enumerated() where byte != 0 {
                    var damaged = image
                    damaged.files[name]?[offset] = byte ^ 1 << UInt8(offset % 8)
                    try trial.expect(damaged, "\(name), offset \(offset)", on: stage, expected)
                }
            }
        },
        Rule(
            "damage.misplacedWrites", 71, 75,
            contract: """
                A sector that was written in the place of another one is noticed, even if it holds \
                nothing but whole records.
                """
        ) { trial in
            // Records of many sizes: some of them fill a sector evenly.
            for size in stride(from: 4, through: 60, by: 8) {
                let stage = try SimulatedStage(trial.requireSimulatedDisk(), nil)
                let store = try stage.open()
                var batch = WriteBatch()
                for number in 0..<36 {
                    batch.removeAll()
                    batch.setMetadata(Payloads.make(UInt64(number), size: size), for: "vote")
                    try store.write(batch)
                }
                try store.close()
                let image = stage.image()
                let expected = try StoreContents(reading: stage.open())
                for name in image.names {
                    try trial.misplace(name, image, on: stage, expected)
                }
            }
        },
    ]
}

extension Trial {
    /// Writes each sector of a file in the place of each other one.
    fileprivate func misplace(
        _ name: String, _ image: StoreImage, on stage: SimulatedStage, _ expected: StoreContents
    ) throws {
        let bytes = image.files[name] ?? []
        let sectors = (0..<bytes.count / StoreDamage.sectorByteCount).filter {
            bytes[StoreDamage.sector($0, of: bytes)].contains { $0 != 0 }
        }
        for from in sectors {
            for to in sectors where to != from {
                var damaged = image
                damaged.files[name]?.replaceSubrange(
                    StoreDamage.sector(to, of: bytes),
                    with: bytes[StoreDamage.sector(from, of: bytes)])
                try expect(
                    damaged, "\(name), sector \(from) in the place of \(to)", on: stage, expected)
            }
        }
    }

    /// Expects damage to be reported, or to change nothing.
    fileprivate func expect(
        _ damaged: StoreImage, _ what: String, on stage: SimulatedStage, _ expected: StoreContents
    ) throws {
        stage.put(damaged)
        do {
            let found = try StoreContents(reading: stage.open())
            try expect(found == expected, "\(what): other contents, \(found.summary)")
        } catch let error as LogStoreError {
            let codes: [LogStoreError.Code] = [.corrupt, .unsupportedFormat]
            try expect(codes.contains(error.code), "\(what): \(error)")
        }
    }
}
