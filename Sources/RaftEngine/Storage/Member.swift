/// A member of a cluster.
public struct Member: Hashable, Sendable {
    /// What a member does.
    public enum Role: UInt8, Hashable, Sendable, CaseIterable {
        /// It stores the log and does not vote.
        case standby = 0
        /// It stores the log, and counts when entries are committed and leaders elected.
        case voter = 1
        /// It only has an address.
        case spare = 2
    }

    /// Its number, greater than zero, never used again for another replica.
    public var id: UInt64
    /// Where it listens: `HOST:PORT`.
    public var address: String
    /// What it does.
    public var role: Role

    /// Makes a member.
    public init(id: UInt64, address: String, role: Role = .voter) {
        self.id = id
        self.address = address
        self.role = role
    }
}

extension [Member] {
    /// The bytes of a list of members, as snapshots hold them.
    ///
    /// For each: the id (8 bytes), the role (1), the length of the address (2), the address in
    /// UTF-8; integers are little-endian.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        for member in self {
            let address = Array<UInt8>(member.address.utf8.prefix(Int(UInt16.max)))
            Swift.withUnsafeBytes(of: member.id.littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(member.role.rawValue)
            let count = UInt16(address.count).littleEndian
            Swift.withUnsafeBytes(of: count) { bytes.append(contentsOf: $0) }
            bytes += address
        }
        return bytes
    }

    /// The members that bytes hold; `nil` if these are no list of members.
    package init?(encoded bytes: [UInt8]) {
        self.init()
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= 11 else { return nil }
            let id = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            rest = rest.dropFirst(8)
            let role = rest.removeFirst()
            let count = Int(rest.removeFirst()) | Int(rest.removeFirst()) << 8
            guard rest.count >= count, let role = Member.Role(rawValue: role), id > 0,
                let address = String(validating: rest.prefix(count), as: UTF8.self)
            else { return nil }
            rest = rest.dropFirst(count)
            append(Member(id: id, address: address, role: role))
        }
    }
}
