import WALProtocol

extension Rule {
    /// Starting over behind a snapshot.
    static let resetting: [Rule] = [
        Rule(
            "reset.anyRelation", 40,
            contract: "A reset drops everything and sets the position, wherever that lies."
        ) { trial in
            for (index, term) in [(3, 9), (5, 1), (10, 1), (11, 1), (500, 0), (1, 0)]
                as [(LogIndex, Term)]
            {
                let log = try trial.log()
                try log.append(1...10)
                try log.compact(through: 4)
                try log.setMetadata([1], for: "key")
                try log.reset(to: LogPosition(term: term, index: index))
                try log.check("after a reset to \(term).\(index)")
                try log.append((index + 1)...(index + 3), term: term, salt: 1)
                try log.check("after a reset to \(term).\(index) and appending")
                try log.reopen()
                try log.check("after a reset to \(term).\(index), appending and opening again")
            }
        },
        Rule(
            "reset.survivesCrash", 40,
            contract: "A synced reset is whole after a crash: none of the old log comes back."
        ) { trial in
            let rotation = try trial.rotationByteCount()
            let log = try trial.log()
            try log.append(1...40, term: 5, size: rotation / 8)
            try log.sync()
            try log.reset(to: LogPosition(term: 2, index: 20))
            try log.sync()
            try log.crash("after a reset and a crash")
            try trial.expect(log.store().state.isEmpty, "old entries came back")
            try log.append(21...25, term: 3, size: 30, salt: 1)
            try log.sync()
            try log.crash("after appending and another crash")
            try log.reopen()
            try log.check("after opening again")
        },
        Rule(
            "reset.unsynced", 40,
            contract: "A reset that was not synced is there whole after a crash, or not at all."
        ) { trial in
            let log = try trial.log()
            try log.append(1...40, size: 300)
            try log.sync()
            try log.reset(to: LogPosition(term: 2, index: 20))
            try log.crash("after a reset and a crash")
        },
        Rule(
            "reset.toNothing", 40,
            contract: "A reset to nothing makes the log as if it had never been written."
        ) { trial in
            let log = try trial.log()
            try log.append(1...10)
            try log.compact(through: 4)
            try log.reset(to: nil)
            try log.check("after a reset to nothing")
            try trial.expect(log.store().state == LogState(), "the state is \(log.store().state)")
            try log.reopen()
            try log.append(3...6, salt: 1)
            try log.reopen()
            try log.check("after starting at 3 and opening again")
        },
    ]
}
