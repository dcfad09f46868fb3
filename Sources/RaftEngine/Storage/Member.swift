internal import SegmentBackend

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
        var writer = ByteWriter()
        for member in self {
            let address = Array<UInt8>(member.address.utf8.prefix(Int(UInt16.max)))
            writer.put(member.id)
            writer.put(member.role.rawValue)
            writer.put(UInt16(address.count))
            writer.put(address)
        }
        return writer.bytes
    }

    /// The members that bytes hold; `nil` if these are no list of members.
    package init?(encoded bytes: [UInt8]) {
        let members: [Member]? = bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            var members: [Member] = []
            while reader.remaining > 0 {
                guard let id = reader.take(UInt64.self), id > 0,
                    let role = reader.take(UInt8.self).flatMap(Member.Role.init(rawValue:)),
                    let count = reader.take(UInt16.self), let address = reader.take(Int(count)),
                    let address = String(validating: address, as: UTF8.self)
                else { return nil }
                members.append(Member(id: id, address: address, role: role))
            }
            return members
        }
        guard let members else { return nil }
        self = members
    }
}
