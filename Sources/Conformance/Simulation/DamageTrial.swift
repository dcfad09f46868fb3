import WALProtocol

/// One run of a ``DamageSweep``: the store under test, and what was found so far.
final class DamageTrial {
    let store: DamagedStore
    private(set) var report: DamageReport
    private let stage: any ImageStage
    private let variant: DamageSweep.Variant
    /// The bytes that a crash may have left as anything, by file.
    private let unsynced: [String: [Range<Int>]]

    init(_ stage: any ImageStage, _ variant: DamageSweep.Variant, seed: UInt64) throws {
        self.stage = stage
        self.variant = variant
        store = try DamagedStoreMaker.make(variant, on: stage, seed: seed)
        report = DamageReport(variant: variant, seed: seed)
        unsynced = Self.unsynced(store)
        // What is said of the undamaged store has to be right first.
        try stage.put(store.image)
        let sight = look()
        guard case .contents(let contents, _) = sight, contents == store.present else {
            throw Failure("the undamaged store shows \(describe(sight))", at: .here())
        }
    }

    // MARK: - One damage

    /// Tries one damage; one that changes nothing does not count.
    func run(_ damage: StoreDamage, _ family: DamageSweep.Family, _ number: Int) throws {
        guard let image = damage.applied(to: store) else { return }
        try stage.put(image)
        let found = try stageVerify()
        let sight = look()
        let (outcome, why) = judge(sight, damage, image, found)
        report.counts[family, default: [:]][outcome, default: 0] += 1
        if outcome == .same, case .some(true) = found { report.foundByVerifyOnly += 1 }
        if outcome == .bad {
            report.failures.append(
                DamageReport.Failure(
                    family: family, number: number, damage: "\(damage)",
                    seen: "\(why): \(describe(sight))"))
        }
    }

    /// What opening and reading came to.
    private enum Sight {
        case contents(StoreContents, RecoveryReport)
        case error(LogStoreError)
        case other(String)
    }

    private func look() -> Sight {
        do {
            let log = try stage.open()
            return .contents(try StoreContents(reading: log), log.recoveryReport)
        } catch let error as LogStoreError {
            return .error(error)
        } catch let failure as Failure {
            return .other(failure.message)
        } catch {
            return .other("\(error)")
        }
    }

    /// Whether the store's own check finds anything; `nil` if there is none.
    private func stageVerify() throws -> Bool? {
        do {
            return try stage.verify().map { !$0.damages.isEmpty }
        } catch is LogStoreError {
            return true
        }
    }

    // MARK: - Judging

    private func judge(
        _ sight: Sight, _ damage: StoreDamage, _ image: StoreImage, _ found: Bool?
    ) -> (DamageReport.Outcome, String) {
        switch sight {
        case .other(let what): return (.bad, what)
        case .error(let error):
            let codes: [LogStoreError.Code] = [.corrupt, .unsupportedFormat]
            guard codes.contains(error.code) || error.code == .io && damage.isAboutDirectories
            else { return (.bad, "the error is not about damage") }
            guard let file = error.context.file else { return (.bad, "the error names no file") }
            if found == false, error.code != .io { return (.bad, "verify finds nothing") }
            // Junk that leaves the magic number alone is no crash's.
            if variant != .closedCleanly, damage.mayBeACrash, error.code != .unsupportedFormat,
                isLikeACrash(image)
            {
                return (.bad, "a crash could have left this, and it does not open")
            }
            guard file.hasSuffix("/" + damage.file) else { return (.reportedElsewhere, "") }
            return (error.context.byteOffset == nil ? .reportedWithFile : .reportedWithOffset, "")
        case .contents(let contents, let recovery):
            let isCut = recovery.verdict != .nothingCut || recovery.tornByteCount > 0
            if variant == .closedCleanly, isCut {
                return (.bad, "taken for a torn tail after a clean close")
            }
            if contents == store.present { return (.same, "") }
            if case .whole(_, .replaced(.older(let version))) = damage,
                store.statesAtCloses[version] == contents
            {
                return (.outdated, "")
            }
            guard variant != .closedCleanly else { return (.bad, "other contents") }
            guard let place = store.states.lastIndex(of: contents) else {
                return (.bad, "a state that never was")
            }
            if place >= store.acknowledged { return (.cut, "") }
            guard isCut else { return (.bad, "acknowledged writes are gone, without a word") }
            if touchesUnsynced(image), recovery.verdict == .ambiguous { return (.ambiguous, "") }
            return (.bad, "acknowledged writes are gone")
        }
    }

    private func describe(_ sight: Sight) -> String {
        switch sight {
        case .error(let error): return "\(error)"
        case .other(let what): return what
        case .contents(let contents, let recovery):
            let place = store.states.lastIndex(of: contents).map {
                "state \($0) of \(store.states.count), acknowledged \(store.acknowledged)"
            }
            return "\(contents.summary) (\(place ?? "never was so")), "
                + "\(recovery.tornByteCount) bytes torn, \(recovery.verdict), "
                + recovery.findings.map { "\($0.kind) \($0.file)" }.joined(separator: ", ")
        }
    }

    // MARK: - After an unclean stop

    /// By file and sector, from the first to the last byte that was written after the last sync.
    private static func unsynced(_ store: DamagedStore) -> [String: [Range<Int>]] {
        var result: [String: [Range<Int>]] = [:]
        for (name, bytes) in store.image.files {
            let old = store.synced.files[name] ?? []
            for place in 0...bytes.count / StoreDamage.sectorByteCount {
                let range = StoreDamage.sector(place, of: bytes)
                let changed = range.filter { bytes[$0] != ($0 < old.count ? old[$0] : 0) }
                if let first = changed.first, let last = changed.last {
                    result[name, default: []].append(first..<last + 1)
                }
            }
        }
        return result
    }

    /// Whether nothing but bytes written after the last sync is different.
    private func isLikeACrash(_ image: StoreImage) -> Bool {
        guard store.isSyncedKnown else { return false }
        guard image.directories == store.image.directories, image.names == store.image.names else {
            return false
        }
        return image.files.allSatisfy { name, bytes in
            guard let before = store.image.files[name], before != bytes else { return true }
            guard before.count == bytes.count else { return false }
            let ranges = unsynced[name] ?? []
            return bytes.indices.allSatisfy { offset in
                bytes[offset] == before[offset] || ranges.contains { $0.contains(offset) }
            }
        }
    }

    /// Whether any byte that was written after the last sync is different or gone.
    private func touchesUnsynced(_ image: StoreImage) -> Bool {
        unsynced.contains { name, ranges in
            guard let bytes = image.files[name], let before = store.image.files[name] else {
                return true
            }
            return ranges.joined().contains {
                $0 >= bytes.count || bytes[$0] != before[$0]
            }
        }
    }
}

extension StoreDamage {
    /// Whether a crash leaves such bytes where it was writing: anything, but nothing that looks
    /// like what a store wrote elsewhere.
    fileprivate var mayBeACrash: Bool {
        switch self {
        case .byte, .sector(_, _, .zero), .sector(_, _, .junk): true
        default: false
        }
    }

    /// Whether a directory stands where it does not belong, which only a system call finds out.
    fileprivate var isAboutDirectories: Bool {
        switch self {
        case .foreignDirectory, .whole(_, .directory): true
        default: false
        }
    }
}
