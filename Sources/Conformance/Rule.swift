/// One thing that every store has to do, checkable on its own.
///
/// Rules have stable ids, and carry the numbers of the properties that they check (P1…P130 of the
/// catalogue, printed in the report), so that tests, reports and issues can name them.
public struct Rule: Sendable, Identifiable {
    /// How binding a rule is.
    public enum Level: String, Hashable, Sendable {
        /// A store that breaks it can lose, invent or withhold an entry, or breaks its callers.
        case must
        /// A store that breaks it is correct, but wasteful or inconvenient.
        case should
    }

    /// The stable name, such as `append.gapRefused`.
    public let id: String
    /// What its rules are about: the id up to the first point.
    public var group: String { String(id.prefix { $0 != "." }) }
    /// The numbers of the properties it checks.
    public let properties: [Int]
    /// How binding it is.
    public let level: Level
    /// What a store promises, in one sentence.
    public let contract: String
    /// Throws a `Failure` or a `NotChecked`; anything else is a failure too.
    let body: @Sendable (Trial) throws -> Void

    init(
        _ id: String, _ properties: Int..., level: Level = .must, contract: String,
        body: @escaping @Sendable (Trial) throws -> Void
    ) {
        self.id = id
        self.properties = properties
        self.level = level
        self.contract = contract
        self.body = body
    }

    /// The rule with an id; `nil` if there is none.
    public init?(id: String) {
        guard let rule = Rule.allCases.first(where: { $0.id == id }) else { return nil }
        self = rule
    }
}

extension Rule: CaseIterable {
    /// Every rule, in the order of the catalogue.
    public static let allCases: [Rule] = [
        basics, appending, payloads, truncating, reading, compacting, resetting, batches,
        metadata, durability, opening, concurrency, histories, crashes, faults,
        damages, smallStores, asyncWriting, asyncDurability, asyncReading,
        asyncFollowing, asyncLifetime,
    ].flatMap { $0 }
}

extension Rule: Hashable {
    /// Rules are equal if their ids are.
    public static func == (lhs: Rule, rhs: Rule) -> Bool { lhs.id == rhs.id }
    /// Hashes the id.
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

extension Rule: CustomStringConvertible {
    /// `append.gapRefused (P9)`.
    public var description: String {
        id + " (" + properties.map { "P\($0)" }.joined(separator: ", ") + ")"
    }
}
