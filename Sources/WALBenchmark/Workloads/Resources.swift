import CLimits
import WALProtocol

/// The memory of a process that wrote a log: its resident set, mapped files included.
struct MemoryUse: Workload {
    /// The entries that it writes.
    let entryCount: Int

    var id: String { "memory.after\(entryCount / 1_000_000)M" }
    var unit: FigureUnit { .bytes }
    var durability: Durability { .none }
    var smallestProfile: Profile { entryCount > 1_000_000 ? .full : .quick }
    var repetitionLimit: Int { entryCount > 1_000_000 ? 5 : .max }
    var sentence: String {
        "growth of the resident memory of a process that wrote "
            + "\(entryCount / 1_000_000)M entries, synced every 10,000"
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        guard let helper = bench.helper else {
            throw NotMeasurable("there is no child process to look at")
        }
        // What this process is not told its child is not told either.
        _ = try Helper.residentByteCount()
        return Trial {
            let path = bench.scratch.fresh(contestant.name)
            defer { bench.scratch.remove(path) }
            let answer = try helper.run(
                .memory, backend: contestant.name, path: path, entryCount: entryCount)
            let points = answer.split(separator: "\n").compactMap(Self.point)
            guard let last = points.last else {
                throw NotMeasurable("this system does not say how much memory a process has")
            }
            return Sample(last.y, course: Course(along: "entries written", points: points))
        }
    }

    /// A line of what the child prints.
    private static func point(_ line: Substring) -> Course.Point? {
        let fields = line.split(separator: " ").compactMap { Double($0) }
        return fields.count == 2 ? Course.Point(x: fields[0], y: fields[1]) : nil
    }
}

/// The memory of a process that opened a log and read here and there in it.
struct MemoryAfterOpening: Workload {
    var id: String { "memory.reopened1M" }
    var unit: FigureUnit { .bytes }
    var durability: Durability { .none }
    var family: String { "closed" }
    var smallestProfile: Profile { .standard }
    var needsDisk: Bool { true }
    var sentence: String {
        "growth of the resident memory of a process that opened 1M entries and read any 10,000"
    }

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        guard let helper = bench.helper else {
            throw NotMeasurable("there is no child process to look at")
        }
        // What this process is not told its child is not told either.
        _ = try Helper.residentByteCount()
        let path = try bench.closedLog(of: contestant, entryCount: Bench.largeEntryCount)
        return Trial {
            let answer = try helper.run(
                .memoryReopened, backend: contestant.name, path: path,
                entryCount: Bench.largeEntryCount)
            guard let bytes = Double(answer) else {
                throw NotMeasurable("this system does not say how much memory a process has")
            }
            return Sample(bytes)
        }
    }
}

/// The bytes that reach the device for each durable entry: what wears a disk out.
struct DeviceBytes: Workload {
    var id: String { "device.bytesPerDurableEntry" }
    var unit: FigureUnit { .bytesPerEntry }
    var durability: Durability { .durable }
    var needsDisk: Bool { true }
    var sentence: String {
        "bytes written to the device per append of 128 bytes and sync, the file system's included"
    }

    private static let entryCount = 300

    func trial(of contestant: Contestant, in bench: Bench) throws -> Trial {
        let disk = try disk(of: bench)
        let path = bench.scratch.fresh(contestant.name)
        let store = try contestant.open(path, nil)
        var next = 1
        return Trial {
            try measured(disk) { () throws(LogStoreError) in
                try store.append(
                    bench.payloads.payload(next).bytes,
                    at: LogPosition(term: 1, index: LogIndex(next)), kind: .command)
                try store.sync()
                next += 1
            }
        } finish: {
            try store.close()
            bench.scratch.remove(path)
        }
    }

    func limit(in bench: Bench) throws -> Trial? {
        let disk = try disk(of: bench)
        let byteCount = Int(LIMIT_HEADER_BYTES) + bench.payloads.byteCount
        let file = try LimitFile(
            byteCount: byteCount * Self.entryCount * (bench.profile.repetitions + 1), in: bench)
        let bytes = LimitFile.bytes(byteCount)
        return Trial {
            try measured(disk) { _ = try file.write(bytes) }
        } finish: {
            file.remove()
        }
    }

    private func disk(of bench: Bench) throws(NotMeasurable) -> Disk {
        guard let disk = Disk(under: bench.scratch.path), disk.writtenByteCount() != nil else {
            throw NotMeasurable("no device under this directory counts its writes")
        }
        return disk
    }

    private func measured(
        _ disk: Disk, _ append: () throws -> Void
    ) throws -> Sample {
        disk.settle()
        let before = disk.writtenByteCount() ?? 0
        for _ in 0..<Self.entryCount { try append() }
        let after = disk.writtenByteCount() ?? 0
        return Sample(Double(after - before) / Double(Self.entryCount))
    }
}
