import WALProtocol

extension DamageSweep {
    /// A kind of damage.
    public enum Family: String, CaseIterable, Hashable, Sendable, Codable {
        /// Each byte of each file: one bit flipped, all bits, zero, 0xFF.
        case everyByte
        /// Each sector of each file: zeros, junk, another sector of the same file, the same sector
        /// of another file, of an older version, of another store.
        case everySector
        /// Each file cut at every length, or made longer.
        case everyLength
        /// Each file deleted, replaced or doubled; files and directories that belong to nobody.
        case wholeFiles
    }
}

extension StoreDamage {
    /// Every damage of a kind, in an order that depends on nothing but the store.
    static func all(_ family: DamageSweep.Family, of store: DamagedStore) -> [StoreDamage] {
        switch family {
        case .everyByte: everyByte(store.image)
        case .everySector: everySector(store)
        case .everyLength: everyLength(store.image)
        case .wholeFiles: wholeFiles(store)
        }
    }

    private static func everyByte(_ image: StoreImage) -> [StoreDamage] {
        image.names.flatMap { name in
            (0..<(image.files[name]?.count ?? 0)).flatMap { offset in
                ByteChange.allCases.map { .byte(file: name, offset: offset, $0) }
            }
        }
    }

    /// Beyond this many sectors only neighbours are swapped, and those one page away.
    private static let sectorsToPair = 64

    private static func everySector(_ store: DamagedStore) -> [StoreDamage] {
        var damages: [StoreDamage] = []
        for (number, name) in store.image.names.enumerated() {
            let count = store.image.files[name]?.count ?? 0
            let sectors = (count + sectorByteCount - 1) / sectorByteCount
            for place in 0..<sectors {
                var changes: [SectorChange] = [
                    .zero, .junk(UInt64(number) << 32 | UInt64(place)),
                    .replaced(by: .otherStore),
                ]
                changes +=
                    (sectors <= sectorsToPair
                    ? Array((place + 1)..<max(sectors, place + 1))
                    : [place + 1, place + 2, place + 8].filter { $0 < sectors })
                    .map { .swapped(with: $0) }
                changes += store.image.names.filter { $0 != name }
                    .map { .replaced(by: .sibling($0)) }
                changes += store.older.indices.map { .replaced(by: .older($0)) }
                damages += changes.map { .sector(file: name, place: place, $0) }
            }
        }
        return damages
    }

    private static func everyLength(_ image: StoreImage) -> [StoreDamage] {
        var damages: [StoreDamage] = []
        for name in image.names {
            guard let bytes = image.files[name] else { continue }
            let end = (bytes.lastIndex { $0 != 0 } ?? -1) + 1
            // Every byte of what was written last; what that is, the kit cannot know.
            damages += (0..<bytes.count).filter { $0 % 8 == 0 || (end - 600...end).contains($0) }
                .map { .length(file: name, $0) }
            for count in [1, 8, 512, 4096] {
                damages.append(.longer(file: name, byteCount: count, junk: nil))
                damages.append(.longer(file: name, byteCount: count, junk: UInt64(count)))
            }
        }
        return damages
    }

    private static func wholeFiles(_ store: DamagedStore) -> [StoreDamage] {
        let names = store.image.names
        var damages: [StoreDamage] = []
        let newest = names.compactMap { name in numbered(name).map { (name, $0) } }
            .max { $0.1.number < $1.1.number }
        for name in names {
            var changes: [FileChange] = [.deleted, .directory, .replaced(by: .otherStore)]
            changes += names.filter { $0 != name }.map { .replaced(by: .sibling($0)) }
            changes += store.older.indices.map { .replaced(by: .older($0)) }
            changes += [".tmp", ".bak", "~"].map { .duplicated(as: name + $0) }
            if let parts = numbered(name), let newest {
                for next in [parts.number + 1, newest.1.number + 1, newest.1.number + 2] {
                    changes.append(.duplicated(as: parts.name(next)))
                }
            }
            damages += changes.map { .whole(file: name, $0) }
        }
        for name in [".DS_Store", "README", "core", "lost+found"] {
            damages.append(.foreignFile(name, junk: 100))
            damages.append(.foreignDirectory(name))
        }
        if let newest {
            for next in [1, 2, 1000] as [UInt64] {
                let name = newest.1.name(newest.1.number + next)
                for count in [0, 1, 100, 8192] { damages.append(.foreignFile(name, junk: count)) }
                damages.append(.foreignDirectory(name))
            }
        }
        return damages
    }

    /// A name that begins with a number in hexadecimal digits, as those of segments do.
    private struct Numbered {
        var number: UInt64
        var digits: Int
        var rest: Substring

        func name(_ number: UInt64) -> String {
            let text = String(number, radix: 16)
            return String(repeating: "0", count: max(0, digits - text.count)) + text + rest
        }
    }

    private static func numbered(_ name: String) -> Numbered? {
        let digits = name.prefix { $0.isHexDigit }
        guard digits.count >= 4, let number = UInt64(digits, radix: 16) else { return nil }
        return Numbered(
            number: number, digits: digits.count, rest: name.dropFirst(digits.count))
    }
}
