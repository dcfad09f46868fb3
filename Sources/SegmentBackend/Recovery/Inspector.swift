internal import WALProtocol

/// Walks over the files of a store.
struct Inspector {
    let directory: StoreDirectory
    /// Whether files are verified on all processors; a simulated disk wants them in order.
    private let isConcurrent: Bool
    /// Told what a verification reads.
    var meter: ReadMeter?

    init(path: String, on fileSystem: any FileSystem, isConcurrent: Bool) {
        self.isConcurrent = isConcurrent
        directory = StoreDirectory(path: path, fileSystem: fileSystem)
    }

    func inventory(isLenient: Bool = false) throws(LogStoreError) -> Inventory {
        guard let inventory = try Inventory.take(directory, isLenient: isLenient) else {
            throw LogStoreError(
                .unavailable, "there is no segment store here",
                context: .init(file: directory.path))
        }
        return inventory
    }

    /// Repeats what fails beside a live writer, which moves files while they are looked at.
    func patiently<R>(
        _ body: () throws(LogStoreError) -> R
    ) throws(LogStoreError) -> R {
        var attempt = 0
        while true {
            do throws(LogStoreError) {
                return try body()
            } catch {
                attempt += 1
                guard attempt < 3, error.code == .io || error.code == .corrupt else { throw error }
            }
        }
    }

    // MARK: - Verifying

    func verify() throws(LogStoreError) -> VerificationReport {
        let outcome: LogRecovery.Outcome
        do throws(LogStoreError) {
            outcome = try patiently { () throws(LogStoreError) in
                var recovery = LogRecovery(metered(try inventory()), policy: .strict)
                return try recovery.run()
            }
        } catch {
            guard error.code == .corrupt else { throw error }
            return try verifyDamaged(refusedFor: error)
        }
        var report = VerificationReport()
        report.state = outcome.log.state
        report.tornByteCount = outcome.report.tornByteCount
        let verifications = verifications(of: outcome)
        meter?.expect(verifications.reduce(0) { $0 + UInt64(clamping: $1.end) })
        let fileSystem = directory.fileSystem
        let found = try map(verifications) { (verification) throws(LogStoreError) in
            do throws(LogStoreError) {
                return try verification.run(on: fileSystem)
            } catch {
                guard error.code == .io else { throw error }
                return SegmentVerification.Outcome(findings: [.init(.unreadable, error)])
            }
        }
        for segment in found {
            report.checkedByteCount += segment.checkedByteCount
            report.findings += segment.findings
        }
        return report
    }

    /// What has to be checked: every segment with live entries, and the newest of a clean close.
    private func verifications(of outcome: LogRecovery.Outcome) -> [SegmentVerification] {
        outcome.inventory.segments.compactMap { segment in
            let span = outcome.log.spans.first { $0.sequence == segment.sequence }
            let slot = segment.sequence == outcome.newest ? outcome.cleanSlot : nil
            // A seal knows best: a segment that was repaired ends elsewhere than checkpoints say.
            guard let end = slot?.end ?? span.map({ segment.sealedEnd ?? $0.end }) else {
                return nil
            }
            return SegmentVerification(
                segment: segment, span: span, end: Int(clamping: end), isLast: slot != nil)
        }
    }

    /// The same files, with the meter told of every read.
    func metered(_ inventory: Inventory) -> Inventory {
        guard let meter else { return inventory }
        var inventory = inventory
        for place in inventory.segments.indices {
            inventory.segments[place].file = MeteredFile(inventory.segments[place].file, meter)
        }
        return inventory
    }

    /// Does the same to each of many files, at once where the disk is a real one.
    func map<T: Sendable, R: Sendable>(
        _ elements: [T], _ body: @Sendable (T) throws(LogStoreError) -> R
    ) throws(LogStoreError) -> [R] {
        if isConcurrent { return try Parallel.map(elements, body) }
        var results: [R] = []
        for element in elements { results.append(try body(element)) }
        return results
    }
}
