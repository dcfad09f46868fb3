import WALProtocol

/// A store with a history, ready to be damaged: its files, and what they may be mistaken for.
struct DamagedStore {
    /// Its files.
    var image = StoreImage()
    /// What they were when the store was closed before, oldest first.
    var older: [StoreImage] = []
    /// What the store held then.
    var statesAtCloses: [StoreContents] = []
    /// Another store of the same kind; `nil` if stores cannot be told apart.
    var other: StoreImage?
    /// What of the files is on stable storage: where nobody can know, what they were after the
    /// last sync that was asked for; after a clean close, what they are.
    var synced = StoreImage()
    /// Whether `synced` was asked of the disk, and is not what a store was asked for.
    var isSyncedKnown = false
    /// Every state that the store was ever in, in order; the last is the present one.
    var states: [StoreContents] = []
    /// The place in `states` of the one that was acknowledged last.
    var acknowledged = 0

    var present: StoreContents { states[states.count - 1] }
}

/// Fills a store with everything that there is: several segments, metadata, truncations, indexes
/// that were overwritten, compactions, some lives.
struct DamagedStoreMaker {
    private let stage: any ImageStage
    private var random: SeededGenerator
    private var model = Model()
    private var store: (any LogStore)?
    private var result = DamagedStore()

    /// Makes the store on a stage, which is left as it is afterwards.
    static func make(
        _ variant: DamageSweep.Variant, on stage: any ImageStage, seed: UInt64
    ) throws -> DamagedStore {
        var maker = DamagedStoreMaker(stage: stage, random: SeededGenerator(seed: seed))
        try stage.put(StoreImage())
        try maker.fill(variant)
        maker.result.other = try makeOther(on: stage, seed: seed)
        return maker.result
    }

    private init(stage: any ImageStage, random: SeededGenerator) {
        self.stage = stage
        self.random = random
        result.states = [StoreContents(model)]
    }

    private mutating func fill(_ variant: DamageSweep.Variant) throws {
        for life in 1...3 as ClosedRange<UInt64> { try live(life, entryCount: 36) }
        // A life that may end in the file in which it began.
        for _ in 0..<2 {
            try open()
            try append(1, term: 4)
            try close()
        }
        result.synced = result.image
        guard variant != .closedCleanly else { return }
        noteOlder()
        try open()
        let isShort = variant == .stoppedInSameFile
        try append(isShort ? 2 : 20, term: 5)
        try change(Change(metadata: [("vote", [5])]))
        try append(isShort ? 1 : 10, term: 5)
        try store?.sync()
        result.acknowledged = result.states.count - 1
        result.synced = stage.image()
        try append(isShort ? 1 : 3, term: 6)
        try overwrite(last: 2, term: 7)
        try change(Change(metadata: [("vote", [7]), ("other", nil)]))
        if variant == .stoppedBehindRotation { try append(40, term: 7) }
        try append(2, term: 7)
        try store?.flush()
        result.image = stage.image()
        // A store may sync more than it was told to: a full file, before it begins the next one.
        if let durable = stage.durableImage() {
            result.synced = durable
            result.isSyncedKnown = true
        }
        store = nil
    }

    /// A life that ends in a clean close.
    private mutating func live(_ life: UInt64, entryCount: Int) throws {
        try open()
        try append(entryCount, term: life)
        try change(Change(metadata: [("vote", [UInt8(life)]), ("other", [1, 2, 3])]))
        try store?.sync()
        try overwrite(last: 5, term: life + 1)
        try append(entryCount / 2, term: life + 1)
        if life > 1, let first = model.first, let entry = model.entry(at: first + 20) {
            try change(Change(compactsThrough: entry.position))
        }
        try append(4, term: life + 1)
        let value = life == 2 ? nil : [UInt8](repeating: 9, count: 80)
        try change(Change(metadata: [("other", value)]))
        try close()
    }

    // MARK: - One step each

    private mutating func open() throws { store = try stage.open() }

    private mutating func close() throws {
        try store?.close()
        store = nil
        noteOlder()
        result.image = stage.image()
        result.acknowledged = result.states.count - 1
    }

    /// What the last close left is about to become an older version.
    private mutating func noteOlder() {
        guard !result.image.files.isEmpty else { return }
        result.older.append(result.image)
        result.statesAtCloses.append(result.states[result.acknowledged])
    }

    private mutating func change(_ change: Change) throws {
        try store?.write(change.batch)
        model.apply(change)
        result.states.append(StoreContents(model))
    }

    /// Appends entries one by one, and now and then two as one unit.
    private mutating func append(_ count: Int, term: UInt64) throws {
        var left = count
        while left > 0 {
            let unit = left > 1 && random.next() % 6 == 0 ? 2 : 1
            let next = model.next ?? 1
            try change(
                Change(entries: (0..<UInt64(unit)).map { entry(next + $0, term: term) }))
            left -= unit
        }
    }

    private mutating func overwrite(last count: UInt64, term: UInt64) throws {
        guard let next = model.next else { return }
        try change(
            Change(
                truncatesFrom: next - count,
                entries: (next - count..<next).map { entry($0, term: term) }))
    }

    /// Sizes from nothing to three quarters of a kilobyte, some of them all zeros.
    private mutating func entry(_ index: LogIndex, term: UInt64) -> Entry {
        let roll = random.next()
        let size = roll % 5 == 0 ? Int(roll >> 8 % 760) : Int(roll >> 8 % 120)
        let payload =
            roll % 13 == 0
            ? [UInt8](repeating: 0, count: size) : Payloads.make(index, size: size, salt: roll)
        return Entry(
            position: LogPosition(term: term, index: index),
            kind: EntryKind(rawValue: UInt8(roll >> 40 & 3)), payload: payload)
    }

    /// Another store; `nil` if two empty ones are the same, so that nothing could tell them apart.
    private static func makeOther(on stage: any ImageStage, seed: UInt64) throws -> StoreImage? {
        var empty: [StoreImage] = []
        for _ in 0..<2 {
            try stage.put(StoreImage())
            try stage.open().close()
            empty.append(stage.image())
        }
        guard empty[0] != empty[1] else { return nil }
        try stage.put(StoreImage())
        var maker = DamagedStoreMaker(stage: stage, random: SeededGenerator(seed: seed ^ 0xff))
        for life in 1...4 as ClosedRange<UInt64> { try maker.live(life, entryCount: 33) }
        return maker.result.image
    }
}
