internal import WALProtocol

/// The worker: it accepts what had to wait, performs syncs, and closes the store.
extension LogCore {
    /// What the worker's thread runs, until the log is closed.
    func runWorker() {
        monitor.lock()
        isWorking = true
        workerThread = .current
        while phase != .closed {
            if step() { continue }
            monitor.wait(atMost: timeToNextSync)
            isStalled = false
        }
        isWorking = false
        monitor.unlock()
    }

    /// Does the worker's work, if the log has no thread for it.
    func workInline() {
        guard options.worker == .inline else { return }
        monitor.lock()
        // Whoever is at it sees to this, too.
        if !isWorking {
            isWorking = true
            while step() {}
            isWorking = false
        }
        monitor.unlock()
    }

    /// Does one piece of work, giving up the monitor meanwhile; false if there is none for now.
    private func step() -> Bool {
        if phase == .closed { return false }
        if acceptQueued() { return true }
        if wantsSync {
            linger()
            performSync()
            return true
        }
        if phase == .closing {
            finishClosing()
            return true
        }
        return false
    }

    // MARK: - Accepting

    /// Accepts what waits in the queue, as far as there is room.
    private func acceptQueued() -> Bool {
        var admitted: [Queued] = []
        var byteCount = 0
        while let next = queue.first,
            phase == .closing || hasRoom(for: next.write.byteCount, beside: byteCount),
            let queued = queue.popFirst()
        {
            admitted.append(queued)
            byteCount += queued.write.byteCount
        }
        guard !admitted.isEmpty else { return false }
        let outcomes: [Result<LogPosition?, LogStoreError>]
        if split != nil {
            outcomes = admitted.map { apply($0.write) }
        } else {
            monitor.unlock()
            outcomes = admitted.map { apply($0.write) }
            monitor.lock()
        }
        var results: [Result<Receipt, LogStoreError>] = []
        for (queued, outcome) in zip(admitted, outcomes) {
            results.append(
                outcome.map { noteAccepted(queued.write, last: $0, isForced: queued.isForced) })
            if case .failure = outcome { counters.refusedWriteCount += 1 }
        }
        let noticed = followers.takeAll()
        monitor.unlock()
        for (queued, result) in zip(admitted, results) {
            queued.completion.resume(returning: result)
        }
        noticed.finish(.success(()))
        monitor.lock()
        return true
    }

    // MARK: - Syncing

    /// Whether a sync should begin.
    var wantsSync: Bool {
        guard accepted > durable, obstacle == nil, !isStalled else { return false }
        if forced > durable || phase == .closing || !queue.isEmpty { return true }
        switch options.strategy {
        case .everyWrite, .background: return true
        case .interval: return timeToNextSync == .zero
        case .manual: return false
        }
    }

    /// How long the worker may sleep; `nil` if only a signal can mean work.
    private var timeToNextSync: Duration? {
        guard accepted > durable, obstacle == nil else { return nil }
        if isStalled { return .milliseconds(100) }
        guard case .interval(let interval) = options.strategy, let firstPending else { return nil }
        return max(.zero, interval - (.now - firstPending))
    }

    /// Waits a little for as many writers as the last sync served: they are about to come back.
    private func linger() {
        guard options.worker == .thread, options.strategy == .everyWrite, phase == .open,
            lastGroup > 1, forced <= durable
        else { return }
        let clock = ContinuousClock()
        let end = clock.now + options.maximumLinger
        isLingering = true
        while waiters.count < lastGroup, phase == .open {
            let rest = end - clock.now
            guard rest > .zero else { break }
            monitor.wait(atMost: rest)
        }
        isLingering = false
    }

    private func performSync() {
        let clock = ContinuousClock()
        let began = clock.now
        let target = accepted
        let byteCount = pendingByteCount
        let queueing = firstPending.map { began - $0 } ?? .zero
        lastGroup = waiters.count
        let failure = split.map { syncBeside($0) } ?? syncAlone()
        let duration = clock.now - began
        if let failure {
            fail(failure, through: target)
            return
        }
        let event = SyncEvent(
            writeCount: Int(clamping: target - durable), byteCount: byteCount,
            waiterCount: lastGroup, queueing: queueing, duration: duration,
            isSlow: duration > options.slowSyncThreshold)
        durable = target
        pendingByteCount -= byteCount
        firstPending = accepted > durable ? began : nil
        note(event)
        let served = waiters.take(reached: durable)
        let noticed = watchers.takeAll()
        monitor.unlock()
        served.finish(.success(()))
        noticed.finish(.success(()))
        options.onEvent?(.synced(event))
        monitor.lock()
    }

