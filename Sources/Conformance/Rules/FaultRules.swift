import WALProtocol

extension Rule {
    /// Failing calls of the operating system, and full disks.
    static let faults: [Rule] = [
        Rule(
            "faults.everyOperationOnce", 56, 101, 102, 103, 104, 110, 111, 112, 130,
            contract:
                "A call that fails says so, changes nothing, works when repeated, and is not heard of "
                + "again after a crash."
        ) { trial in
            try trial.sweep { try $0.runSingle(limit: 60) }
        },
        Rule(
            "faults.opening", 111,
            contract:
                "An opening that cannot look at something says so, and takes nothing for gone."
        ) { trial in
            try trial.sweep { try $0.runOpening(limit: 24) }
        },
        Rule(
            "faults.lasting", 56, 102, 109,
            contract:
                "However long a disk refuses, nothing is acknowledged falsely, and after a failed "
                + "sync nothing at all until the store is opened again."
        ) { trial in
            try trial.sweep { try $0.runLasting(limit: 30) }
        },
        Rule(
            "faults.lateBackground", 56, 104, 109,
            contract: "The same when work in the background comes late."
        ) { trial in
            try trial.sweep(pace: .late) { try $0.runSingle(limit: 20) }
            try trial.sweep(pace: .atClose) { try $0.runSingle(limit: 20) }
        },
        Rule(
            "faults.fullDisk", 105, 106, 107,
            contract:
                "On a full disk everything accepted stays, compacting works, and what it frees can "
                + "be used at once."
        ) { trial in
            try trial.sweep { $0.runFullDisk(limit: 12) }
        },
    ]
}

extension Trial {
    /// Makes a sample of a sweep, another one with every seed.
    fileprivate func sweep(
        pace: BackgroundPace = .atOnce, _ body: (FaultSweep) throws -> FaultSweep.Report
    ) throws {
        var sweep = FaultSweep(
            opening: try requireSimulatedDisk(), seed: random.next(), pace: pace)
        sweep.stopsAtFailure = true
        let report = try body(sweep)
        try expect(
            report.failures.isEmpty,
            "\(report.failures.count) of \(report.runCount): \(report.failures.first ?? "")")
        try expect(report.refusalCount > 0, "nothing was refused in \(report.runCount) runs")
    }
}
