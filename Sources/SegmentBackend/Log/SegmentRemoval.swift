internal import WALProtocol

/// Removes files off the caller's path, one at a time.
///
/// Freeing 64 MiB takes a disk that discards what is freed more than ten milliseconds, for which
/// the writer's syncs have to wait. So there is a pause between two files, and it is one sync among
/// hundreds that meets a removal. Files are not cut in steps: a reader may have them open.
final class SegmentRemoval: @unchecked Sendable {
    private static let pauseMilliseconds = 100

    private let fileSystem: any FileSystem
    private let executor: any BackgroundExecutor
    private let lock = Lock()
    private var paths: [String] = []
    private var isUnderWay = false
    private var isHurried = false

    init(fileSystem: any FileSystem, executor: any BackgroundExecutor) {
        self.fileSystem = fileSystem
        self.executor = executor
    }

    /// Removes files, soon.
    ///
    /// One that stays is removed by the next opening.
    func remove(_ added: [String]) {
        let isFirst = lock.withLock { () -> Bool in
            paths += added
            guard !isUnderWay, !paths.isEmpty else { return false }
            isUnderWay = true
            return true
        }
        if isFirst { executor.submit { [self] in removeNext() } }
    }

    private func removeNext() {
        while true {
            let (path, hasPause) = lock.withLock { () -> (String?, Bool) in
                guard paths.isEmpty else { return (paths.removeFirst(), !isHurried) }
                isUnderWay = false
                return (nil, false)
            }
            guard let path else { return }
            try? fileSystem.remove(path)
            if hasPause { break }
        }
        executor.submit(afterMilliseconds: Self.pauseMilliseconds) { [self] in removeNext() }
    }

    /// Removes without pauses what there is, and what is still to come from the background.
    ///
    /// The caller drains the executor.
    func hurry() {
        lock.withLock { isHurried = true }
        executor.submit { [self] in removeNext() }
    }
}
