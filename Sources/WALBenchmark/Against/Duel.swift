import Foundation
import WALProtocol

/// Runs two builds of this program alternately, a workload at a time, and gathers their figures.
///
/// Each measurement is a process of its own. Who goes first changes from round to round (old, new,
/// new, old, …), so that whatever drifts on the machine hits both.
struct Duel {
    private let old: String
    private let new: String
    private let arguments: [String]
    private let scratch: Scratch
    private let progress: (String) -> Void

    /// Prepares a duel.
    ///
    /// - Parameters:
    ///   - old: The program from before a change.
    ///   - new: The program with it.
    ///   - backend: The backend to measure.
    ///   - scratch: Where both measure.
    init(
        old: String, new: String, backend: String, profile: Profile, in scratch: Scratch,
        progress: @escaping (String) -> Void = { _ in }
    ) {
        self.old = old
        self.new = new
        self.scratch = scratch
        self.progress = progress
        arguments = [
            "compare", "--backends", backend, "--profile", profile.rawValue, "--dir", scratch.path,
        ]
    }

    /// Runs a workload for some rounds.
    ///
    /// - Returns: what was measured; no rounds if one of the two builds has no figure for it.
    /// - Throws: `io` with its message if one of them failed.
    func run(_ workload: String, rounds: Int) throws -> Contrast {
        var contrast = Contrast(workload: workload, unit: "")
        for number in 1...max(rounds, 1) {
            progress("\(workload), round \(number) of \(rounds)")
            // Whoever goes first finds the disk and the processor as the other one left them.
            let isOldFirst = number % 2 == 1
            guard let first = try measure(workload, isOldFirst ? old : new),
                let second = try measure(workload, isOldFirst ? new : old)
            else { return Contrast(workload: workload, unit: "") }
            let (before, after) = isOldFirst ? (first, second) : (second, first)
            if number == 1 { contrast = Contrast(workload: workload, unit: after.unit) }
            contrast.rounds.append(.init(old: before.median, new: after.median))
            if let limit = before.limit, let other = after.limit {
                contrast.controls.append(.init(old: limit, new: other))
            }
        }
        return contrast
    }

    /// The part of ``JSONReport`` that is needed.
    private struct Report: Decodable {
        struct Result: Decodable {
            let workload: String
            let unit: String
            let median: Double
            let limit: Double?

            /// The same with less being better: older builds wrote the time of what is a rate.
            var asTime: Result {
                guard unit == FigureUnit.rateText else { return self }
                return Result(
                    workload: workload, unit: FigureUnit.nanosecondsPerEntry.rawValue,
                    median: 1e9 / median, limit: limit.map { 1e9 / $0 })
            }
        }
        let results: [Result]
    }

    private func measure(_ workload: String, _ program: String) throws -> Report.Result? {
        let file = scratch.fresh("result.json")
        defer { scratch.remove(file) }
        // `--only` is what every build understands.
        try run(program, arguments + ["--only", workload, "--json", file])
        let report = try JSONDecoder().decode(
            Report.self, from: try Data(contentsOf: URL(fileURLWithPath: file)))
        return report.results.first { $0.workload == workload }?.asTime
    }

    private func run(_ program: String, _ arguments: [String]) throws(LogStoreError) {
        let process = Process()
        let messages = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = messages
        do {
            try process.run()
        } catch {
            throw LogStoreError(.io, "\(program) did not start: \(error.localizedDescription)")
        }
        let complaint = messages.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw LogStoreError(
                .io,
                "\(program) \(arguments.joined(separator: " ")) failed: "
                    + String(decoding: complaint, as: UTF8.self))
        }
    }
}
