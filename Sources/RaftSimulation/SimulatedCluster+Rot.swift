#if CRaft
    internal import Conformance
    internal import RaftEngine
    internal import SegmentBackend
    internal import WALProtocol

    /// Damage that disks do behind everybody's back, and what an operator does about it.
    extension SimulatedCluster {
        /// How often a damaged replica asks the others before it is given up.
        private static let mendingLimit = 10

        /// Spoils some bytes of a replica that is down.
        ///
        /// At most a minority has damage: what a majority forgot nobody can bring back. And there is
        /// damage only where something on stable storage proves that it is none of a crash: the
        /// bytes of the last sync have no such witness, and a new segment's head has none before
        /// its predecessor's seal is written back (DESIGN.md, "What is detected, and what cannot
        /// be").
        func rot(_ id: UInt64) {
            guard options.rots, !isHealing, let disk = disks[id] else { return }
            if rotten.contains(id), !isDamaged(disk) { rotten.remove(id) }
            let minority = (members.count - 1) / 2
            guard rotten.union(retired).count < minority, !rotten.contains(id),
                !retired.contains(id), rotRandom.happens(perMille: 400)
            else { return }
            let spoiled = disk.afterProcessDeath()
            do throws(SystemCallError) {
                guard let file = try spoil(spoiled) else { return }
                record.note("rot of \(file)", id, time.now)
            } catch {
                return record.violate("the simulated disk does not rot: \(error)")
            }
            guard isDamaged(spoiled), isDamaged(spoiled.afterPowerCut(.losesEverything)) else {
                return
            }
            record.count(\.rots)
            spoiled.capacity = disk.capacity
            disks[id] = spoiled
            rotten.insert(id)
            mendingCounts[id] = 0
        }

        private func isDamaged(_ disk: SimulatedDisk) -> Bool {
            guard let report = try? SegmentStore.verify(at: Self.logPath, on: disk) else {
                return true
            }
            return !report.findings.isEmpty || isSnapshotDamaged(disk)
        }

        private func isSnapshotDamaged(_ disk: SimulatedDisk) -> Bool {
            do throws(LogStoreError) {
                _ = try SnapshotDirectory(at: Self.path, fileSystem: disk).newest()
                return false
            } catch {
                return error.code == .corrupt || error.code == .unsupportedFormat
            }
        }

        /// Flips a bit, or spoils a sector.
        ///
        /// - Returns: the file; `nil` if there is none.
        private func spoil(_ disk: SimulatedDisk) throws(SystemCallError) -> String? {
            let isOfLog = !rotRandom.happens(perMille: 100)
            let directory = isOfLog ? Self.logPath : Self.path
            let files = try disk.list(directory).filter {
                isOfLog ? $0.hasSuffix(".wal") : $0.hasPrefix("snapshot-")
            }
            guard !files.isEmpty else { return nil }
            let number = Int(rotRandom.number(0...UInt64(files.count - 1)))
            let path = directory + "/" + files.sorted()[number]
            let file = try disk.open(path, .readWrite)
            let size = try file.size()
            guard size > 0 else { return nil }
            let place = rotRandom.number(0...size - 1)
            let bytes: [UInt8]
            let start: UInt64
            if rotRandom.happens(perMille: 500) {
                start = place
                bytes = try file.readBytes(at: place, count: 1).map {
                    $0 ^ 1 << UInt8(rotRandom.number(0...7))
                }
            } else {
                start = place / 512 * 512
                let junk = rotRandom.happens(perMille: 500)
                bytes = (0..<Int(min(512, size - start))).map { _ in
                    junk ? UInt8(truncatingIfNeeded: rotRandom.next()) : 0
                }
            }
            try file.writeAll(bytes, at: start)
            try file.sync()
            return path
        }

        /// Repairs the log of a damaged replica with what the others have, or gives the replica up.
        ///
        /// It is given up, and an operator would replace it, if its snapshot is damaged, if its vote or
        /// the end of its log may be lost, or if all others have compacted what it lacks.
        func mend(_ id: UInt64) {
            guard let disk = disks[id] else { return }
            disk.fault = nil
            let attempt = mendingCounts[id, default: 0]
            mendingCounts[id] = attempt + 1
            guard attempt < Self.mendingLimit, !isSnapshotDamaged(disk) else { return retire(id) }
            var isBeyondRepair = false
            for peer in members {
                guard let process = processes[peer.id], process.isRunning else { continue }
                do throws(LogStoreError) {
                    let report = try SegmentStore.repair(
                        at: Self.logPath, .apply(acceptingLoss: false), from: process.storage.log,
                        options: storeOptions(disk))
                    guard report.isApplied, report.isWhole else { continue }
                    record.note("mended", id, peer.id, report.restoredEntryCount, time.now)
                    record.count(\.repairs)
                    record.count(\.repairedEntryCount, Int(clamping: report.restoredEntryCount))
                    rotten.remove(id)
                    break
                } catch {
                    // A version that is damaged is taken for another one (DESIGN.md).
                    isBeyondRepair = error.code == .unsupportedFormat
                    if isBeyondRepair { break }
                    // Its log may have gone another way, or one of the disks fails.
                    guard [.positionConflict, .noSpace, .io].contains(error.code) else {
                        return record.violate("the repair of replica \(id) failed: \(error)")
                    }
                }
            }
            guard !isBeyondRepair else { return retire(id) }
            time.after(rotten.contains(id) ? 500 : 1) { [self] in start(id) }
        }

        private func retire(_ id: UInt64) {
            record.note("retired", id, time.now)
            record.count(\.retirements)
            rotten.remove(id)
            retired.insert(id)
        }
    }
#endif
