import WALProtocol

extension Rule {
    /// How long payloads and batches may be.
    static let payloads: [Rule] = [
        Rule(
            "payload.everySize", 15,
            contract: "Every size up to the limit works, also where files and sectors end."
        ) { trial in
            let rotation = try trial.rotationByteCount()
            let limit = try trial.capabilities().maximumEntryByteCount
            var sizes = [0, 1, 2, 7, 8, 9, 511, 512, 513, 4095, 4096, 4097, 65_535, 65_536]
            sizes += [rotation - 1, rotation, rotation + 1, 3 * rotation, 1 << 20]
            let log = try trial.log()
            var next: LogIndex = 1
            for size in sizes where size <= limit {
                try log.append(next...next, size: size)
                try log.append((next + 1)...(next + 1), size: 3)
                next += 2
            }
            try log.check("after appending every size")
            try log.sync()
            try log.crash("after a crash")
            try log.reopen()
            try log.check("after opening again")
        },
        Rule(
            "payload.largest", 15,
            contract: "A payload of exactly the declared limit is taken, and survives."
        ) { trial in
            let limit = try trial.capabilities().maximumEntryByteCount
            try trial.require(
                limit <= 256 << 20, "the limit is more than this check has memory for")
            let log = try trial.log()
            try log.append(1...1)
            try log.append(2...2, size: limit)
            try log.append(3...3)
            try log.reopen()
            try log.check("after opening again")
        },
        Rule(
            "payload.empty", 16,
            contract: "An empty payload is an entry."
        ) { trial in
            let log = try trial.log()
            try log.append(1...100, size: 0)
            try log.appendBatch(101...200, size: 0)
            try log.check("after appending 200 empty entries")
            try log.reopen()
            try log.check("after opening again")
            try log.truncate(from: 150)
            try log.compact(through: 50)
            try log.append(150...150, size: 0)
            try log.sync()
            try log.crash("after a crash")
        },
        Rule(
            "payload.tooLargeRefused", 17,
            contract: "A payload over the limit is refused, with the limit, and leaves no trace."
        ) { trial in
            let limit = try trial.capabilities().maximumEntryByteCount
            try trial.require(
                limit <= 256 << 20, "the limit is more than this check has memory for")
            let log = try trial.log()
            try log.append(1...3)
            let large = [UInt8](repeating: 1, count: limit + 1)
            let error = try log.refuses(.entryTooLarge, "a payload of \(large.count) bytes") {
                try $0.append(large, at: LogPosition(term: 1, index: 4))
            }
            try trial.expect(
                error.context.limit == UInt64(limit), "the error does not name the limit: \(error)")
            try log.refuses(.entryTooLarge, "a batch with such a payload") { store in
                var batch = WriteBatch()
                batch.append([4], at: LogPosition(term: 1, index: 4))
                batch.append(large, at: LogPosition(term: 1, index: 5))
                batch.setMetadata([1], for: "key")
                try store.write(batch)
            }
            try log.append(4...6)
            try log.reopen()
            try log.check("after appending more and opening again")
        },
        Rule(
            "payload.largeBatch", 19,
            contract: "A batch larger than a file and than any buffer is written as one."
        ) { trial in
            let rotation = try trial.rotationByteCount()
            let limit = try trial.capabilities().maximumBatchByteCount
            let log = try trial.log()
            try log.append(1...3)
            let byteCount = min(max(4 * rotation, 12 << 20), limit)
            let size = 40_000
            let count = UInt64(byteCount / size)
            try log.appendBatch(4...(3 + count), size: size)
            try log.check("after a batch of \(byteCount) bytes")
            // And one of many small entries.
            try log.appendBatch((4 + count)...(3 + count + 20_000), size: 10)
            try log.reopen()
            try log.check("after opening again")
        },
        Rule(
            "payload.batchTooLargeRefused", 19,
            contract: "A batch over the limit is refused whole, with the limit."
        ) { trial in
            let capabilities = try trial.capabilities()
            let limit = capabilities.maximumBatchByteCount
            try trial.require(
                limit <= 512 << 20, "the limit is more than this check has memory for")
            let log = try trial.log()
            try log.append(1...3)
            var batch = WriteBatch()
            let payload = [UInt8](
                repeating: 7, count: min(capabilities.maximumEntryByteCount, limit))
            var next: LogIndex = 4
            while batch.byteCount <= limit {
                batch.append(payload, at: LogPosition(term: 1, index: next))
                next += 1
            }
            let error = try log.refuses(.batchTooLarge, "a batch of \(batch.byteCount) bytes") {
                try $0.write(batch)
            }
            try trial.expect(
                error.context.limit == UInt64(limit), "the error does not name the limit: \(error)")
            try log.append(4...5)
            try log.reopen()
            try log.check("after appending more and opening again")
        },
        Rule(
            "payload.limitsHoldEverywhere", 18,
            contract: "What was accepted under some options can be read under any others."
        ) { trial in
            let variants = try trial.requireVariants()
            let limit = min(try trial.capabilities().maximumEntryByteCount, 4 << 20)
            for variant in variants {
                let log = try trial.log(with: variant)
                try log.append(1...1, size: limit)
                try log.append(2...50, size: 3000)
                try log.appendBatch(51...100, size: 5000)
                for other in variants + [trial.suite.opening] {
                    try log.reopen(with: other)
                    try log.check("under other options")
                }
            }
        },
    ]
}
