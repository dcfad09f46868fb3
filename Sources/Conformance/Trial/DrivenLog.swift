import AsyncWAL
import WALProtocol

/// A store under test, the log that drives it for tasks, and the probe between the two.
struct DrivenLog: Sendable {
    let log: AsyncLog
    let probe: Probe
    /// Whether the store's syncs can run beside appends.
    let isSplit: Bool

    /// Writes that a caller has handed over, accepted or waiting to be.
    var handedOverCount: UInt64 {
        let statistics = log.statistics
        return statistics.acceptedWriteCount + UInt64(statistics.queueDepth)
    }
}

extension Trial {
    /// Opens a store and drives it for tasks.
    func drive(
        _ path: String, _ options: AsyncLog.Options = .init(), probe: Probe = Probe(),
        with opening: LogStoreSuite.Opening? = nil
    ) throws -> DrivenLog {
        // Asked for what it is before it is moved into the log, which nobody else has a part of.
        nonisolated(unsafe) let store = try (opening ?? suite.opening)(path)
        noteName(store.capabilities.name)
        let isSplit = store is any SplitSync
        let log = try AsyncLog(probe.wrap(store), options: options)
        return DrivenLog(log: log, probe: probe, isSplit: isSplit)
    }

    /// Ends the process as far as a store is concerned, and opens the store again.
    func reopen(_ path: String, afterKilling driven: DrivenLog) throws -> any LogStore {
        driven.probe.kill()
        try run { [log = driven.log] in try? await log.close() }
        return try open(path)
    }

    /// Drives a store on a simulated disk.
    func drive(
        on disk: SimulatedDisk, _ options: AsyncLog.Options = .init()
    ) throws -> DrivenLog {
        let opening = try requireSimulatedDisk()
        return try drive(SimulatedRun.path, options) { path in
            try opening(path, disk, InlineExecutor())
        }
    }

    /// Opens a store on a simulated disk, to look at what is there.
    func open(on disk: SimulatedDisk) throws -> any LogStore {
        try requireSimulatedDisk()(SimulatedRun.path, disk, InlineExecutor())
    }
}

/// Payloads that say which task appended them, and in which of its steps.
struct Stamp: Hashable, Sendable {
    var task: Int
    var step: Int

    func payload(size: Int = 48) -> [UInt8] {
        let id = UInt64(task) << 32 | UInt64(step)
        return withUnsafeBytes(of: id.littleEndian) { [UInt8]($0) }
            + Payloads.make(id, size: size - 8)
    }

    /// The stamp of a payload; `nil` if it is none, or not in the size that it has.
    init?(of payload: [UInt8]) {
        guard payload.count >= 8 else { return nil }
        let id = payload.prefix(8).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        self.init(task: Int(id >> 32), step: Int(id & 0xffff_ffff))
        guard self.payload(size: payload.count) == payload else { return nil }
    }

    init(task: Int, step: Int) {
        self.task = task
        self.step = step
    }
}

extension Trial {
    /// Expects a log to hold nothing but what tasks appended, the steps of each in their order
    /// without a gap, and all that was acknowledged in its place.
    func expect(
        _ log: some LogReading, holdsStampsWith acknowledged: [LogIndex: Stamp], _ when: String,
        _ file: String = #fileID, _ line: Int = #line
    ) throws {
        let location = SourceLocation.here(file, line)
        let entries = try log.state.first.map { try log.entries(in: $0...LogIndex.max) } ?? []
        var nextSteps: [Int: Int] = [:]
        for (place, entry) in entries.enumerated() {
            try expect(
                entry.index == LogIndex(place) + 1, "\(when): \(entry.index) after \(place)",
                at: location)
            guard let stamp = Stamp(of: entry.payload) else {
                throw Failure("\(when): nobody appended what is at \(entry.index)", at: location)
            }
            let step = nextSteps[stamp.task, default: 0]
            try expect(
                stamp.step == step,
                "\(when): step \(stamp.step) of task \(stamp.task) at \(entry.index), not \(step)",
                at: location)
            nextSteps[stamp.task] = step + 1
        }
        for (index, stamp) in acknowledged {
            try expect(
                index >= 1 && index <= UInt64(entries.count)
                    && Stamp(of: entries[Int(index) - 1].payload) == stamp,
                "\(when): \(index) was acknowledged, and of \(entries.count) entries it is lost",
                at: location)
        }
    }
}
