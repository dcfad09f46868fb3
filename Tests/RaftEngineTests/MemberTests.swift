import RaftEngine
import Testing

/// The list of members that a snapshot holds.
@Suite struct MemberTests {
    private let members = [
        Member(id: 1, address: "10.0.0.1:9000"),
        Member(id: .max, address: "höst:1", role: .spare),
        Member(id: 3, address: "", role: .standby),
    ]

    @Test func membersComeBack() {
        #expect([Member](encoded: members.encoded()) == members)
        #expect([Member](encoded: []) == [])
    }

    /// Whatever stands there instead is refused, or is another list; nothing traps.
    @Test func cutOrFlippedBytesAreNoOtherTrap() {
        let bytes = members.encoded()
        let boundaries = Set((0...3).map { Array(members.prefix($0)).encoded().count })
        for count in 0...bytes.count {
            let found = [Member](encoded: Array(bytes.prefix(count)))
            #expect((found != nil) == boundaries.contains(count), "\(count) bytes")
        }
        for offset in bytes.indices {
            var damaged = bytes
            damaged[offset] ^= 0xFF
            #expect([Member](encoded: damaged) != members, "byte \(offset)")
        }
    }
}
