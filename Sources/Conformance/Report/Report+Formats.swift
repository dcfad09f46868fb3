/// Reports for machines.
///
/// Both forms are made of the standard library alone, and stand on their own: the kit has no
/// dependencies that a backend would have to take on.
extension Report {
    /// The report as one JSON object.
    ///
    /// `{"backend", "seed", "passed", "failed", "notChecked", "findings": [{"rule", "properties",
    /// "level", "contract", "outcome": "passed"|"failed"|"notChecked", "seconds", "reason"?,
    /// "message"?, "location"?, "script"?}]}`; the seed is a string, because JSON's numbers lose
    /// digits. Keys may be added.
    ///
    /// - Parameter backend: What the store is called.
    public func json(backend: String) -> String {
        let findings = findings.map { $0.json }.joined(separator: ",\n  ")
        return """
            {"backend":\(backend.jsonQuoted),"seed":"\(seed)","passed":\(passed.count),\
            "failed":\(violations.count),"notChecked":\(notChecked.count),"findings":[
              \(findings)
            ]}
            """
    }

    /// Reports as test suites in JUnit's XML, which continuous integration understands.
    ///
    /// A rule that was not checked is a skipped test, with the reason.
    public static func junit(_ reports: [(backend: String, report: Report)]) -> String {
        let suites = reports.map { $0.report.junitSuite($0.backend) }.joined()
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites>
            \(suites)</testsuites>

            """
    }

    private func junitSuite(_ backend: String) -> String {
        let cases = findings.map { $0.junit(backend) }.joined(separator: "\n")
        let seconds = findings.reduce(0) { $0 + $1.seconds }
        return """
            <testsuite name="\(backend.xmlEscaped)" tests="\(findings.count)" \
            failures="\(violations.count)" errors="0" skipped="\(notChecked.count)" \
            time="\(seconds)">
              <properties><property name="seed" value="\(seed)"/></properties>
            \(cases)
            </testsuite>

            """
    }
}

extension Report.Finding {
    fileprivate var seconds: Double {
        // Milliseconds are enough, and look like it.
        Double(Int64(duration / .milliseconds(1))) / 1000
    }

    fileprivate var json: String {
        var fields = [
            #""rule":\#(rule.id.jsonQuoted)"#,
            #""properties":[\#(rule.properties.map(String.init).joined(separator: ","))]"#,
            #""level":"\#(rule.level.rawValue)""#, #""contract":\#(rule.contract.jsonQuoted)"#,
        ]
        switch outcome {
        case .passed:
            fields.append(#""outcome":"passed""#)
        case .notChecked(let reason):
            fields += [#""outcome":"notChecked""#, #""reason":\#(reason.jsonQuoted)"#]
        case .failed(let violation):
            fields += [
                #""outcome":"failed""#, #""message":\#(violation.message.jsonQuoted)"#,
                #""location":\#(violation.location.jsonQuoted)"#,
                #""script":[\#(violation.script.map(\.jsonQuoted).joined(separator: ","))]"#,
            ]
        }
        fields.append(#""seconds":\#(seconds)"#)
        return "{" + fields.joined(separator: ",") + "}"
    }

    fileprivate func junit(_ backend: String) -> String {
        let start = """
              <testcase classname="\(backend.xmlEscaped).\(rule.group.xmlEscaped)" name="\(rule.description.xmlEscaped)" \
            time="\(seconds)"
            """
        switch outcome {
        case .passed:
            return start + "/>"
        case .notChecked(let reason):
            return start + "><skipped message=\"\(reason.xmlEscaped)\"/></testcase>"
        case .failed(let violation):
            return start + """
                ><failure message="\(violation.message.xmlEscaped)">\(violation.description.xmlEscaped)</failure>\
                </testcase>
                """
        }
    }
}
