import WALProtocol

/// Reads and appends through a store's concrete type, which the compiler specialises.
///
/// It is what an engine that names its backend gets. Through `any LogStore` each call costs a few
/// nanoseconds more.
struct ConcreteLoops: Sendable {
    /// Appends the entries from 1 to a number, one at a time.
    var append: @Sendable (any LogStore, Int, Payloads) throws(LogStoreError) -> Void
    /// Reads the entries at `first + place`, each on its own.
    var get: @Sendable (any LogStore, [UInt32], LogIndex) throws(LogStoreError) -> UInt64
    /// The same on a reader, through `any LogReader` where its type cannot be named.
    var read: @Sendable (any LogReader, [UInt32], LogIndex) throws(LogStoreError) -> UInt64
    /// Visits ranges of `length` entries, starting at `first + place`.
    var visit: @Sendable (any LogStore, [UInt32], LogIndex, Int) throws(LogStoreError) -> UInt64
    /// The same, copying every payload into a buffer that is used again.
    var copy:
        @Sendable (
            any LogStore, [UInt32], LogIndex, Int, UnsafeMutableRawBufferPointer
        ) throws(LogStoreError) -> UInt64

    /// Makes the loops for one type of store.
    @inline(__always)
    init<Store: LogStore & SendableMetatype>(for type: Store.Type) {
        append = { (store, count, payloads) throws(LogStoreError) in
            try appendLoop(try concrete(store, type), count, payloads)
        }
        get = { (store, places, first) throws(LogStoreError) in
            try getLoop(try concrete(store, type), places, first)
        }
        read = { (reader, places, first) throws(LogStoreError) in
            try getLoop(reader, places, first)
        }
        visit = { (store, places, first, length) throws(LogStoreError) in
            try visitLoop(try concrete(store, type), places, first, length)
        }
        copy = { (store, places, first, length, target) throws(LogStoreError) in
            try copyLoop(try concrete(store, type), places, first, length, target)
        }
    }
}

extension ConcreteLoops {
    /// Makes the loop for one type of reader.
    @inline(__always)
    static func read<Reader: LogReader & SendableMetatype>(
        with type: Reader.Type
    ) -> @Sendable (any LogReader, [UInt32], LogIndex) throws(LogStoreError) -> UInt64 {
        { (reader, places, first) throws(LogStoreError) in
            guard let reader = reader as? Reader else {
                throw LogStoreError(.invalidArgument, "a reader of another type was made")
            }
            return try getLoop(reader, places, first)
        }
    }
}

private func concrete<Store: LogStore>(
    _ store: any LogStore, _ type: Store.Type
) throws(LogStoreError) -> Store {
    guard let store = store as? Store else {
        throw LogStoreError(.invalidArgument, "a store of another type was opened")
    }
    return store
}

/// What a reader looks at, like `look` in the C loops.
@inline(__always)
private func look(_ header: EntryHeader, _ payload: RawSpan) -> UInt64 {
    let first =
        payload.byteCount >= 8
        ? payload.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt64.self) : 0
    return first &+ UInt64(truncatingIfNeeded: header.payloadByteCount)
}

@inline(__always)
private func appendLoop<Store: LogStore>(
    _ store: Store, _ count: Int, _ payloads: Payloads
) throws(LogStoreError) {
    for entry in 1...count {
        try store.append(
            payloads.payload(entry).bytes, at: LogPosition(term: 1, index: LogIndex(entry)),
            kind: .command)
    }
}

@inline(__always)
func getLoop<Store: LogReading>(
    _ store: Store, _ places: [UInt32], _ first: LogIndex
) throws(LogStoreError) -> UInt64 {
    var sum: UInt64 = 0
    for place in places {
        sum &+= try store.withEntry(at: first + LogIndex(place)) {
            (header, payload) throws(LogStoreError) in look(header, payload)
        }
    }
    return sum
}

@inline(__always)
func visitLoop<Store: LogReading>(
    _ store: Store, _ places: [UInt32], _ first: LogIndex, _ length: Int
) throws(LogStoreError) -> UInt64 {
    var sum: UInt64 = 0
    for place in places {
        let start = first + LogIndex(place)
        _ = try store.visitEntries(in: start..<(start + LogIndex(length)), maxByteCount: .max) {
            (header, payload) throws(LogStoreError) in sum &+= look(header, payload)
        }
    }
    return sum
}

@inline(__always)
func copyLoop<Store: LogReading>(
    _ store: Store, _ places: [UInt32], _ first: LogIndex, _ length: Int,
    _ target: UnsafeMutableRawBufferPointer
) throws(LogStoreError) -> UInt64 {
    var sum: UInt64 = 0
    for place in places {
        let start = first + LogIndex(place)
        var used = 0
        _ = try store.visitEntries(in: start..<(start + LogIndex(length)), maxByteCount: .max) {
            (_, payload) throws(LogStoreError) in
            payload.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: target[used...]).copyMemory(from: bytes)
            }
            used += payload.byteCount
        }
        sum &+= UInt64(target[0]) &+ UInt64(used)
    }
    return sum
}
