/// What a workload is called where there is no room for its sentence.
enum WorkloadName {
    /// A few words; the id, if nobody found any.
    static func short(_ id: String) -> String {
        if let name = names[id] { return name }
        let parts = id.split(separator: ".").map(String.init)
        guard let last = parts.last else { return id }
        switch parts.dropLast().joined(separator: ".") {
        case "append.durable": return "\(last) and a sync, each entry"
        case "append.durable.payload": return "\(spaced(last)) and a sync"
        case "append.paced": return "\(last) a second, by the clock"
        case "append.buffered": return "\(last) at a time, each entry"
        case "append.concurrent": return last == "1" ? "one task" : "\(last) tasks"
        case "syncs.concurrent": return "syncs for an entry, \(last) tasks"
        case "append.payload.16B", "append.payload.128B", "append.payload.1KiB",
            "append.payload.64KiB":
            return spaced(parts[2]) + (last == "any" ? ", any LogStore" : ", concrete type")
        case "open.clean": return "open \(spaced(last)), closed before"
        case "open.killed": return "open \(spaced(last)) after a kill"
        case "memory": return memory(last) ?? id
        default: return id
        }
    }

    private static let names = [
        "append.durable.1": "append and sync",
        "append.buffered.1": "one at a time",
        "metadata.durable": "term and vote",
        "metadata.storm": "term and vote on a busy node",
        "mix.raft": "a leader at work",
        "append.nearlyFull": "99th percentile on a disk nearly full",
        "append.afterBurst": "99th percentile after a burst",
        "sync.slowest.rotations": "slowest sync across rotations",
        "sync.slowest.fresh": "slowest sync of a new store",
        "get.hot.same": "the same entry again and again",
        "get.hot.random": "any of 1M, in memory",
        "get.cold.random": "any of 1M, just opened",
        "get.besideWriter": "beside a writer",
        "get.besideAppends": "beside appending tasks",
        "range.tail.10": "visit the last 10 in memory",
        "range.visit.100": "visit 100 in memory",
        "range.copy.100": "copy 100 out",
        "term.hot.random": "term of any of 1M, in memory",
        "term.cold.random": "term of any of 1M, just opened",
        "catchUp.besideWriter": "catch up with 1M beside a writer, each",
        "scan.cold": "scan 1M, just opened, each",
        "verify.1GB": "check every byte of 1 GB",
        "truncate.last1000.of100k": "drop the last 1,000 of 100,000",
        "conflict.replace100": "replace the last 100",
        "compact.first50k.of100k": "drop the first 50,000 of 100,000",
        "space.compacted": "room for a byte of payload, compacted",
        "device.bytesPerDurableEntry": "bytes to the device for an entry",
        "memory.reopened1M": "memory of a reader of 1M",
        "input.append": "append the file",
        "input.readback": "read the file back",
    ]

    private static func memory(_ last: String) -> String? {
        last.hasPrefix("after") ? "memory after \(last.dropFirst(5)) entries" : nil
    }

    /// `64KiB` as `64 KiB`; a number of entries stays together.
    private static func spaced(_ size: String) -> String {
        guard size.hasSuffix("B") else { return size }
        let digits = size.prefix { $0.isNumber }
        return "\(digits) \(size.dropFirst(digits.count))"
    }

    /// The entries, tasks or bytes that the last part of an id counts; `nil` if it counts nothing.
    static func size(_ id: String) -> Double? {
        guard let last = id.split(separator: ".").last else { return nil }
        let digits = last.prefix { $0.isNumber }
        guard let number = Double(digits) else { return nil }
        switch last.dropFirst(digits.count) {
        case "": return number
        case "k": return number * 1e3
        case "M": return number * 1e6
        case "GB": return number * Double(Bench.gigabyteEntryCount)
        default: return nil
        }
    }
}
