import RaftWAL

extension LogStoreError {
    /// The error on one line of data, whatever the file is called.
    var line: String {
        Array(description.utf8).withUnsafeBytes { PayloadForm.escaped($0) }
    }

    /// The error as values.
    var json: JSONObject {
        var object = JSONObject()
        object.set("code", code.description)
        object.set("message", message)
        object.set("file", context.file)
        object.set("offset", context.byteOffset)
        object.set("index", context.index)
        object.set("term", context.term)
        object.set("expected", context.expected)
        object.set("found", context.found)
        object.set("limit", context.limit)
        if let cause {
            var call = JSONObject()
            call.set("call", cause.call)
            call.set("errno", cause.errno)
            call.set("path", cause.path)
            object.set("cause", call)
        }
        return object
    }
}

extension LogPosition {
    /// The position as values.
    var json: JSONObject {
        var object = JSONObject()
        object.set("term", term)
        object.set("index", index)
        return object
    }
}
