/// Several changes to a log that are applied as one unit, all or nothing (law L6).
///
/// Whatever the order in which they are put in, they are applied in this one:
///
/// 1. ``reset(to:)``
/// 2. ``truncate(from:)``
/// 3. ``append(_:at:kind:)``, in the order of the calls
/// 4. ``compact(through:)``
/// 5. ``setMetadata(_:for:)`` and ``removeMetadata(for:)``; the last change of a key wins
///
/// Payloads are copied into one flat arena. Keep a batch and call ``removeAll()`` to reuse its
/// memory. Nothing is checked before ``LogStore/write(_:)``.
public struct WriteBatch: Sendable {
    /// A reset, and the position it resets to; `nil` makes the log as if never written.
    public struct Reset: Hashable, Sendable {
        /// The new compacted position.
        public var position: LogPosition?

        /// Makes a reset.
        public init(to position: LogPosition?) { self.position = position }
    }

    /// A change of one metadata value.
    public struct MetadataChange: Hashable, Sendable {
        /// The key concerned.
        public var key: MetadataKey
        /// The new value; `nil` removes it.
        public var value: [UInt8]?
    }

    @usableFromInline
    struct Slot: Sendable {
        @usableFromInline var position: LogPosition
        @usableFromInline var kind: EntryKind
        @usableFromInline var start: Int
        @usableFromInline var end: Int

        @usableFromInline
        init(position: LogPosition, kind: EntryKind, start: Int, end: Int) {
            self.position = position
            self.kind = kind
            self.start = start
            self.end = end
        }
    }

    @usableFromInline var slots: [Slot] = []
    @usableFromInline var arena: [UInt8] = []

    /// The reset that comes first, if there is one.
    public private(set) var reset: Reset?
    /// The first index that is truncated, if there is a truncation.
    public private(set) var truncation: LogIndex?
    /// The last position that is dropped from the front, if there is a compaction.
    public private(set) var compaction: LogPosition?
    /// The metadata changes, in the order of the calls.
    public private(set) var metadataChanges: [MetadataChange] = []

    /// Makes an empty batch.
    public init() {}

    /// Whether writing the batch would change nothing.
    public var isEmpty: Bool {
        slots.isEmpty && !changesMore
    }

    /// Whether all it does is append entries, and there is one at least.
    public var hasOnlyEntries: Bool {
        !slots.isEmpty && !changesMore
    }

    /// Whether it does anything but append entries.
    private var changesMore: Bool {
        reset != nil || truncation != nil || compaction != nil || !metadataChanges.isEmpty
    }

    /// The number of entries to append.
    @inlinable public var entryCount: Int { slots.count }

    /// The bytes of all payloads, metadata keys and values.
    public var byteCount: Int {
        metadataChanges.reduce(arena.count) {
            $0 + $1.key.name.utf8.count + ($1.value?.count ?? 0)
        }
    }

    /// Empties the batch and keeps its memory.
    public mutating func removeAll() {
        slots.removeAll(keepingCapacity: true)
        arena.removeAll(keepingCapacity: true)
        metadataChanges.removeAll(keepingCapacity: true)
        reset = nil
        truncation = nil
        compaction = nil
    }

    /// Reserves memory for a number of entries and payload bytes.
    public mutating func reserve(entryCount: Int, payloadByteCount: Int) {
        slots.reserveCapacity(entryCount)
        arena.reserveCapacity(payloadByteCount)
    }

    /// Drops everything, whatever it is, and continues after `position`: a snapshot was installed.
    ///
    /// - Parameter position: The snapshot's last position; `nil` makes the log as if never written.
    public mutating func reset(to position: LogPosition?) { reset = Reset(to: position) }

    /// Drops the entry at `index` and everything after it.
    public mutating func truncate(from index: LogIndex) {
        truncation = min(index, truncation ?? index)
    }

    /// Drops everything up to and including `position`.
    public mutating func compact(through position: LogPosition) {
        guard let compaction, compaction.index >= position.index else {
            self.compaction = position
            return
        }
    }

    /// Appends an entry; its payload is copied.
    @inlinable
    public mutating func append(
        _ payload: RawSpan, at position: LogPosition, kind: EntryKind = .command
    ) {
        let start = arena.count
        payload.withUnsafeBytes { arena.append(contentsOf: $0) }
        slots.append(Slot(position: position, kind: kind, start: start, end: arena.count))
    }

    /// Appends an entry; its payload is copied.
    @inlinable
    public mutating func append(
        _ payload: [UInt8], at position: LogPosition, kind: EntryKind = .command
    ) {
        append(payload.span.bytes, at: position, kind: kind)
    }

    /// Sets a metadata value.
    public mutating func setMetadata(_ value: [UInt8], for key: MetadataKey) {
        metadataChanges.append(MetadataChange(key: key, value: value))
    }

    /// Removes a metadata value; a key that is not there is no error.
    public mutating func removeMetadata(for key: MetadataKey) {
        metadataChanges.append(MetadataChange(key: key, value: nil))
    }

    /// Calls `body` with the header and the payload of every entry, in order.
    @inlinable
    public func visitEntries<E: Error>(
        _ body: (EntryHeader, RawSpan) throws(E) -> Void
    ) throws(E) {
        let bytes = arena.span.bytes
        for slot in slots {
            let header = EntryHeader(
                position: slot.position, kind: slot.kind,
                payloadByteCount: slot.end - slot.start)
            try body(header, bytes.extracting(slot.start..<slot.end))
        }
    }

    /// The header of the entry at an offset in `0..<entryCount`.
    @inlinable
    public func entryHeader(at offset: Int) -> EntryHeader {
        let slot = slots[offset]
        return EntryHeader(
            position: slot.position, kind: slot.kind, payloadByteCount: slot.end - slot.start)
    }
}
