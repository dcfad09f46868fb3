#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// What is fuzzed.
///
/// `WALFUZZ_TARGET` names it, because all arguments are libFuzzer's.
enum Target: String, CaseIterable {
    /// A segment store's directory.
    case segment
    /// The parts of a segment file, each by itself.
    case decoding
    /// An LMDB store's directory.
    case lmdb

    /// The one that was asked for.
    static let chosen: Target = {
        guard let name = getenv("WALFUZZ_TARGET").map({ String(cString: $0) }),
            let target = Target(rawValue: name)
        else {
            let names = allCases.map(\.rawValue).joined(separator: ", ")
            print("set WALFUZZ_TARGET to one of: \(names)")
            exit(64)
        }
        return target
    }()

    func run(_ input: [UInt8]) {
        switch self {
        case .segment: SegmentTarget.run(input)
        case .decoding: DecodingTarget.run(input)
        case .lmdb: LMDBTarget.run(input)
        }
    }
}

/// What libFuzzer calls with one input after another; `main` is its own.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    Target.chosen.run(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
}
