package import Conformance

extension SeededGenerator {
    /// A number of a range.
    package mutating func number(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.lowerBound + next() % (range.upperBound - range.lowerBound + 1)
    }

    /// Whether something happens that happens so many times in a thousand.
    package mutating func happens(perMille: UInt64) -> Bool { next() % 1_000 < perMille }
}
