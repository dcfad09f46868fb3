@testable import Conformance
import Foundation
import SegmentBackend
import Testing
import WALProtocol

/// The kit itself: what it prints, how it ends, and that its example compiles.
@Suite struct KitTests {
    @Test func idsAreUniqueAndSpeak() {
        #expect(Set(Rule.allCases.map(\.id)).count == Rule.allCases.count)
        for rule in Rule.allCases {
            #expect(rule.id.split(separator: ".").count == 2, "\(rule.id)")
            #expect(rule.contract.hasSuffix("."), "\(rule.id)")
            #expect(!rule.properties.isEmpty, "\(rule.id)")
            #expect(Rule(id: rule.id) == rule)
        }
        #expect(Rule(id: "no.such") == nil)
    }

    /// P1–P40, P48, P85, P91–P94, P113–P116 and P121–P127, and some on top.
    @Test func everyPropertyOfTheFoundationHasARule() {
        let properties = Set(Rule.allCases.flatMap(\.properties))
        let foundation = Set(1...40).union([48, 85]).union(91...94).union(113...116).union(
            121...127)
        #expect(
            properties.isSuperset(of: foundation), "\(foundation.subtracting(properties).sorted())")
    }

    /// The whole job of a backend's author, as the documentation has it.
    @Test(arguments: [Rule.allCases[0]])
    func exampleCompiles(_ rule: Rule) async throws {
        try await LogStoreSuite(opening: { try SegmentStore(at: $0) }).check(rule)
    }

    @Test func violationNamesRuleStoreAndSeed() async throws {
        let disk = MutantDisk()
        let suite = LogStoreSuite(
            opening: { try MutantStore(at: $0, on: disk, .starvesOnByteLimit) }, seed: 42)
        let rule = try #require(Rule(id: "read.byteLimit"))
        let violation = await #expect(throws: Violation.self) { try await suite.check(rule) }
        #expect(violation?.seed == 42)
        #expect(violation?.rule == rule)
        let text = violation?.description ?? ""
        #expect(text.contains("reference breaks read.byteLimit (P27)"))
        #expect(text.contains("replay with seed 42"))
        #expect(text.contains("ReadRules.swift:"))
        #expect(violation?.script.first == "store-1: open")
        #expect(
            text.contains("after these calls:\n    store-1: open\n    store-1: append 1, term 1"))
    }

    /// Calls behind each other are one line, and only the last lines are kept.
    @Test func scriptIsShort() throws {
        let script = Script()
        let store = ScriptedStore(
            try ReferenceStore(at: "x", on: ReferenceDisk()), named: "log", in: script)
        for index in 1...30 as ClosedRange<LogIndex> {
            try store.append([1, 2], at: LogPosition(term: 1, index: index))
        }
        for _ in 0..<3 { try store.sync() }
        var batch = WriteBatch()
        batch.truncate(from: 20)
        batch.append([1], at: LogPosition(term: 2, index: 20))
        batch.compact(through: LogPosition(term: 1, index: 4))
        batch.setMetadata([1, 2, 3], for: "k")
        batch.removeMetadata(for: "gone")
        try store.write(batch)
        var run = WriteBatch()
        for index in 21...40 as ClosedRange<LogIndex> {
            run.append([7], at: LogPosition(term: 2, index: index))
        }
        try store.write(run)
        #expect(throws: LogStoreError.self) { try store.write(WriteBatch(appendingTo: 99)) }
        try store.flush()
        #expect(
            script.text == [
                "log: open", "log: append 1...30, term 1, 2 bytes each", "log: sync, 3 times",
                "log: write a batch: truncate from 20; append 1 from index 20 of term 2 to index 20 "
                    + "of term 2, 1 bytes first; compact through index 4 of term 1; set k to 3 bytes; "
                    + "remove gone",
                "log: write a batch: append 21...40, term 2, 1 bytes each",
                "log: write a batch: append 99, term 1, 0 bytes", "log: flush",
            ])
        for round in 0..<200 { script.note("\(round)", of: "log") }
        #expect(script.text.count == 101)
        #expect(script.text.first == "… 107 earlier calls")
    }

    /// So are two or three calls that are made in turn.
    @Test func scriptFoldsWhatIsRepeatedInTurn() throws {
        let script = Script()
        script.note("open", of: "a")
        for index in 1...4 as ClosedRange<LogIndex> {
            script.noteAppend(LogPosition(term: 1, index: index), byteCount: 5, of: "a")
            script.note("sync", of: "a")
        }
        script.noteAppend(LogPosition(term: 2, index: 5), byteCount: 5, of: "a")
        for _ in 0..<3 { for call in ["close", "drop", "open"] { script.note(call, of: "b") } }
        for _ in 0..<2 { for call in ["sync", "flush"] { script.note(call, of: "b") } }
        #expect(
            script.text == [
                "a: open", "a: 4 times: append 1...4, term 1, 5 bytes each; sync",
                "a: append 5, term 2, 5 bytes", "b: 3 times: close; drop; open", "b: sync",
                "b: flush", "b: sync", "b: flush",
            ])
    }

    /// The same seed fails with the same message, word for word.
    @Test func failureReplaysFromItsSeed() async throws {
        let rule = try #require(Rule(id: "history.random"))
        var messages: Set<String> = []
        for _ in 0..<3 {
            let disk = MutantDisk()
            let suite = LogStoreSuite(
                opening: { try MutantStore(at: $0, on: disk, .forgetsKinds) }, seed: 7)
            let violation = await #expect(throws: Violation.self) { try await suite.check(rule) }
            messages.insert(violation?.message ?? "")
        }
        #expect(messages.count == 1)
    }

    /// A store whose database did not sync its commits passed every rule there was, and was three
    /// times as fast as the disk.
    @Test func syncThatReachesNoDeviceIsFound() async throws {
        let rule = try #require(Rule(id: "sync.reachesTheDevice"))
        for isHonest in [true, false] {
            let writeCount = Shared<UInt64>(0)
            var suite = LogStoreSuite(opening: { path in
                var options = SegmentStore.Options()
                let disk = POSIXFileSystem()
                options.fileSystem = SyncInterceptor(disk) { (file) throws(SystemCallError) in
                    guard isHonest else { return }
                    writeCount.update { $0 += 1 }
                    try file.sync()
                }
                options.executor = InlineExecutor()
                return try SegmentStore(at: path, options: options)
            })
            // The file that the rule writes for comparison comes between the first two questions.
            let asked = Shared(0)
            suite.deviceWriteCount = { _ in
                asked.update { $0 += 1 }
                return writeCount.value + (asked.value > 1 ? 1 : 0)
            }
            if isHonest {
                #expect(try await suite.check(rule) == .passed)
            } else {
                let violation = await #expect(throws: Violation.self) {
                    try await suite.check(rule)
                }
                #expect(violation?.message.contains("the device wrote 0 times") == true)
            }
        }
    }

    @Test func ruleThatHangsIsEndedAndReported() async throws {
        // It hangs until it was reported, however busy the machine is.
        let wasReported = DispatchSemaphore(value: 0)
        defer { wasReported.signal() }
        let suite = LogStoreSuite(
            opening: { _ in
                wasReported.wait()
                throw LogStoreError.closed
            }, timeLimit: .milliseconds(100))
        let violation = await #expect(throws: Violation.self) {
            try await suite.check(Rule.allCases[0])
        }
        #expect(violation?.message.contains("did not end") == true)
    }

    @Test func errorsOfAnotherTypeAreViolations() async throws {
        struct Other: Error {}
        let suite = LogStoreSuite(opening: { _ in throw Other() })
        let violation = await #expect(throws: Violation.self) {
            try await suite.check(Rule.allCases[0])
        }
        #expect(violation?.message.contains("Other") == true)
    }

    @Test func reportCountsEveryRuleOnce() async throws {
        let disk = ReferenceDisk()
        let suite = LogStoreSuite(opening: { try ReferenceStore(at: $0, on: disk) }, seed: 1)
        let report = await suite.run()
        #expect(report.findings.map(\.rule) == Rule.allCases)
        #expect(report.violations.isEmpty)
        #expect(
            report.passed.count + report.notChecked.count == Rule.allCases.count)
        #expect(Set(report.notChecked.map(\.rule.id)).contains("open.readOnlyChangesNothing"))
        #expect(
            report.description.contains("not checked: open.readOnlyChangesNothing (P84): no way"))
        #expect(report.description.hasSuffix("seed 1"))
        #expect(report.checkedProperties.count >= 45)
    }

    /// Checks leave nothing behind.
    @Test func scratchDirectoriesAreRemoved() async throws {
        let scratch = TemporaryDirectory()
        let suite = LogStoreSuite(
            opening: { try SegmentStore(at: $0) }, scratchDirectory: scratch.path)
        try await suite.check(Rule.allCases[0])
        #expect(try scratch.names().isEmpty)
    }
}

/// A directory that goes when the test ends.
private final class TemporaryDirectory {
    let path = NSTemporaryDirectory() + "kit-" + UUID().uuidString

    init() {
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path) }
}

extension WriteBatch {
    fileprivate init(appendingTo index: LogIndex) {
        self.init()
        append([], at: LogPosition(term: 1, index: index))
    }
}
