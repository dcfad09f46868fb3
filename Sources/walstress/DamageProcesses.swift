import Conformance
import Foundation

/// Tries damages in processes of their own, because LMDB believes what it reads: one that ends by a
/// signal is counted, and the others go on.
struct DamageProcesses {
    let variant: DamageSweep.Variant
    let family: DamageSweep.Family
    let step: Int
    let seed: UInt64

    private static let damagesEach = 4096
    private static let secondsEach = 120.0

    /// Tries a range of damages.
    func run(_ numbers: Range<Int>, into report: inout DamageReport) throws {
        let size = Self.damagesEach * step
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: size) {
            try runOne(start..<min(start + size, numbers.upperBound), into: &report)
        }
    }

    /// Tries a range in one process, and by halves if that did not survive it.
    private func runOne(_ numbers: Range<Int>, into report: inout DamageReport) throws {
        let (output, ending) = try child(numbers)
        if ending == nil {
            report.add(try JSONDecoder().decode(DamageReport.self, from: output))
            return
        }
        let count = (numbers.count + step - 1) / step
        guard count > 1 else {
            report.noteCrash(family, number: numbers.lowerBound, how: ending ?? "")
            return
        }
        let middle = numbers.lowerBound + count / 2 * step
        try runOne(numbers.lowerBound..<middle, into: &report)
        try runOne(middle..<numbers.upperBound, into: &report)
    }

    /// - Returns: what the process printed, and how it ended, if not well.
    private func child(_ numbers: Range<Int>) throws -> (Data, String?) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "damage", "--backend", "lmdb", "--variant", variant.rawValue, "--family",
            family.rawValue, "--step", "\(step)", "--seed", "\(seed)", "--numbers",
            "\(numbers.lowerBound)..<\(numbers.upperBound)", "--json",
        ]
        // The report of a crash is not of interest here.
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + Self.secondsEach)
        timer.setEventHandler { kill(process.processIdentifier, SIGKILL) }
        timer.resume()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        timer.cancel()
        guard process.terminationReason == .exit else {
            let signal = process.terminationStatus
            return (output, signal == SIGKILL ? "it did not come back" : "signal \(signal)")
        }
        return (output, process.terminationStatus == 0 ? nil : "exit \(process.terminationStatus)")
    }
}
