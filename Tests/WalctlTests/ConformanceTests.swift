import Foundation
import Testing

/// `conformance`; what the rules find is the affair of their own tests.
@Suite struct ConformanceTests {
    @Test func eachRuleIsALineForEachBackend() throws {
        let outcome = try Walctl.run(
            "conformance", "--rules", "append.gapRefused,batch.order", "--seed", "7")
        #expect(outcome.status == 0)
        #expect(
            outcome.lines
                == backends.flatMap {
                    [
                        "\($0) append.gapRefused passed", "\($0) batch.order passed",
                        "\($0): 2 passed, 0 failed, 0 not checked; seed 7",
                    ]
                })
        #expect(outcome.messages.isEmpty)
    }

    @Test func junitHasASuiteForEachBackend() throws {
        let outcome = try Walctl.shell(
            "cd \"$(mktemp -d)\" && walctl conformance --rules append.gapRefused --junit x.xml "
                + ">/dev/null && cat x.xml")
        #expect(outcome.status == 0)
        #expect(outcome.text.hasPrefix("<?xml"))
        for backend in backends {
            #expect(
                outcome.text.contains("<testsuite name=\"\(backend)\" tests=\"1\" failures=\"0\""))
        }
    }

    @Test func whatIsNotCheckedHasAReason() throws {
        let outcome = try Walctl.run(
            "conformance", "--backend", "lmdb", "--rules", "faults.fullDisk", "--json", "--seed",
            "1")
        #expect(outcome.status == 0)
        let objects = try outcome.lines.map {
            try #require(
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(objects.count == 2)
        #expect(objects[0]["outcome"] as? String == "not checked")
        #expect((objects[0]["reason"] as? String)?.isEmpty == false)
        #expect(objects[1]["notChecked"] as? Int == 1)
    }

    /// A limit on the size of files that no store can live with breaks every rule.
    @Test func aBrokenRuleIsExitCodeThreeAndShownInFull() throws {
        let outcome = try Walctl.shell(
            "ulimit -f 2; walctl conformance --backend segment --rules append.firstIndex --seed 9")
        #expect(outcome.status == 3)
        #expect(outcome.lines.first == "segment append.firstIndex failed")
        #expect(outcome.text.contains("replay with seed 9"))
        #expect(outcome.lines.last == "segment: 0 passed, 1 failed, 0 not checked; seed 9")
        #expect(outcome.messages == "error: 1 rule is broken\n")
    }

    @Test(arguments: [
        (["--rules", "append.gapRefusd"], 2, "append.gapRefused"),
        (["--rules", ""], 2, "no rule"),
        (["--dir", "/nowhere/at/all"], 6, "/nowhere/at/all"),
    ])
    func whatMakesNoSenseIsRefused(
        arguments: [String], status: Int32, word: String
    ) throws {
        let outcome = try Walctl.shell(
            "walctl conformance \"$1\" \"$2\"", arguments[0], arguments[1])
        #expect(outcome.status == status)
        #expect(outcome.messages.contains(word))
    }
}
