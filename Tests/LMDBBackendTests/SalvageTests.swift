#if LMDB
    @testable import LMDBBackend
    import Testing
    import WALProtocol

    /// Damaged stores, read and repaired page by page: what is read is what was written, and what
    /// cannot be read is listed.
    @Suite struct SalvageTests {
        let scratch = Scratch()

        /// A store with a history: overwritten entries, a compaction, long values, metadata, and
        /// enough entries for a branch above the leaves.
        private func makeStore(_ name: String) throws -> String {
            let path = scratch.child(name)
            let store = try LMDBStore(at: path)
            try store.fill(1...400, "old")
            try store.sync()
            try store.truncate(from: 301)
            try store.fill(301...600, term: 2, "new")
            try store.sync()
            let long = [UInt8](repeating: 0xAB, count: 9_000)
            try store.append(long, at: LogPosition(term: 3, index: 601))
            try store.fill(602...700, term: 3)
            try store.compact(through: LogPosition(term: 1, index: 20))
            try store.setMetadata([1, 2, 3], for: "vote")
            try store.setMetadata([9], for: "other")
            try store.close()
            return path
        }

        private struct Truth {
            var entries: [LogIndex: Entry] = [:]
            var state = LogState()
            var metadata: [MetadataKey: [UInt8]] = [:]
        }

        private func truth(_ path: String) throws -> Truth {
            let store = try LMDBStore(at: path, options: options { $0.access = .readOnly })
            var truth = Truth()
            for entry in try store.contents() { truth.entries[entry.index] = entry }
            truth.state = store.state
            for key in try store.metadataKeys() {
                truth.metadata[key] = try store.metadata(for: key)
            }
            try store.close()
            return truth
        }

        /// Compares what is left with what was.
        ///
        /// - Returns: the number of entries that are lost.
        @discardableResult
        private func check(
            _ path: String, against truth: Truth, _ story: String
        ) throws -> Int {
            let salvage = try LMDBSalvage(at: path)
            let report = salvage.recoveryReport
            var lost = 0
            for (index, entry) in truth.entries {
                let isListed = report.lostRanges.contains { $0.indexes.contains(index) }
                do throws(LogStoreError) {
                    let found = try salvage.entry(at: index)
                    #expect(found == entry && !isListed, "\(story): \(index)")
                } catch {
                    // Without the state record nobody knows where the log began.
                    let isBefore = report.isEndLost && index < salvage.state.first ?? .max
                    #expect(isListed || isBefore, "\(story): \(index) is not listed")
                    #expect(error.code == .corrupt || isBefore, "\(story): \(error)")
                    lost += 1
                }
            }
            for range in report.lostRanges {
                guard let term = range.term else { continue }
                for index in range.indexes {
                    #expect(truth.entries[index]?.position.term == term, "\(story): \(index)")
                }
            }
            for key in try salvage.metadataKeys() {
                let value = try salvage.metadata(for: key)
                #expect(value == truth.metadata[key] || report.isMetadataUncertain, "\(story)")
            }
            if !report.isMetadataUncertain {
                #expect(try salvage.metadataKeys().count == truth.metadata.count, "\(story)")
            }
            if !report.isEndLost { #expect(salvage.state.last == truth.state.last, "\(story)") }
            return lost
        }

        @Test func soundStoreIsReadAsItIs() throws {
            let path = try makeStore("store")
            let truth = try truth(path)
            #expect(try check(path, against: truth, "sound") == 0)
            let salvage = try LMDBSalvage(at: path)
            #expect(salvage.damages.isEmpty && salvage.recoveryReport.lostRanges.isEmpty)
            #expect(!salvage.recoveryReport.mustCatchUpBeforeVoting)
            #expect(salvage.state.compacted == truth.state.compacted)
            #expect(
                failure { () throws(LogStoreError) in try salvage.entry(at: 20) }?.code
                    == .compacted)
            #expect(
                failure { () throws(LogStoreError) in try salvage.entry(at: 701) }?.code
                    == .unavailable)
            #expect(try salvage.entries(in: salvage.state.indexes).count == truth.entries.count)
        }

        @Test func flippedBytesCostWhatTheySay() throws {
            let path = try makeStore("store")
            let truth = try truth(path)
            let original = readFile(path + "/data.mdb")
            var losses: [Int] = []
            for offset in stride(from: 8, to: original.count, by: 997) {
                var bytes = original
                bytes[offset] ^= 0x11
                writeFile(path + "/data.mdb", bytes)
                do throws(LogStoreError) {
                    losses.append(try convert { try check(path, against: truth, "byte \(offset)") })
                } catch {
                    #expect([.corrupt, .unsupportedFormat].contains(error.code))
                    // Only the meta pages are beyond help.
                    #expect(offset < 8192, "byte \(offset): \(error)")
                }
            }
            #expect(losses.count > 100)
            // One byte costs one entry at most, wherever it is, unless it is the end that is lost.
            #expect(losses.count { $0 == 1 } > 20)
            #expect(losses.allSatisfy { $0 <= 1 || $0 > 600 })
        }

        /// A whole page of zeros: a leaf costs its entries, a branch none of them.
        @Test func zeroedPagesCostTheirEntries() throws {
            let path = try makeStore("store")
            let truth = try truth(path)
            let original = readFile(path + "/data.mdb")
            var losses: [Int] = []
            for page in 2..<original.count / 4096 {
                var bytes = original
                for offset in page * 4096..<(page + 1) * 4096 { bytes[offset] = 0 }
                writeFile(path + "/data.mdb", bytes)
                losses.append(try check(path, against: truth, "page \(page)"))
                try repairAndCheck(path, truth, "page \(page)")
                removeTree(path + "/quarantine")
            }
            #expect(losses.count { $0 > 0 && $0 < 100 } > 5)
            #expect(losses.allSatisfy { $0 < 100 }, "\(losses)")
        }

        @Test func cutFileIsSalvaged() throws {
            let path = try makeStore("store")
            let truth = try truth(path)
            let original = readFile(path + "/data.mdb")
            for pageCount in stride(from: 3, to: original.count / 4096, by: 5) {
                writeFile(path + "/data.mdb", Array(original[..<(pageCount * 4096 + 100)]))
                try check(path, against: truth, "\(pageCount) pages")
            }
        }

        private func convert<R>(_ body: () throws -> R) throws(LogStoreError) -> R {
            do {
                return try body()
            } catch let error as LogStoreError {
                throw error
            } catch {
                throw LogStoreError(.io, "\(error)")
            }
        }

        // MARK: - Repair

        /// Plans and repairs, and looks at the result.
        private func repairAndCheck(_ path: String, _ truth: Truth, _ story: String) throws {
            let damaged = readFile(path + "/data.mdb")
            let plan = try LMDBStore.repair(at: path, .plan)
            #expect(readFile(path + "/data.mdb") == damaged, "\(story)")
            let report = try LMDBStore.repair(at: path, .apply(acceptingLoss: true))
            #expect(report.isApplied && report.isVerified, "\(story)")
            #expect(report.steps == plan.steps, "\(story)")
            #expect(
                report.givenUp == plan.givenUp && report.discarded == plan.discarded, "\(story)")
            #expect(report.after?.state.last == plan.after?.state.last, "\(story)")
            #expect(report.after?.state.first == plan.after?.state.first, "\(story)")
            let store = try LMDBStore(at: path)
            let gone = (report.givenUp + report.discarded).map(\.indexes)
            let indexes = store.state.indexes
            for (index, entry) in truth.entries {
                if indexes.contains(index) {
                    #expect(try store.entry(at: index) == entry, "\(story): \(index)")
                } else if store.state.compacted == truth.state.compacted {
                    #expect(gone.contains { $0.contains(index) }, "\(story): \(index)")
                }
            }
            let next = store.state.next ?? 21
            try store.append([1], at: LogPosition(term: 9, index: next))
            try store.close()
            #expect(try LMDBStore.verify(at: path).damages.isEmpty, "\(story)")
            guard let kept = report.quarantined.first else { return }
            #expect(readFile(path + "/" + kept) == damaged, "\(story)")
            #expect(!names(in: path).contains(".repairing"), "\(story)")
        }

        /// A byte of an entry's payload.
        private func damage(_ path: String, _ index: LogIndex) throws {
            var bytes = readFile(path + "/data.mdb")
            let wanted = payload(index, "new")
            var count = 0
            for start in 0..<bytes.count - wanted.count where bytes[start] == wanted[0] {
                if bytes[start..<start + wanted.count].elementsEqual(wanted) {
                    bytes[start + 20] ^= 0x10
                    count += 1
                }
            }
            try #require(count > 0)
            writeFile(path + "/data.mdb", bytes)
        }

        @Test func lossNeedsConsent() throws {
            let path = try makeStore("store")
            let truth = try truth(path)
            try damage(path, 350)
            let damaged = readFile(path + "/data.mdb")
            let refused = try LMDBStore.repair(at: path, .apply(acceptingLoss: false))
            #expect(!refused.isApplied && refused.losesAcknowledged)
            #expect(refused.givenUp == [LostRange(indexes: 350..<351, term: 2)])
            #expect(refused.discarded == [LostRange(indexes: 351..<701)])
            #expect(readFile(path + "/data.mdb") == damaged)
            #expect(!names(in: path).contains("quarantine"))
            try repairAndCheck(path, truth, "consent")
        }

        @Test func replicaBringsTheEntryBack() throws {
            let path = try makeStore("store")
            let truth = try truth(path)
            let replica = try LMDBStore(at: try makeStore("replica"))
            try damage(path, 350)
            let report = try LMDBStore.repair(
                at: path, .apply(acceptingLoss: false), from: replica)
            #expect(report.isApplied && report.isVerified && !report.losesAcknowledged)
            #expect(report.restoredEntryCount == 1)
            #expect(report.after?.state.last == truth.state.last)
            try check(path, against: truth, "restored")
            try replica.close()
        }

        @Test func anotherLogIsRefused() throws {
            let path = try makeStore("store")
            let other = try LMDBStore(at: scratch.child("other"))
            try other.fill(1...700, term: 5)
            try damage(path, 350)
            let error = failure { () throws(LogStoreError) in
                try LMDBStore.repair(at: path, .apply(acceptingLoss: true), from: other)
            }
            #expect(error?.code == .positionConflict)
            try other.close()
        }

        @Test func soundStoreIsLeftAlone() throws {
            let path = try makeStore("store")
            let before = readFile(path + "/data.mdb")
            let report = try LMDBStore.repair(at: path, .apply(acceptingLoss: false))
            #expect(report.isApplied && report.isVerified && report.steps.isEmpty)
            #expect(readFile(path + "/data.mdb") == before)
        }

        @Test func writerIsNotDisturbed() throws {
            let path = try makeStore("store")
            let store = try LMDBStore(at: path)
            #expect(try LMDBStore.repair(at: path, .plan).steps.isEmpty)
            let error = failure { () throws(LogStoreError) in
                try LMDBStore.repair(at: path, .apply(acceptingLoss: true))
            }
            #expect(error?.code == .locked)
            try store.close()
        }
    }
#endif
