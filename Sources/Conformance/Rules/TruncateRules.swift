import WALProtocol

extension Rule {
    /// Dropping a suffix.
    static let truncating: [Rule] = [
        Rule(
            "truncate.boundaries", 20,
            contract: "Truncation drops its index and all after it; beyond the end it does nothing."
        ) { trial in
            for (from, what) in [
                (10, "last"), (5, "the middle"), (1, "first"), (11, "next"), (15, "beyond next"),
                (LogIndex.max, "UInt64.max"),
            ] as [(LogIndex, String)] {
                let log = try trial.log()
                try log.append(1...10)
                try log.truncate(from: from)
                try log.check("after truncating from \(what)")
                try log.reopen()
                try log.check("after truncating from \(what) and opening again")
                if let next = log.model.next {
                    try log.append(next...(next + 1), term: 2, salt: 1)
                } else {
                    try log.append(1...1, term: 2, salt: 1)
                }
                try log.reopen()
                try log.check("after truncating from \(what) and appending")
            }
        },
        Rule(
            "truncate.everyIndex", 21,
            contract: "Truncation at any index leaves everything before it byte for byte."
        ) { trial in
            let rotation = try trial.rotationByteCount()
            let size = max(16, rotation / 12)
            let path = trial.freshPath()
            let original = try TestedLog(trial, at: path, opening: trial.suite.opening)
            try original.append(1...36, size: size)
            try original.sync()
            for index in (1...37 as ClosedRange<LogIndex>).reversed() {
                // Shrinks and grows again: each index is truncated with all segments before it.
                try original.truncate(from: index)
                try original.check("after truncating from \(index)")
                try original.append(
                    index...(index + 2), term: 100 - index, size: size / 2, salt: index)
                try original.check("after appending again at \(index)")
                if index % 4 == 0 {
                    try original.reopen()
                    try original.check("after opening again at \(index)")
                }
                try original.truncate(from: index)
            }
        },
        Rule(
            "truncate.goneIsGone", 21,
            contract: "What was truncated never comes back, whatever is written in its place."
        ) { trial in
            let rotation = try trial.rotationByteCount()
            for (oldSize, newSize) in [(100, 100), (400, 20), (20, 400), (0, 1)] {
                let log = try trial.log()
                let count = UInt64(2 * rotation / (oldSize + 40))
                try log.append(1...count, size: oldSize)
                try log.sync()
                let from = count / 3 + 1
                try log.truncate(from: from)
                try log.sync()
                try log.crash("after truncating synced entries")
                try log.check("after truncating synced entries and a crash")
                try log.append(from...(from + 2), term: 2, size: newSize, salt: 9)
                try log.sync()
                try log.crash("after writing in their place")
                try log.reopen()
                try log.check("after writing in their place and opening again")
                let end = try log.store().state.last
                try trial.expect(end?.index == from + 2, "last is \(text(end))")
            }
        },
        Rule(
            "truncate.compactedRefused", 22,
            contract: "Committed history that was compacted away cannot be truncated."
        ) { trial in
            let log = try trial.log()
            try log.append(1...10)
            try log.compact(through: 5)
            for index in [0, 1, 4, 5] as [LogIndex] {
                try log.refuses(.compacted, "truncating from \(index) after compacting 5") {
                    try $0.truncate(from: index)
                }
            }
            try log.truncate(from: 6)
            try log.check("after truncating all that is left")
            try log.refuses(.compacted, "truncating from 5 when nothing is left") {
                try $0.truncate(from: 5)
            }
        },
        Rule(
            "truncate.toEmpty", 23,
            contract: "A log truncated to nothing goes on after what was compacted, or anywhere."
        ) { trial in
            let log = try trial.log()
            try log.append(5...10)
            try log.truncate(from: 5)
            try log.check("after truncating everything of a log that was never compacted")
            try trial.expect(log.store().state.next == nil, "it has a next index")
            try log.reopen()
            try log.append(100...105)
            try log.check("after starting somewhere else")
            try log.compact(through: 102)
            try log.truncate(from: 103)
            try log.check("after truncating everything above the compacted position")
            try log.reopen()
            try trial.expect(log.store().state.next == 103, "next is not 103")
            try log.refuses(.notContiguous, "appending 104") {
                try $0.append([1], at: LogPosition(term: 1, index: 104))
            }
            try log.append(103...104)
            try log.reopen()
            try log.check("after appending what is next")
        },
        Rule(
            "truncate.unsynced", 21,
            contract: "Entries that never reached the disk are truncated like any others."
        ) { trial in
            let log = try trial.log()
            try log.append(1...20)
            try log.sync()
            try log.append(21...40)
            try log.truncate(from: 30)
            try log.check("after truncating some of them")
            try log.append(30...35, term: 2, salt: 1)
            try log.truncate(from: 10)
            try log.append(10...12, term: 3, salt: 2)
            try log.check("after truncating all of them")
            try log.reopen()
            try log.check("after opening again")
        },
    ]
}
