import RaftWAL

extension LostRange {
    /// `FIRST-LAST`, where the last may be `unknown`, and the term if it is known.
    var text: String {
        let last = isOpenEnded ? "unknown" : String(indexes.upperBound - 1)
        return "\(indexes.lowerBound)-\(last)" + (term.map { " term=\($0)" } ?? "")
    }

    /// The range as values; without `to` if that is unknown.
    var json: JSONObject {
        var object = JSONObject()
        object.set("from", indexes.lowerBound)
        object.set("to", isOpenEnded ? nil : indexes.upperBound - 1)
        object.set("term", term)
        return object
    }
}
