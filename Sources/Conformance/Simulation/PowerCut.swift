/// One possible outcome of a power cut: what became of everything that was not synced.
public enum PowerCut: Hashable, Sendable {
    /// Nothing that was not synced is there.
    case losesEverything
    /// Everything that was written is there.
    case keepsEverything
    /// Each unit, size and name by the fall of a coin, with torn units and junk among them.
    case random(seed: UInt64)
    /// Each unit, size and name by a bit of a mask, and one unit beyond it by a fate of its own.
    case chosen(Choice)

    /// A choice for each undecided thing, in the order of ``DiskState/undecided``.
    public struct Choice: Hashable, Sendable {
        /// Bit n says whether the n-th undecided thing is there.
        var mask: UInt64
        /// A unit that is neither there nor not there.
        var special: (place: Int, fate: StoredFile.Fate)?

        /// Whether two choices lead to the same disk.
        public static func == (lhs: Choice, rhs: Choice) -> Bool {
            lhs.mask == rhs.mask && lhs.special?.place == rhs.special?.place
                && lhs.special?.fate == rhs.special?.fate
        }

        /// Hashes mask and special fate.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(mask)
            hasher.combine(special?.place)
            hasher.combine(special?.fate)
        }
    }
}

extension DiskState {
    /// Something that a power cut decides.
    enum Undecided: Hashable, Sendable {
        /// A unit of a file: the file, and the place in its list.
        case unit(file: Int, place: Int)
        /// A size other than the durable one: the file, and the size.
        case size(file: Int, Int)
        /// A change of names, by its place in the list.
        case name(Int)
    }

    /// Everything that a power cut decides; what makes no difference is left out.
    var undecided: [Undecided] {
        var result = unsyncedNames.indices.map(Undecided.name)
        for file in reachableFiles {
            for size in files[file].possibleSizes.dropFirst() {
                result.append(.size(file: file, size))
            }
            for (place, unsynced) in files[file].unsynced.enumerated()
            where files[file].isUndecided(unsynced) {
                result.append(.unit(file: file, place: place))
            }
        }
        return result
    }

    /// The files that have a name, or may have one after a power cut, ascending.
    private var reachableFiles: [Int] {
        var found: Set<Int> = []
        func note(_ node: Node?) { if case .file(let file) = node { found.insert(file) } }
        durableNames.values.forEach(note)
        for change in unsyncedNames { for effect in change.effects { note(effect.node) } }
        return found.sorted()
    }

    /// The disk after a power cut: everything on it is durable.
    func afterPowerCut(_ outcome: PowerCut) -> DiskState {
        afterPowerCut(outcome, undecided)
    }

    /// The disk after a power cut, if what is ``undecided`` is known already.
    func afterPowerCut(_ outcome: PowerCut, _ undecided: [Undecided]) -> DiskState {
        switch outcome {
        case .losesEverything: return afterPowerCut(undecided) { _ in .old }
        case .keepsEverything: return afterPowerCut(undecided) { _ in .new }
        case .chosen(let choice):
            return afterPowerCut(undecided) { place in
                if let special = choice.special, special.place == place { return special.fate }
                return place < 64 && choice.mask >> UInt64(place) & 1 == 0 ? .old : .new
            }
        case .random(let seed):
            var random = SeededGenerator(seed: seed)
            // Sometimes much is there, sometimes little.
            let bias = random.next() % 5
            return afterPowerCut(undecided) { place in
                let roll = random.next() % 64
                guard case .unit(let file, let unit) = undecided[place] else {
                    return roll % 4 < bias ? .new : .old
                }
                let versions = files[file].unsynced[unit].earlier.count
                if roll == 63 { return .torn }
                if roll == 62 { return .junk(random.next()) }
                if roll >= 56, versions > 0 {
                    return .earlier(Int(random.next() % UInt64(versions)))
                }
                return roll % 4 < bias ? .new : .old
            }
        }
    }

    private func afterPowerCut(
        _ undecided: [Undecided], _ fate: (Int) -> StoredFile.Fate
    ) -> DiskState {
        var names = durableNames
        var sizes: [Int: Int] = [:]
        var fates: [Int: [Int: StoredFile.Fate]] = [:]
        for (place, what) in undecided.enumerated() {
            let fate = fate(place)
            guard fate != .old else { continue }
            switch what {
            case .name(let change):
                for effect in unsyncedNames[change].effects { names[effect.path] = effect.node }
            case .size(let file, let size): sizes[file] = size
            case .unit(let file, let unit): fates[file, default: [:]][unit] = fate
            }
        }
        names = names.filter { Self.isReachable($0.key, in: names) }
        // Files without a name are gone.
        var remaining = [StoredFile](repeating: StoredFile(), count: files.count)
        for case .file(let file) in names.values {
            let chosen = fates[file]
            remaining[file] = files[file].afterPowerCut(
                { chosen?[$0] ?? .old }, size: sizes[file] ?? files[file].durable.count)
        }
        return DiskState(files: remaining, names: names, capacity: capacity)
    }

    /// Whether all directories above a path are there.
    private static func isReachable(_ path: String, in names: [String: Node]) -> Bool {
        var path = path
        while path != "/" {
            path = parent(of: path)
            guard names[path] == .directory else { return false }
        }
        return true
    }
}
