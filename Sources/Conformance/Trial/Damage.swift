import WALProtocol

extension Rule {
    /// Flips bits all over a closed store, in copies of it, and expects each copy to be reported as
    /// damaged or to answer as before.
    ///
    /// - Parameter answer: Reads what matters; how it differs from what it was, as a phrase.
    static func checkDamage(
        _ trial: Trial, _ path: String, limit: Int = 400,
        answer: (any LogStore) throws -> String?
    ) throws {
        var places: [(file: String, offset: Int)] = []
        for (name, size) in Files.sizes(below: path).sorted(by: { $0.key < $1.key }) {
            guard let bytes = Files.contents(of: "\(path)/\(name)") else { continue }
            for offset in 0..<size where bytes[offset] != 0 || offset % 512 == 0 {
                places.append((name, offset))
            }
        }
        // All of a small store, a random part of a larger one.
        if places.count > limit {
            places = Array(places.shuffled(using: &trial.random).prefix(limit))
        }
        let copy = trial.freshPath()
        for (file, offset) in places {
            Files.copyAll(from: path, to: copy)
            guard var bytes = Files.contents(of: "\(copy)/\(file)") else { continue }
            let bit = UInt8.random(in: 0...7, using: &trial.random)
            bytes[offset] ^= 1 << bit
            Files.write(bytes, to: "\(copy)/\(file)")
            do {
                let store = try trial.open(copy)
                if let difference = try answer(store) {
                    throw Failure(
                        "with bit \(bit) of byte \(offset) of \(file) flipped, \(difference)",
                        at: .here())
                }
            } catch let error as LogStoreError {
                let honest: Set<LogStoreError.Code> = [.corrupt, .unsupportedFormat, .io]
                try trial.expect(
                    honest.contains(error.code),
                    "with bit \(bit) of byte \(offset) of \(file) flipped, the error is \(error)")
            }
            Files.removeAll(at: copy)
        }
    }
}
