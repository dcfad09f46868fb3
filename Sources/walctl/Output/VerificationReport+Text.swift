import RaftWAL

extension VerificationReport {
    /// The line that scripts read if nothing is wrong.
    var verdictLine: String {
        let first = state.first.map(String.init) ?? "-"
        let last = state.isEmpty ? nil : state.last
        return "ok first=\(first) last=\(last.map { String($0.index) } ?? "-") "
            + "torn=\(tornByteCount)"
    }

    /// What to do, for people: a line for each kind of damage.
    func advice(for location: StoreLocation) -> [String] {
        Finding.Kind.allCases.compactMap { kind in
            let count = findings.count { $0.kind == kind }
            return count == 0 ? nil : "\(kind.label) (\(count)): \(kind.advice(for: location))"
        }
    }

    /// Everything, as values.
    func json(for location: StoreLocation) -> JSONObject {
        var object = JSONObject()
        object.set("ok", findings.isEmpty)
        object.set("first", state.first)
        object.set("last", state.isEmpty ? nil : state.last?.index)
        object.set("compacted", state.compacted?.json)
        object.set("tornBytes", tornByteCount)
        object.set("checkedBytes", checkedByteCount)
        object.set("damages", findings.map { $0.json(for: location) })
        return object
    }
}

extension VerificationReport.Finding {
    /// The damage as values, with what to do about it.
    func json(for location: StoreLocation) -> JSONObject {
        var object = error.json
        object.set("kind", kind.rawValue)
        if let lost {
            var range = JSONObject()
            range.set("from", lost.lowerBound)
            range.set("to", lost.upperBound == .max ? nil : lost.upperBound - 1)
            object.set("lost", range)
        }
        object.set("advice", kind.advice(for: location))
        return object
    }
}

extension VerificationReport.Finding.Kind {
    /// What is concerned, for people.
    var label: String {
        switch self {
        case .records: "records"
        case .footer: "footer of a segment"
        case .tail: "bytes behind the end"
        case .header: "header of a segment"
        case .structure: "structure of the log"
        case .missing: "missing file"
        case .foreign: "file of another place"
        case .identity: "identity file"
        case .metadata: "metadata"
        case .page: "pages of data.mdb"
        case .version: "format version"
        case .unreadable: "unreadable file"
        }
    }

    /// What to do about it.
    func advice(for location: StoreLocation) -> String {
        let path = ShellText.quoted(location.path)
        return switch self {
        case .records where location.backend == .lmdb, .structure, .page:
            "'walctl repair \(path) --plan' says what is lost; 'walctl salvage \(path) --to DIR' "
                + "copies what can be read"
        case .records:
            "'walctl repair \(path) --plan' says what is lost; with --from another replica's "
                + "store it takes it from there"
        case .footer:
            "'walctl repair \(path) --plan'; it is made again from the records, nothing is lost"
        case .header:
            "'walctl repair \(path) --plan' says what can be made again"
        case .tail:
            "the entries are whole, but something wrote where nothing should: "
                + "'walctl repair \(path) --plan'"
        case .missing:
            "put the file back if it was moved; else 'walctl repair \(path) --plan'"
        case .foreign:
            "move the file to where it belongs, and put back the one that stood here"
        case .identity:
            "'walctl repair \(path) --plan'; it is made again from the segments"
        case .metadata:
            "term and vote may be gone: let the replica catch up before it votes"
        case .version:
            "use the version of walctl that wrote it, or a newer one; change nothing with this one"
        case .unreadable:
            "look at the disk and the permissions (dmesg, ls -l), then verify again"
        }
    }
}
