import WALProtocol

/// What the process ends with; scripts rely on the numbers.
enum ExitStatus: Int32 {
    case done = 0
    /// Arguments, options or input that make no sense, or that the log's state forbids.
    case usage = 2
    case corrupt = 3
    case locked = 4
    /// A system call failed, on the store, the input or the output.
    case failed = 5
    case notFound = 6
    case unsupportedFormat = 7

    /// Whether this says more than that the output could not be written.
    var outranksOutput: Bool {
        switch self {
        case .corrupt, .locked, .unsupportedFormat: true
        case .done, .usage, .failed, .notFound: false
        }
    }
}

extension ExitStatus {
    /// What an error of a store means to a script.
    init(_ code: LogStoreError.Code) {
        switch code {
        case .corrupt: self = .corrupt
        case .locked: self = .locked
        case .unsupportedFormat: self = .unsupportedFormat
        case .compacted, .unavailable: self = .notFound
        case .io, .noSpace, .readOnly, .poisoned, .closed: self = .failed
        // What is left are refusals: the log takes no such write.
        default: self = .usage
        }
    }
}
