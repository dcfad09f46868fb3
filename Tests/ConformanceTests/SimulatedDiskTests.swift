import Testing
import WALProtocol

@testable import Conformance

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The simulated disk: every claim that a sweep on it makes rests on these.
@Suite struct SimulatedDiskTests {
    let disk = SimulatedDisk()

    // MARK: - Support

    /// A file whose contents and name are on stable storage.
    func durableFile(_ path: String, _ bytes: [UInt8]) throws -> any File {
        let file = try disk.open(path, .create)
        try file.put(bytes, at: 0)
        try file.sync()
        try disk.syncDirectory("/")
        return file
    }

    /// The contents of a file after every possible choice.
    func outcomes(of path: String) -> Set<[UInt8]?> {
        let places = disk.state.undecided.count
        precondition(places < 16)
        return Set(
            (0..<UInt64(1) << UInt64(places)).map { mask in
                disk.afterPowerCut(.chosen(.init(mask: mask))).contents(of: path)
            })
    }

    static func block(_ byte: UInt8, _ count: Int = 512) -> [UInt8] {
        Array(repeating: byte, count: count)
    }

    // MARK: - What a power cut leaves

    @Test func syncedBytesAreNeverLost() throws {
        let bytes = (0..<1500).map { UInt8(truncatingIfNeeded: $0) }
        _ = try durableFile("/a", bytes)
        #expect(disk.state.undecided.isEmpty)
        for seed in 0..<50 as Range<UInt64> {
            #expect(disk.afterPowerCut(.random(seed: seed)).contents(of: "/a") == bytes)
        }
        #expect(disk.afterPowerCut(.losesEverything).contents(of: "/a") == bytes)
    }

    @Test func everySubsetOfUnsyncedUnitsIsReachable() throws {
        let file = try durableFile("/a", Self.block(1, 2048))
        try file.put(Self.block(2, 2048), at: 0)
        let expected = (0..<16).map { (mask: Int) -> [UInt8] in
            (0..<4).flatMap { (unit: Int) -> [UInt8] in
                Self.block(mask >> unit & 1 == 0 ? 1 : 2)
            }
        }
        #expect(outcomes(of: "/a") == Set(expected))
    }

    @Test func sizeIsKeptOrLostApartFromUnits() throws {
        let file = try durableFile("/a", Self.block(1))
        try file.put(Self.block(2), at: 512)
        // Size without unit leaves zeros; the unit without the size leaves nothing of it.
        let expected: [[UInt8]] = [
            Self.block(1), Self.block(1) + Self.block(0), Self.block(1) + Self.block(2),
        ]
        #expect(outcomes(of: "/a") == Set(expected))
        #expect(disk.state.undecided.count == 2)
    }

    @Test func everySizeSinceTheLastSyncIsReachable() throws {
        let file = try durableFile("/a", Self.block(1, 100))
        for size in [200, 50, 300] { try file.setSize(UInt64(size)) }
        let sizes = Set(outcomes(of: "/a").map { $0?.count })
        #expect(sizes == [100, 200, 50, 300])
    }

    @Test(arguments: [[0, 100, 200, 100], [100, 200, 100], [100, 50, 200, 50, 100]])
    func keepingEverythingKeepsTheLastSize(_ sizes: [Int]) throws {
        let file = try durableFile("/a", Self.block(1, sizes[0]))
        for size in sizes.dropFirst() { try file.setSize(UInt64(size)) }
        #expect(disk.afterPowerCut(.keepsEverything).contents(of: "/a")?.count == sizes.last)
    }

    @Test func namesAreKeptOrLostEachByItself() throws {
        for name in ["/a", "/b"] {
            let file = try disk.open(name, .create)
            try file.put([1], at: 0)
            try file.sync()
        }
        let lists = (0..<4 as Range<UInt64>).map { mask in
            try? disk.afterPowerCut(.chosen(.init(mask: mask))).list("/").sorted()
        }
        #expect(Set(lists) == [[], ["a"], ["b"], ["a", "b"]])
    }

    @Test func syncOfADirectoryKeepsItsNamesAndNoOthers() throws {
        try disk.createDirectory("/d")
        _ = try disk.open("/d/a", .create)
        try disk.syncDirectory("/d")
        #expect(try disk.afterPowerCut(.losesEverything).list("/") == [])
        try disk.syncDirectory("/")
        #expect(try disk.afterPowerCut(.losesEverything).list("/d") == ["a"])
        try disk.remove("/d/a")
        #expect(try disk.afterPowerCut(.losesEverything).list("/d") == ["a"])
        #expect(try disk.afterPowerCut(.keepsEverything).list("/d") == [])
    }

    @Test func bytesOfAnUnsyncedFileMayBeLostThoughItsNameIsKept() throws {
        let file = try disk.open("/a", .create)
        try disk.syncDirectory("/")
        try file.put([7], at: 0)
        #expect(outcomes(of: "/a") == [[], [0], [7]])
    }

    @Test func stateBetweenTwoWritesIsReachable() throws {
        let file = try durableFile("/a", Self.block(1))
        try file.put(Self.block(2), at: 0)
        try file.put(Self.block(3), at: 0)
        let choice = PowerCut.Choice(mask: 0, special: (place: 0, fate: .earlier(0)))
        #expect(disk.afterPowerCut(.chosen(choice)).contents(of: "/a") == Self.block(2))
        let random = (0..<300 as Range<UInt64>).map {
            disk.afterPowerCut(.random(seed: $0)).contents(of: "/a")?.first
        }
        #expect(Set(random).isSuperset(of: [1, 2, 3]))
    }

