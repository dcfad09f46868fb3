#if LMDB
    import LMDBBackend
    import Testing
    import WALProtocol

    /// A sound store never looks damaged, whatever LMDB made of its pages.
    @Suite struct ChurnTests {
        let scratch = Scratch()

        /// Long lists of free pages, lists that shrink while they are written, values that come
        /// and go, leaves that are merged.
        @Test(arguments: [1, 2, 3] as [UInt64])
        func aSoundStoreIsSoundAfterEveryCommit(_ seed: UInt64) throws {
            let path = scratch.child("store \(seed)")
            var random = seed
            // A linear congruential generator (Knuth, MMIX).
            func roll(_ limit: UInt64) -> UInt64 {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return (random >> 33) % limit
            }
            var store = try LMDBStore(at: path)
            for round in 0..<120 {
                let state = store.state
                let next = state.next ?? 1
                switch roll(6) {
                case 0 where state.count > 10:
                    let index = next - 1 - roll(state.count / 2)
                    try store.compact(through: LogPosition(term: 1, index: index))
                case 1 where state.count > 10:
                    try store.truncate(from: next - 1 - roll(state.count / 4))
                case 2:
                    let value = [UInt8](repeating: 3, count: Int(roll(30_000)))
                    try store.setMetadata(value, for: MetadataKey("key \(roll(5))"))
                case 3:
                    try store.removeMetadata(for: MetadataKey("key \(roll(5))"))
                default:
                    let size = [10, 200, 2000, 5000, 20_000][Int(roll(5))]
                    for index in next...next + roll(60) {
                        try store.append(
                            [UInt8](repeating: UInt8(index % 256), count: size),
                            at: LogPosition(term: 1, index: index))
                    }
                }
                try store.sync()
                if round % 10 == 0 {
                    let before = store.state
                    try store.close()
                    store = try LMDBStore(at: path)
                    #expect(store.state == before)
                }
                #expect(try LMDBStore.verify(at: path).damages == [], "seed \(seed), \(round)")
            }
        }
    }
#endif
