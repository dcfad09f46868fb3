import RaftWAL

extension CopyReport {
    /// What was done, for people and scripts.
    var lines: [String] {
        let first = state.first.map(String.init) ?? "-"
        let last = state.isEmpty ? nil : state.last
        var bytes = ["copied=\(copiedByteCount)"]
        if linkedByteCount > 0 { bytes.append("linked=\(linkedByteCount)") }
        if clonedByteCount > 0 { bytes.append("cloned=\(clonedByteCount)") }
        if isResumed { bytes.append("kept=\(keptByteCount)") }
        return [
            "ok first=\(first) last=\(last.map { String($0.index) } ?? "-") "
                + "entries=\(state.count) verified=\(verifiedByteCount)",
            "\(sourceBackend) to \(backend): " + bytes.joined(separator: " ") + " bytes, "
                + "\(metadataKeys.count) metadata keys, store \(storeID)",
        ]
    }

    /// What was done, as values.
    var json: JSONObject {
        var object = JSONObject()
        object.set("from", sourceBackend.rawValue)
        object.set("backend", backend.rawValue)
        object.set("storeID", storeID)
        object.set("resumed", isResumed)
        object.set("entries", state.count)
        object.set("first", state.first)
        object.set("last", state.isEmpty ? nil : state.last?.json)
        object.set("compacted", state.compacted?.json)
        object.set("metadataKeys", metadataKeys.map(\.name))
        object.set("copiedBytes", copiedByteCount)
        object.set("linkedBytes", linkedByteCount)
        object.set("clonedBytes", clonedByteCount)
        object.set("keptBytes", keptByteCount)
        object.set("verifiedBytes", verifiedByteCount)
        return object
    }
}
