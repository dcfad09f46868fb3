import Attempt1
import Attempt2
import Attempt3
import Attempt4
import Attempt5
import Conformance
import Foundation

// What the tests kill, in the middle of writing.
KilledWriter.takeOver { try Attempt5.JSONStore(at: $0) }

/// The attempts, by number.
let openings: [LogStoreSuite.Opening] = [
    { try Attempt1.JSONStore(at: $0) },
    { try Attempt2.JSONStore(at: $0) },
    { try Attempt3.JSONStore(at: $0) },
    { try Attempt4.JSONStore(at: $0) },
    { try Attempt5.JSONStore(at: $0) },
]

// `swift run attempts 4`: the rules on the fourth attempt.
guard let argument = CommandLine.arguments.dropFirst().first, let number = Int(argument),
    openings.indices.contains(number - 1)
else {
    print("usage: attempts 1...\(openings.count)")
    exit(2)
}
let report = await LogStoreSuite(opening: openings[number - 1]).run()
print(ReportTable([("attempt \(number)", report)]))
print(report)