    /// Syncs while others append.
    private func syncBeside(_ store: any SplitSync) -> LogStoreError? {
        do throws(LogStoreError) {
            let pending = try store.beginSync()
            monitor.unlock()
            var outcome = Result<Void, LogStoreError>.success(())
            do throws(LogStoreError) { try pending.perform() } catch { outcome = .failure(error) }
            monitor.lock()
            try store.endSync(pending, outcome)
            durablePosition = store.state.durable
            return nil
        } catch {
            return error
        }
    }

    /// Syncs a store that only the worker touches.
    private func syncAlone() -> LogStoreError? {
        monitor.unlock()
        var failure: LogStoreError?
        do throws(LogStoreError) { try store.sync() } catch { failure = error }
        let position = store.state.durable
        let statistics = store.statistics
        monitor.lock()
        durablePosition = position
        counters.store = statistics
        return failure
    }

    private func note(_ event: SyncEvent) {
        counters.syncCount += 1
        if event.isSlow { counters.slowSyncCount += 1 }
        counters.syncDuration += event.duration
        counters.longestSync = max(counters.longestSync, event.duration)
        counters.largestGroup = max(counters.largestGroup, UInt64(event.writeCount))
    }

    /// Tells everybody who waited for a sync that failed.
    ///
    /// What a poisoned store accepted never becomes durable, and it accepts nothing more. After any
    /// other failure all is as it was: it is tried again when somebody wants it, and now and then.
    private func fail(_ error: LogStoreError, through target: UInt64) {
        let isFinal = error.code == .poisoned
        isStalled = true
        let served = isFinal ? waiters.takeAll() : waiters.take(reached: target)
        var noticed: [WaitList.Waiter] = []
        var refused: [Queued] = []
        if isFinal {
            obstacle = error
            noticed = watchers.takeAll() + followers.takeAll()
            while let queued = queue.popFirst() { refused.append(queued) }
        } else {
            forced = min(forced, durable)
            // Held back for as long as nothing can be written.
            if phase == .open { while let queued = queue.popFirst() { refused.append(queued) } }
        }
        monitor.unlock()
        served.finish(.failure(error))
        noticed.finish(.failure(error))
        for queued in refused { queued.completion.resume(returning: .failure(error)) }
        options.onEvent?(isFinal ? .poisoned(error) : .syncFailed(error))
        monitor.lock()
    }

    // MARK: - Closing

    /// Refuses what comes from now on; what was accepted becomes durable.
    func beginClosing() {
        monitor.lock()
        if phase == .open { phase = .closing }
        isStalled = false
        monitor.signal()
        monitor.unlock()
        workInline()
    }

    nonisolated(nonsending) func close() async throws(LogStoreError) {
        beginClosing()
        let result = await withUnsafeContinuation { continuation in
            let known = monitor.withLock { () -> Result<Void, LogStoreError>? in
                if closing == nil { closers.append(continuation) }
                return closing
            }
            if let known { continuation.resume(returning: known) }
        }
        try result.get()
    }

    private func finishClosing() {
        monitor.unlock()
        var failure: LogStoreError?
        do throws(LogStoreError) { try store.close() } catch { failure = error }
        let result = failure.map { Result<Void, LogStoreError>.failure($0) } ?? .success(())
        monitor.lock()
        if failure == nil, obstacle == nil {
            durable = accepted
            pendingByteCount = 0
        }
        phase = .closed
        closing = result
        let served = waiters.takeAll()
        let noticed = watchers.takeAll() + followers.takeAll()
        let closers = closers
        self.closers = []
        monitor.signal()
        monitor.unlock()
        served.finish(result)
        noticed.finish(.failure(.closed))
        // Told first: who is resumed may end the process.
        options.onEvent?(.closed(failure))
        for closer in closers { closer.resume(returning: result) }
        monitor.lock()
    }

    /// Closes the log and waits for that: its last owner has gone.
    func abandon() {
        beginClosing()
        monitor.lock()
        // A callback on the worker may have been that owner.
        while phase != .closed, options.worker == .thread, workerThread != .current {
            monitor.wait()
        }
        monitor.unlock()
    }
}
