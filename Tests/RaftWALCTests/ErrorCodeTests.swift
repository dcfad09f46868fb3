import CRaftWAL
import Testing
import WALProtocol

@testable import RaftWALC

/// The C program beside this file tests the interface; this is what only Swift can see.
@Suite struct ErrorCodeTests {
    @Test func everyCodeHasAValueOfItsOwn() {
        let told = LogStoreError.Code.all.filter { $0 != .cancelled }
        #expect(ErrorCode.all.map(\.code) == told)
        #expect(ErrorCode.all.map(\.value) == Array(1...told.count))
    }

    @Test func namesAreTheCodesOwn() {
        for code in ErrorCode.all { #expect("\(code.name)" == "\(code.code)") }
    }

    @Test(arguments: [(0, ""), (1, "a"), (2, "a"), (3, "aä"), (6, "aä"), (7, "aä𝄞")])
    func textIsCutBetweenCharacters(limit: Int, expected: String) {
        #expect("aä𝄞".prefix(utf8ByteCount: limit) == expected)
    }
}
