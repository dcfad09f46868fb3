import WALProtocol

extension Rule {
    /// Power cuts on a simulated disk: every one of them, as far as the time goes.
    static let crashes: [Rule] = [
        Rule(
            "crash.everySequence", 41, 42, 44, 45, 49, 50, 51, 52, 53, 54, 55, 57, 58, 122, 125,
            127, 128,
            contract: """
                After a power cut at any moment the log is a prefix of what was submitted that \
                contains all that was acknowledged, and it goes on.
                """
        ) { trial in
            var bounds = CrashExploration.Bounds()
            bounds.length = 1
            bounds.outcomeLimit = 16
            bounds.recoveryDepth = 0
            bounds.stride = 3
            try trial.explore(bounds)
        },
        Rule(
            "crash.inRecovery", 60, 61, 65, 66, 68, 83,
            contract: """
                A recovery that is interrupted anywhere, again and again, comes to as good an end.
                """
        ) { trial in
            var bounds = CrashExploration.Bounds()
            bounds.length = 1
            bounds.outcomeLimit = 2
            bounds.recoveryDepth = 2
            bounds.stride = 25
            try trial.explore(bounds)
        },
    ]
}

extension Trial {
    /// Explores crashes, and fails with the first that goes wrong.
    func explore(_ bounds: CrashExploration.Bounds) throws {
        var bounds = bounds
        bounds.rotationByteCount = try rotationByteCount()
        bounds.stopsAtFirstFailure = true
        let report = try CrashExploration(
            opening: requireSimulatedDisk(), bounds: bounds, seed: random.next()
        ).run()
        if let failure = report.failures.first { throw Failure(failure, at: .here()) }
        try expect(report.openedCount > 0, "nothing was explored")
    }
}
