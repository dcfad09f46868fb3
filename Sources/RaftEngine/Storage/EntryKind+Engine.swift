public import WALProtocol

extension EntryKind {
    /// An entry that is only there to be committed: everything before it is committed, too.
    public static let barrier = EntryKind(rawValue: 2)
    /// An entry that holds the members of the cluster from its index on.
    public static let configuration = EntryKind(rawValue: 3)
}
