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
            {"backend":\(backend.json),"seed":"\(seed)","passed":\(passed.count),\
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
            <testsuite name="\(backend.xml)" tests="\(findings.count)" \
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
            #""rule":\#(rule.id.json)"#,
            #""properties":[\#(rule.properties.map(String.init).joined(separator: ","))]"#,
            #""level":"\#(rule.level.rawValue)""#, #""contract":\#(rule.contract.json)"#,
        ]
        switch outcome {
        case .passed:
            fields.append(#""outcome":"passed""#)
        case .notChecked(let reason):
            fields += [#""outcome":"notChecked""#, #""reason":\#(reason.json)"#]
        case .failed(let violation):
            fields += [
                #""outcome":"failed""#, #""message":\#(violation.message.json)"#,
                #""location":\#(violation.location.json)"#,
                #""script":[\#(violation.script.map(\.json).joined(separator: ","))]"#,
            ]
        }
        fields.append(#""seconds":\#(seconds)"#)
        return "{" + fields.joined(separator: ",") + "}"
    }

    fileprivate func junit(_ backend: String) -> String {
        let start = """
              <testcase classname="\(backend.xml).\(rule.group.xml)" name="\(rule.description.xml)" \
            time="\(seconds)"
            """
        switch outcome {
        case .passed:
            return start + "/>"
        case .notChecked(let reason):
            return start + "><skipped message=\"\(reason.xml)\"/></testcase>"
        case .failed(let violation):
            return start + """
                ><failure message="\(violation.message.xml)">\(violation.description.xml)</failure>\
                </testcase>
                """
        }
    }
}

extension String {
    /// A JSON string, quotes included.
    fileprivate var json: String {
        var text = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": text += #"\""#
            case "\\": text += #"\\"#
            case "\n": text += #"\n"#
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    /// Text for an XML element or attribute; what XML cannot hold is left out.
    fileprivate var xml: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "\n": text += "&#10;"
            case "\t": text += "&#9;"
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
                break
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
