/// An input read as a row of decisions; behind its end all of them are zero.
struct Choices {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place >= bytes.count }

    mutating func byte() -> UInt8 {
        defer { place += 1 }
        return place < bytes.count ? bytes[place] : 0
    }

    /// One of so many; 0 if there are none.
    mutating func below(_ count: Int) -> Int {
        guard count > 256 else { return count > 0 ? Int(byte()) % count : 0 }
        return Int(number(4)) % count
    }

    /// A little-endian number of so many bytes.
    mutating func number(_ count: Int) -> UInt64 {
        (0..<count).reduce(0) { sum, place in sum | UInt64(byte()) << UInt64(place * 8) }
    }

    /// The next bytes, up to so many.
    mutating func take(_ count: Int) -> [UInt8] {
        let end = min(bytes.count, place + count)
        defer { place = end }
        return place < end ? Array(bytes[place..<end]) : []
    }

    /// A number that code often gets wrong, one near the present value, or any.
    mutating func number(instead present: UInt64) -> UInt64 {
        switch byte() % 16 {
        case 0: 0
        case 1: 1
        case 2: .max
        case 3: .max - 1
        case 4: UInt64(Int64.max)
        case 5: UInt64(Int64.max) + 1
        case 6: UInt64(UInt32.max)
        case 7: UInt64(UInt32.max) + 1
        case 8: present &+ 1
        case 9: present &- 1
        case 10: present &+ UInt64(bitPattern: Int64(Int8(bitPattern: byte())) * 8)
        case 11: present ^ (1 << UInt64(byte() % 64))
        case 12: number(1)
        case 13: number(2)
        case 14: number(4)
        default: number(8)
        }
    }
}
