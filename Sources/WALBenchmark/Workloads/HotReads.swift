import CLimits
import Conformance
import WALProtocol

/// The flat log in memory that hot reads are held against: an arena and an array of offsets.
final class FlatArena {
    let bytes: UnsafeMutablePointer<UInt8>
    let offsets: UnsafeMutablePointer<UInt32>
    let payloadByteCount: Int

    init(_ payloads: Payloads, count: Int) {
        payloadByteCount = payloads.byteCount
        bytes = .allocate(capacity: count * (Int(LIMIT_HEADER_BYTES) + payloads.byteCount))
        offsets = .allocate(capacity: count)
        limit_fill_arena(bytes, offsets, payloads.limit(count: count))
    }

    deinit {
        bytes.deallocate()
        offsets.deallocate()
    }
}

/// Reads of single entries that the store holds in memory.
struct HotGet: Workload {
    /// Whether each read goes to another place.
    let isRandom: Bool

    var id: String { isRandom ? "get.hot.random" : "get.hot.same" }
    var unit: FigureUnit { .nanosecondsPerEntry }
    var durability: Durability { .none }
    var family: String { "hot" }
    var sentence: String {
        isRandom
            ? "read any of 1M entries in memory, through the concrete type"
            : "read one entry again and again, through the concrete type"
    }

    private func places(in bench: Bench) -> [UInt32] {
        let count = bench.profile.hotReadCount
        guard isRandom else {
            return [UInt32](repeating: UInt32(Bench.largeEntryCount / 2), count: count)
        }
        var random = SeededGenerator(seed: 2)
        return random.places(count, below: Bench.largeEntryCount)
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let store = try bench.hotStore(of: contestant)
        let places = places(in: bench)
        return Trial {
            let time = try timed { keep(try contestant.loops.get(store, places, 1)) }
            return Sample(nanoseconds: time, over: places.count)
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        let arena = FlatArena(bench.payloads, count: Bench.largeEntryCount)
        let places = places(in: bench)
        return Trial {
            let time = timed { keep(limit_get(arena.bytes, arena.offsets, places, places.count)) }
            return Sample(nanoseconds: time, over: places.count)
        }
    }
}

/// Reads of 100 consecutive entries that the store holds in memory, anywhere in the log.
struct HotRange: Workload {
    /// Whether the payloads are copied out.
    let copies: Bool
    /// How many entries.
    var length = 100
    /// Whether they are the last ones: what a leader sends to followers that keep up.
    var isTail = false

    static let last = HotRange(copies: false, length: 10, isTail: true)

    var id: String { "range.\(isTail ? "tail" : copies ? "copy" : "visit").\(length)" }
    var smallestProfile: Profile { isTail ? .standard : .quick }
    var unit: FigureUnit { .nanosecondsPerRange }
    var durability: Durability { .none }
    var family: String { "hot" }
    var sentence: String {
        if isTail {
            return "visit the last \(length) of 1M entries in place, through the concrete type"
        }
        return copies
            ? "copy 100 entries in memory into one buffer, through the concrete type"
            : "visit 100 entries in memory in place, through the concrete type"
    }

    private func places(in bench: Bench) -> [UInt32] {
        let count = bench.profile.hotReadCount / 20
        guard !isTail else {
            return [UInt32](repeating: UInt32(Bench.largeEntryCount - length), count: count)
        }
        var random = SeededGenerator(seed: 3)
        return random.places(count, below: Bench.largeEntryCount - length)
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let store = try bench.hotStore(of: contestant)
        let places = places(in: bench)
        let target = UnsafeMutableRawBufferPointer.allocate(
            byteCount: length * bench.payloads.byteCount, alignment: 64)
        return Trial {
            let time = try timed {
                keep(
                    copies
                        ? try contestant.loops.copy(store, places, 1, length, target)
                        : try contestant.loops.visit(store, places, 1, length))
            }
            return Sample(nanoseconds: time, over: places.count)
        } finish: {
            target.deallocate()
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        let arena = FlatArena(bench.payloads, count: Bench.largeEntryCount)
        let places = places(in: bench)
        let byteCount = length * bench.payloads.byteCount
        let target = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCount)
        return Trial {
            let time = timed {
                keep(
                    copies
                        ? limit_copy(
                            arena.bytes, arena.offsets, places, places.count, target, byteCount)
                        : limit_visit(
                            arena.bytes, arena.offsets, places, places.count, length))
            }
            return Sample(nanoseconds: time, over: places.count)
        } finish: {
            target.deallocate()
        }
    }
}