    @Test func cutTailComesBackIfTheCutIsLost() throws {
        let file = try durableFile("/a", Self.block(1))
        try file.setSize(100)
        try file.setSize(512)
        // Zeros behind the cut are a change like any other, and so are the sizes.
        let expected: [[UInt8]] = [
            Self.block(1), Self.block(1, 100) + Self.block(0, 412), Self.block(1, 100),
        ]
        #expect(outcomes(of: "/a") == Set(expected))
    }

    @Test func zeroedTailIsReachableThoughTheCutIsLost() throws {
        let file = try durableFile("/a", Self.block(1))
        try file.setSize(100)
        let expected: [[UInt8]] = [
            Self.block(1), Self.block(1, 100), Self.block(1, 100) + Self.block(0, 412),
        ]
        #expect(outcomes(of: "/a") == Set(expected))
    }

    @Test(arguments: [StoredFile.Fate.torn, .junk(5)])
    func bytesAroundTheWrittenOnesStayIntact(_ fate: StoredFile.Fate) throws {
        let file = try durableFile("/a", Self.block(1, 1024))
        try file.put(Self.block(2, 101), at: 600)
        let choice = PowerCut.Choice(mask: 0, special: (place: 0, fate: fate))
        let bytes = try #require(disk.afterPowerCut(.chosen(choice)).contents(of: "/a"))
        #expect(Array(bytes[..<600]) == Self.block(1, 600))
        #expect(Array(bytes[701...]) == Self.block(1, 1024 - 701))
        #expect(Array(bytes[600..<701]) != Self.block(1, 101))
        #expect(Array(bytes[600..<701]) != Self.block(2, 101))
    }

    @Test func tornUnitHasTheFirstHalfOfWhatWasWritten() throws {
        let file = try durableFile("/a", Self.block(1))
        try file.put(Self.block(2, 100), at: 50)
        let choice = PowerCut.Choice(mask: 0, special: (place: 0, fate: .torn))
        #expect(
            disk.afterPowerCut(.chosen(choice)).contents(of: "/a")
                == Self.block(1, 50) + Self.block(2, 50) + Self.block(1, 412))
    }

    @Test func everythingIsDurableAfterAPowerCut() throws {
        let file = try durableFile("/a", Self.block(1))
        try file.put(Self.block(2, 4096), at: 256)
        _ = try disk.open("/b", .create)
        for seed in 0..<20 as Range<UInt64> {
            let after = disk.afterPowerCut(.random(seed: seed))
            #expect(after.state.undecided.isEmpty)
            let again = after.afterPowerCut(.losesEverything)
            #expect(again.contents(of: "/a") == after.contents(of: "/a"))
            #expect(try again.list("/").sorted() == after.list("/").sorted())
        }
    }

    @Test func processDeathLosesNothing() throws {
        let file = try disk.open("/a", .create)
        try file.put(Self.block(2, 4096), at: 256)
        let after = disk.afterProcessDeath()
        #expect(after.contents(of: "/a") == disk.contents(of: "/a"))
        #expect(after.state.undecided == disk.state.undecided)
    }

    @Test func sameSeedLeavesTheSameDisk() throws {
        let file = try durableFile("/a", Self.block(1, 8192))
        for place in 0..<40 { try file.put(Self.block(9, 300), at: UInt64(place) * 200) }
        var found: Set<[UInt8]?> = []
        for seed in 0..<40 as Range<UInt64> {
            let first = disk.afterPowerCut(.random(seed: seed)).contents(of: "/a")
            #expect(first == disk.afterPowerCut(.random(seed: seed)).contents(of: "/a"))
            found.insert(first)
        }
        #expect(found.count > 30)
    }

    @Test func copyIsNotChangedByLaterWrites() throws {
        let file = try durableFile("/a", Self.block(1))
        let copy = disk.afterProcessDeath()
        try file.put(Self.block(2), at: 0)
        try file.sync()
        try disk.remove("/a")
        #expect(copy.contents(of: "/a") == Self.block(1))
    }

    // MARK: - Against a plain model

    /// Random calls, and a model that keeps bytes in a dictionary: what reads show is the same,
    /// and a power cut leaves each unit as it once was since the last sync.
    @Test(arguments: 0..<40 as Range<UInt64>) func randomCallsKeepTheirWord(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let file = try durableFile("/a", [])
        var shown: [UInt8] = []
        var sizes: Set<Int> = [0]
        var history: [[UInt8]] = [[]]
        for _ in 0..<60 {
            let offset = Int.random(in: 0..<3000, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                try file.sync()
                (sizes, history) = ([shown.count], [])
            case 1:
                try file.setSize(UInt64(offset))
                shown = Array((shown + Self.block(0, 3000)).prefix(offset))
            case let kind:
                let bytes = Self.block(UInt8(1 + kind), Int.random(in: 0..<1200, using: &random))
                try file.put(bytes, at: UInt64(offset))
                guard !bytes.isEmpty else { continue }
                let end = offset + bytes.count
                if end > shown.count { shown += Self.block(0, end - shown.count) }
                shown.replaceSubrange(offset..<end, with: bytes)
            }
            sizes.insert(shown.count)
            history.append(shown)
            #expect(disk.contents(of: "/a") == shown)
            #expect(disk.afterPowerCut(.keepsEverything).contents(of: "/a") == shown)
            let mask = PowerCut.Choice(mask: random.next())
            let bytes = try #require(disk.afterPowerCut(.chosen(mask)).contents(of: "/a"))
            #expect(sizes.contains(bytes.count))
            for unit in 0..<(bytes.count + 511) / 512 {
                let range = unit * 512..<min(bytes.count, unit * 512 + 512)
                let wasOnce = history.contains { (once: [UInt8]) -> Bool in
                    (once + Self.block(0, 5000))[range] == bytes[range]
                }
                #expect(wasOnce, "seed \(seed), unit \(unit)")
            }
        }
    }
}
