import Conformance
import Foundation
#if canImport(FoundationXML)
    import FoundationXML
#endif
import Testing
import WALProtocol

/// What the kit hands to machines and to people.
@Suite struct ReportTests {
    private func reports() async throws -> (good: Report, bad: Report) {
        let rules = try ["append.gapRefused", "read.byteLimit", "open.readOnlyChangesNothing"].map {
            try #require(Rule(id: $0))
        }
        let disk = ReferenceDisk()
        let good = LogStoreSuite(
            opening: { try ReferenceStore(at: $0, on: disk) }, seed: UInt64.max)
        let mutants = MutantDisk()
        let bad = LogStoreSuite(
            opening: { try MutantStore(at: $0, on: mutants, .starvesOnByteLimit) }, seed: 1)
        return (await good.run(rules), await bad.run(rules))
    }

    @Test func jsonSaysAll() async throws {
        let (good, bad) = try await reports()
        let text = bad.json(backend: #"a "name" \ with <all>"# + "\n\u{1}é")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["backend"] as? String == #"a "name" \ with <all>"# + "\n\u{1}é")
        #expect(object["passed"] as? Int == 1 && object["failed"] as? Int == 1)
        #expect(object["notChecked"] as? Int == 1)
        let findings = try #require(object["findings"] as? [[String: Any]])
        #expect(
            findings.map { $0["outcome"] as? String } == ["passed", "failed", "notChecked"])
        #expect(findings[1]["message"] as? String == bad.violations[0].message)
        #expect(findings[1]["script"] as? [String] == bad.violations[0].script)
        #expect(findings[2]["reason"] as? String == bad.notChecked[0].reason)
        #expect(findings.map { $0["rule"] as? String } == bad.findings.map(\.rule.id))
        #expect(good.json(backend: "good").contains(#""seed":"18446744073709551615""#))
    }

    @Test func junitIsWellFormedAndCounts() async throws {
        let (good, bad) = try await reports()
        let text = Report.junit([("a<b>&\"c\"\u{1}", bad), ("good", good)])
        let reader = Reader()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(parser.parserError.map(String.init(describing:)) ?? "") \(text)")
        #expect(reader.elements["testcase"] == 6)
        #expect(reader.elements["failure"] == 1 && reader.elements["skipped"] == 2)
        #expect(reader.suite["tests"] == "3" && reader.suite["failures"] == "1")
        #expect(reader.suite["skipped"] == "1" && reader.suite["name"] == "a<b>&\"c\"\u{FFFD}")
        #expect(reader.failure.contains(bad.violations[0].message))
        #expect(reader.failure.contains("after these calls"))
    }

    @Test func tableSetsBackendsSideBySide() async throws {
        let (good, bad) = try await reports()
        #expect(
            ReportTable([("good", good), ("bad", bad)]).description == """
                rules   good                     bad
                append  1 passed                 1 passed
                read    1 passed                 1 FAILED
                open    1 not checked            1 not checked
                all     2 passed, 1 not checked  1 passed, 1 FAILED, 1 not checked
                """)
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [String: Int] = [:]
        var suite: [String: String] = [:]
        var failure = ""
        private var isFailure = false

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
            qualifiedName: String?, attributes: [String: String]
        ) {
            elements[name, default: 0] += 1
            if name == "testsuite", suite.isEmpty { suite = attributes }
            isFailure = name == "failure"
        }

        func parser(_ parser: XMLParser, foundCharacters text: String) {
            if isFailure { failure += text }
        }
    }
}
