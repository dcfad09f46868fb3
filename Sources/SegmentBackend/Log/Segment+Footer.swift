internal import WALProtocol

extension Segment {
    /// What is known of a segment's footer.
    struct Footer {
        /// Where it stands in the file; `nil` if it is not there.
        private(set) var offset: UInt64?
        /// All of it, as long as there is room.
        private(set) var index: SegmentIndex?
        /// What it takes to read it in pieces.
        private(set) var digest: FooterDigest?

        init(offset: UInt64?, index: SegmentIndex?) {
            self.offset = offset
            self.index = index
        }

        /// It is in the file from now on.
        mutating func write(at offset: UInt64) { self = Footer(offset: offset, index: nil) }

        mutating func keep(_ index: SegmentIndex?, digest: FooterDigest) {
            self.index = index
            self.digest = digest
        }

        mutating func dropIndex() { index = nil }
    }

    /// The segment was sealed: its footer is in the file from now on.
    func seal(indexOffset: UInt64) {
        withFooter { $0.write(at: indexOffset) }
    }

    /// All of the footer.
    ///
    /// - Throws: `corrupt` if it is damaged; `io`.
    func loadIndex(_ cache: SegmentCache) throws(LogStoreError) -> SegmentIndex {
        let footer = withFooter { $0 }
        if let index = footer.index { return index }
        let file = try file(cache)
        guard let offset = footer.offset else {
            throw .corrupt("the segment has no footer", file: path)
        }
        let record = try RecordReader.read(file, at: Int(offset), seed: seed, expecting: .index)
        let loaded = record.bytes.withUnsafeBytes { (bytes) -> (SegmentIndex, FooterDigest)? in
            let payload = UnsafeRawBufferPointer(rebasing: bytes[32..<record.end])
            return SegmentIndex.decode(payload).map { ($0, FooterDigest(of: $0, payload)) }
        }
        guard let (index, digest) = loaded else {
            throw .corrupt("the segment's footer makes no sense", file: path, byteOffset: offset)
        }
        let hasRoom = cache.makeRoom(forFooterOf: index.memoryFootprint, isUrgent: true)
        withFooter { $0.keep(hasRoom ? index : nil, digest: digest) }
        cache.noteOpened(self)
        return index
    }

    /// The term of an entry, if the footer knows it.
    ///
    /// - Throws: as ``loadIndex(_:)``.
    func term(at index: LogIndex, _ cache: SegmentCache) throws(LogStoreError) -> Term? {
        if let terms = withFooter({ $0.digest?.terms }) { return terms.term(at: index) }
        return try loadIndex(cache).term(at: index)
    }

    /// Where an entry and some that follow it stand.
    ///
    /// That is what all of the footer says, if it is in memory or there is room for it, and
    /// otherwise the page of it that knows the entry.
    ///
    /// - Throws: as ``loadIndex(_:)``.
    func places(
        from entry: LogIndex, _ cache: SegmentCache
    ) throws(LogStoreError) -> SegmentIndex {
        let footer = withFooter { $0 }
        if let index = footer.index { return index }
        guard let offset = footer.offset, let digest = footer.digest,
            let page = digest.page(of: entry),
            !cache.makeRoom(forFooterOf: digest.footerByteCount, isUrgent: false)
        else { return try loadIndex(cache) }
        let file = try file(cache)
        do throws(SystemCallError) {
            let start = offset + UInt64(SegmentFormat.recordHeaderByteCount + page.byteOffset)
            let bytes = try file.readBytes(at: start, count: page.byteCount)
            if let offsets = page.decode(bytes) {
                return SegmentIndex(first: page.first, offsets: offsets, runs: [])
            }
        } catch {
            throw LogStoreError(error, writing: false)
        }
        // It was whole once: reading it as a whole says what is wrong.
        return try loadIndex(cache)
    }
}
