#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One fault of a ``FaultSweep``: what goes wrong in which operation of the run.
public struct FaultCase: Hashable, Sendable {
    /// Operations are counted anew after each death of the process; this counts the deaths.
    public var life: Int
    /// What goes wrong.
    public var fault: SimulatedFault

    init(life: Int, _ fault: SimulatedFault) {
        self.life = life
        self.fault = fault
    }

    /// The error numbers that the sweep goes through, and their names.
    static let errors: [(number: Int32, name: String)] = [
        (EIO, "EIO"), (ENOSPC, "ENOSPC"), (EDQUOT, "EDQUOT"), (EINTR, "EINTR"), (EMFILE, "EMFILE"),
    ]

    /// What a process with too many open files sees.
    static let noDescriptor = SimulatedFault.Effect.error(EMFILE)

    /// Everything that can happen to one call.
    static let effects: [SimulatedFault.Effect] =
        errors.map { .error($0.number) } + [
            .short, .shortThenError(ENOSPC), .shortThenError(EIO),
        ]

    /// The error that calls fail with.
    var errno: Int32? {
        switch fault.effect {
        case .error(let number), .shortThenError(let number): number
        case .short: nil
        }
    }

    /// Whether an interruption, which is to be repeated below the store's surface.
    var isInterruption: Bool { errno == EINTR }

    /// Whether the disk or the quota is full.
    var isFullDisk: Bool { errno == ENOSPC || errno == EDQUOT }
}

extension FaultCase: CustomStringConvertible {
    /// Five words: `0 37 EIO once all`; ``init(_:)`` takes them back.
    public var description: String {
        func name(_ errno: Int32) -> String {
            Self.errors.first { $0.number == errno }?.name ?? String(errno)
        }
        let effect =
            switch fault.effect {
            case .error(let errno): name(errno)
            case .short: "short"
            case .shortThenError(let errno): "short-" + name(errno)
            }
        let calls = fault.calls.map(\.rawValue).sorted().joined(separator: ",")
        return "\(life) \(fault.operation) \(effect) \(fault.isLasting ? "lasting" : "once") "
            + (calls.isEmpty ? "all" : calls)
    }

    /// Reads a description; `nil` if it is none.
    public init?(_ description: String) {
        let words = description.split(separator: " ")
        guard words.count == 5, let life = Int(words[0]), let operation = Int(words[1]),
            let effect = Self.effects.first(where: {
                let fault = SimulatedFault(at: 0, $0)
                return FaultCase(life: 0, fault).description.split(separator: " ")[2] == words[2]
            }),
            words[3] == "once" || words[3] == "lasting"
        else { return nil }
        var fault = SimulatedFault(at: operation, effect, isLasting: words[3] == "lasting")
        if words[4] != "all" {
            let names = words[4].split(separator: ",")
            let calls = names.compactMap { SimulatedCall.Name(rawValue: String($0)) }
            guard calls.count == names.count else { return nil }
            fault.calls = Set(calls)
        }
        self.init(life: life, fault)
    }
}
