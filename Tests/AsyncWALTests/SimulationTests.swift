import AsyncWAL
import Conformance
import SegmentBackend
import Testing
import WALProtocol

/// The inline worker on a simulated disk: every run is the same, and the power may go at any moment.
@Suite struct SimulationTests {
    private func run(
        on disk: SimulatedDisk, _ acknowledged: (LogPosition) -> Void
    ) async throws {
        var options = AsyncLog.Options()
        options.worker = .inline
        let log = try AsyncLog(try openStore(on: disk), options: options)
        for number in 1...40 as ClosedRange<LogIndex> {
            let payload = [UInt8](repeating: UInt8(number), count: 900)
            acknowledged(try await log.append(payload, term: number / 10 + 1))
            if number == 20 { try await log.compact(through: LogPosition(term: 1, index: 5)) }
        }
        try await log.close()
    }

    @Test func everyRunAsksTheSameOfTheDisk() async throws {
        let disks = [SimulatedDisk(), SimulatedDisk()]
        for disk in disks { try await run(on: disk) { _ in } }
        #expect(disks[0].calls.map(\.name) == disks[1].calls.map(\.name))
        #expect(disks[0].calls.count > 80)
    }

    @Test func everyAcknowledgedEntrySurvivesAPowerCutAtAnyMoment() async throws {
        let whole = SimulatedDisk()
        try await run(on: whole) { _ in }
        for operation in 0..<whole.operationCount {
            let disk = SimulatedDisk()
            disk.fault = SimulatedFault(at: operation, .error(5), isLasting: true)
            var last: LogPosition?
            try? await run(on: disk) { last = $0 }
            for cut in [PowerCut.losesEverything, .random(seed: UInt64(operation))] {
                guard let last else { continue }
                let again = try openStore(on: disk.afterPowerCut(cut))
                let found = try #require(again.state.last)
                #expect(found >= last, "operation \(operation)")
                let payload = try again.entry(at: last.index).payload
                #expect(payload == [UInt8](repeating: UInt8(last.index), count: 900))
            }
        }
    }
}
