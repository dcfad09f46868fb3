import Testing

@testable import WALBenchmark

@Suite struct BarsTests {
    @Test func aBarIsAsLongAsItsShareAndHasTheLimitInIt() {
        #expect(Bars.bar(100, nil, of: 100, room: 4) == "████")
        #expect(Bars.bar(50, nil, of: 100, room: 4) == "██  ")
        #expect(Bars.bar(31.25, nil, of: 100, room: 4) == "█▎  ")
        #expect(Bars.bar(100, 50, of: 100, room: 4) == "██│█")
        #expect(Bars.bar(25, 100, of: 100, room: 4) == "█  │")
        // However little it is, it can be seen; and nothing is longer than the room.
        #expect(Bars.bar(0.001, nil, of: 100, room: 4) == "▏   ")
        #expect(Bars.bar(0, nil, of: 0, room: 4) == "    ")
    }

    @Test func everyFigureIsThereAndNoLineIsWiderThanTheTerminal() throws {
        let comparison = try sampleComparison()
        for width in [20, 80, 100, 400] {
            let text = Bars(of: comparison, width: width).text
            for line in text.split(separator: "\n") {
                #expect(line.count <= min(max(width, 60), 110), "\(line)")
                #expect(line.last != " ")
            }
            for row in comparison.rows {
                #expect(text.contains(WorkloadName.short(row.workload)))
                for cell in row.cells {
                    #expect(text.contains(row.text(cell.summary.median)))
                }
            }
            #expect(text.contains("told not to sync: compares with nothing"))
        }
    }

    @Test func theAnswerComesFirstAndOnlyATerminalGetsEscapeCodes() throws {
        let comparison = try sampleComparison()
        let first = try #require(Findings(comparison).headline.first)
        let plain = Bars(of: comparison, width: 110).text
        #expect(plain.hasPrefix(first.prefix(60)))
        #expect(!plain.contains("\u{1B}"))
        #expect(Bars(of: comparison, emphasises: true).text.hasPrefix("\u{1B}[1m"))
    }

    @Test func ratesAreLongerIfTheyAreMore() throws {
        let lines = Bars(of: try sampleComparison()).text.split(separator: "\n")
        let place = try #require(lines.firstIndex { $0.hasPrefix(" 64 tasks") })
        let segment = lines[place + 1]
        let lmdb = lines[place + 2]
        #expect(segment.contains("250,000/s"))
        #expect(segment.contains("22.5×"))
        #expect(segment.count { $0 == "█" } > 2 * lmdb.count { $0 == "█" })
    }
}
