extension DiskState {
    /// A hash of what the shown names lead to: the same for equal disks, and hardly ever for others.
    var fingerprint: UInt64 {
        var sum: UInt64 = 0
        for (path, node) in names {
            var hash = path.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
                ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3
            }
            if case .file(let file) = node { hash = files[file].fingerprint(hash) }
            // Names come in any order.
            sum &+= Self.mixed(hash)
        }
        return sum
    }

    fileprivate static func mixed(_ hash: UInt64) -> UInt64 {
        let product = hash.multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return product.high ^ product.low
    }
}

extension StoredFile {
    func fingerprint(_ seed: UInt64) -> UInt64 {
        shown.withUnsafeBytes { bytes in
            var hash = seed ^ UInt64(bytes.count)
            var offset = 0
            while offset + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                hash = DiskState.mixed(hash ^ word) &+ 0x2545_f491_4f6c_dd1d
                offset += 8
            }
            for byte in bytes[offset...] { hash = DiskState.mixed(hash ^ UInt64(byte)) &+ 1 }
            return hash
        }
    }
}
