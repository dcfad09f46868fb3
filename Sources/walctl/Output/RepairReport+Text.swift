import RaftWAL

extension RepairReport.Step {
    /// What was done, for people, or would be.
    ///
    /// - Parameter isRetired: Whether the file leaves the log, so that keeping it is moving it.
    func text(isDone: Bool, isRetired: Bool) -> String {
        let (done, planned, rest) =
            switch kind {
            case .quarantine where isRetired: ("moved", "move", "\(file) to \(target ?? "-")")
            case .quarantine: ("kept", "keep", "\(file) as \(target ?? "-")")
            case .mend: ("mended", "mend", file)
            case .renew: ("wrote", "write", "\(file), where the log goes on")
            case .retire: ("took", "take", "\(file) out of the log")
            case .endLog: ("ended", "end", "the log before \(index.map(String.init) ?? "-")")
            case .cutTornTail: ("cut", "cut", "the torn tail of \(file), kept as \(target ?? "-")")
            }
        return (isDone ? done : "would \(planned)") + " " + rest
    }

    /// The step as values.
    var json: JSONObject {
        var object = JSONObject()
        object.set("step", kind.rawValue)
        object.set("file", file)
        object.set("target", target)
        object.set("index", index)
        return object
    }
}

extension RepairReport {
    /// What is lost: unreadable entries that the log goes on without, or would.
    var lost: [LostRange] { givenUp.isEmpty ? stillLost : givenUp }

    /// Everything, for people and for scripts: the first word of a line says what it is about.
    var lines: [String] {
        var lines = damages.map { "found " + $0.line }
        for finding in news where !damages.contains(where: { $0.names(finding.file) }) {
            lines.append("found \(finding.kind.rawValue) \(finding.file)")
        }
        if lines.isEmpty, steps.isEmpty { lines = ["nothing to repair"] }
        let retired = Set(steps.filter { $0.kind == .retire }.map(\.file))
        for step in steps where step.kind != .retire {
            lines.append(step.text(isDone: isApplied, isRetired: retired.contains(step.file)))
        }
        if restoredEntryCount > 0 {
            lines.append("restored \(restoredEntryCount) entries, \(provenEntryCount) proven right")
        }
        lines += lost.map { "lost " + $0.text }
        lines += discarded.map { "discarded \($0.text), readable in the quarantine" }
        if isStateGivenUp || isStateUncertain {
            lines.append("lost perhaps: the end of the log, term, vote and other metadata")
        }
        if let doubtfulFrom {
            lines.append("lost perhaps: \(doubtfulFrom)-unknown, unless the disk honours flushes")
        }
        if mustCatchUpBeforeVoting {
            let isCertain = losesAcknowledged || before.isEndLost || before.isMetadataUncertain
            lines.append(
                "voting: this replica must catch up before it votes"
                    + (isCertain ? "" : ", unless its disk honours flushes"))
        }
        guard isWhole, let after else { return lines }
        lines += after.damages.map { "left " + $0.line }
        if after.damages.isEmpty {
            lines.append((isApplied || steps.isEmpty ? "ok " : "then ") + after.positions)
        }
        return lines
    }

    /// What was found that is not as it should be.
    private var news: [RecoveryReport.Finding] { before.findings.filter { Self.isNews($0.kind) } }

    private static func isNews(_ kind: RecoveryReport.Finding.Kind) -> Bool {
        switch kind {
        case .tornTail, .damaged, .missing, .foreign: true
        default: false
        }
    }

    /// Everything as values.
    var json: JSONObject {
        var object = JSONObject()
        object.set("applied", isApplied)
        object.set("ok", isVerified)
        object.set("damages", damages.map(\.json))
        object.set("findings", news.map(\.json))
        object.set("steps", steps.map(\.json))
        object.set("restored", restoredEntryCount)
        object.set("proven", provenEntryCount)
        object.set("lost", lost.map(\.json))
        object.set("discarded", discarded.map(\.json))
        object.set("stateMayBeLost", isStateGivenUp || isStateUncertain)
        object.set("doubtfulFrom", doubtfulFrom)
        object.set("losesAcknowledged", losesAcknowledged)
        object.set("mustCatchUpBeforeVoting", mustCatchUpBeforeVoting)
        object.set("first", after?.state.first)
        object.set("last", after.flatMap { $0.state.isEmpty ? nil : $0.state.last?.index })
        return object
    }
}

extension LogStoreError {
    /// Whether the error is about a file of this name.
    fileprivate func names(_ name: String) -> Bool {
        context.file.map { $0 == name || $0.hasSuffix("/" + name) } ?? false
    }
}

extension VerificationReport {
    /// `first=F last=L`, with `-` for an empty log.
    fileprivate var positions: String {
        let last = state.isEmpty ? nil : state.last
        return "first=\(state.first.map(String.init) ?? "-") "
            + "last=\(last.map { String($0.index) } ?? "-")"
    }
}
