/// Whether a store is opened to be written or only looked at.
public enum StoreAccess: Hashable, Sendable {
    /// Takes the writer's lock, recovers, and creates the store if there is none.
    case readWrite
    /// Takes no lock, creates and changes nothing, works beside a live writer and on a read-only
    /// mount. Writing throws `readOnly`; a directory without a store throws `unavailable`.
    case readOnly
}
