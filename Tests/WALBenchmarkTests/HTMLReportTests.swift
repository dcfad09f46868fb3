import Foundation
import Testing

@testable import WALBenchmark

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct HTMLReportTests {
    /// What a parser that forgives nothing finds in a document.
    private final class Reader: NSObject, XMLParserDelegate {
        var tags: [(name: String, attributes: [String: String])] = []
        var text = ""
        var open: [String] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
            qualifiedName: String?, attributes: [String: String]
        ) {
            tags.append((name, attributes))
            open.append(name)
        }

        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
            qualifiedName: String?
        ) { open.removeLast() }

        func parser(_ parser: XMLParser, foundCharacters string: String) {
            if open.last != "style", open.last != "script" { text += string }
        }
    }

    private func read(_ document: String) throws -> Reader {
        let parser = XMLParser(data: Data(document.utf8))
        let reader = Reader()
        parser.delegate = reader
        try #require(
            parser.parse(),
            "line \(parser.lineNumber): \(String(describing: parser.parserError))")
        return reader
    }

    @Test func thePageIsWellFormedAndHasEveryFigure() throws {
        let comparison = try sampleComparison()
        let reader = try read(try HTMLReport(comparison).text())
        let text = reader.text.replacing("\u{A0}", with: " ")
        for row in comparison.rows {
            #expect(text.contains(row.sentence))
            #expect(text.contains(WorkloadName.short(row.workload)))
            for cell in row.cells + [row.limit].compactMap(\.self) {
                #expect(text.contains(row.text(cell.summary.median)))
                #expect(text.contains(row.text(cell.summary.high)))
                for call in [cell.percentiles?.p99, cell.percentiles?.p999] {
                    guard let call else { continue }
                    #expect(
                        text.contains(Figures.text(call * Double(row.entriesPerCall), row.unit)))
                }
            }
        }
        #expect(text.contains("0.250"))  // 100 to 400
        #expect(text.contains("111 passed, 1 failed, 18 not checked"))
        #expect(text.contains("lmdb broke 1 of the conformance rules: a.b."))
        #expect(text.contains("open.killed.1M, lmdb: no figure, nobody died"))
        #expect(text.contains("read back identical"))
        #expect(text.contains("Some figures rest on 3 repetitions"))
        #expect(text.contains("Not comparable here: lmdb:nosync"))
        #expect(text.contains(comparison.environment.kernel))
        #expect(text.contains(comparison.environment.date))
    }

    @Test func theAnswerComesFirst() throws {
        var comparison = try sampleComparison()
        comparison.rows = comparison.rows.filter { $0.workload == "append.durable.10" }
        let headline = Findings(comparison).headline
        #expect(
            headline == [
                "“10 and a sync, each entry”: segment takes 100 ns; "
                    + "lmdb takes 400 ns, 4 times as long.",
                "The disk alone, a plain loop that writes and syncs the same bytes, takes 80.0 ns: "
                    + "segment is 25 % above the limit, lmdb is 5 times the limit.",
            ])
        let text = try read(try HTMLReport(comparison).text()).text
        let first = try #require(text.range(of: "segment takes 100"))
        let second = try #require(text.range(of: "The disk alone"))
        #expect(first.lowerBound < second.lowerBound)
    }

    @Test func whateverABackendIsCalledTheDocumentStaysWhole() throws {
        let name = "<b>\"&'</script><!--\u{0}]]>"
        let comparison = try sampleComparison(segment: name)
        let page = try HTMLReport(comparison).text()
        #expect(!page.contains("<b>\"&"))
        let reader = try read(page)
        #expect(reader.text.contains("<b>\"&'</script><!--\u{FFFD}]]>"))
        _ = try read(SummaryChart(Findings(comparison)).document())
        // And the results inside are still those of the run.
        let again = try JSONReport(
            reading: try #require(HTMLReport.results(in: Data(page.utf8))), from: "page"
        ).comparison(named: "page")
        #expect(again.rows.first?.cells.first?.backend == name)
        let markdown = MarkdownReport(comparison).text
        #expect(!markdown.contains("<b>"))
        #expect(markdown.contains("\\<b\\>"))
    }

    @Test func nothingIsLoadedFromElsewhere() throws {
        let page = try HTMLReport(try sampleComparison()).text()
        let reader = try read(page)
        for (name, attributes) in reader.tags {
            #expect(!["img", "link", "iframe", "object", "embed", "base"].contains(name))
            if name == "script" { #expect(attributes["type"] == "application/json") }
            for (key, value) in attributes where key != "xmlns" {
                #expect(!value.contains("//"), "\(key)=\(value)")
                #expect(!key.hasPrefix("on"))
            }
            if let target = attributes["href"] { #expect(target.hasPrefix("#")) }
        }
        let names = page.replacing("http://www.w3.org/2000/svg", with: "")
            .replacing("http://www.w3.org/1999/xhtml", with: "")
        #expect(!names.contains("http"))
        #expect(!Stylesheet.page.contains("url("))
        #expect(!Stylesheet.page.contains("@import"))
    }

    @Test func chartsCanBeReadOutAndEveryReferenceLeadsSomewhere() throws {
        let tags = try read(try HTMLReport(try sampleComparison()).text()).tags
        let ids = tags.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count)
        let charts = tags.filter { $0.name == "svg" }
        // The answer, throughput, opening, memory over time, bars, and curves of three workloads.
        #expect(charts.count >= 7)
        for chart in charts {
            #expect(chart.attributes["role"] == "img")
            let names = try #require(chart.attributes["aria-labelledby"]).split(separator: " ")
            #expect(names.count == 2)
            #expect(names.allSatisfy { ids.contains(String($0)) })
        }
        for target in tags.compactMap({ $0.attributes["href"] }) {
            #expect(ids.contains(String(target.dropFirst())))
        }
        let sections = tags.filter { $0.name == "section" }
        let tables = tags.filter { $0.name == "details" }
        #expect(tables.count >= sections.count - 2)
        #expect(tags.first { $0.name == "html" }?.attributes["lang"] == "en")
    }

    @Test func coordinatesStayInsideTheirChart() throws {
        let page = try HTMLReport(try sampleComparison()).text()
        #expect(!page.contains("nan"))
        #expect(!page.contains("inf\""))
        let tags = try read(page).tags
        for (name, attributes) in tags where ["rect", "line", "text", "circle"].contains(name) {
            for key in ["x", "x1", "x2", "cx"] {
                guard let value = attributes[key] else { continue }
                let number = try #require(Double(value))
                #expect((0...Drawing.width).contains(number), "\(name) \(key)=\(value)")
            }
        }
    }

    @Test func aRunWithoutFiguresIsAPageToo() throws {
        var comparison = try sampleComparison()
        comparison.rows = []
        comparison.conformance = []
        let text = try read(try HTMLReport(comparison).text()).text
        #expect(text.contains("Nothing was measured."))
        #expect(text.contains("No rules were checked in this run."))
        #expect(SummaryChart(Findings(comparison)).isEmpty)
    }

    @Test func manyBackendsAreToldInFewWords() throws {
        var comparison = try sampleComparison()
        var row = durableRow()
        for (name, figure) in [("a", 100.0), ("b", 200), ("c", 300), ("d", 450)] {
            try row.add(cell(name, figure))
        }
        try row.setLimit(cell("limit", 80))
        comparison.rows = [row]
        #expect(
            Findings(comparison).headline == [
                "“10 and a sync, each entry”: a takes 100 ns; the others take 2–4.5× as long: "
                    + "b 200 ns, c 300 ns, d 450 ns.",
                "The disk alone, a plain loop that writes and syncs the same bytes, takes 80.0 ns: "
                    + "a is 25 % above the limit, the others are at 2.5–5.6× of it.",
            ])
    }

    @Test func whatDoesNotDifferIsCalledThat() throws {
        var comparison = try sampleComparison()
        var row = durableRow()
        try row.add(cell("a", 100))
        try row.add(cell("b", 101))
        comparison.rows = [row]
        #expect(
            Findings(comparison).headline == [
                "a and b do not differ beyond the noise: 100 ns and 101 ns for "
                    + "“10 and a sync, each entry”."
            ])
        #expect(Findings(comparison).verdicts.map(\.text) == ["no difference beyond the noise"])
    }

    /// A store that does not sync is fast at everything that a sync would have slowed down.
    @Test func whoIsToldNotToSyncIsAheadOfNobody() throws {
        var comparison = try sampleComparison()
        var memory = Row(workload: "memory.after1M", sentence: "", unit: .bytes, durability: .none)
        try memory.add(cell("segment", 500, .none))
        try memory.add(cell("lmdb", 900, .none))
        try memory.add(cell("lmdb:nosync", 10, .none))
        comparison.rows.removeLast()
        comparison.rows.append(memory)
        let texts = Findings(comparison).verdicts.map(\.text)
        #expect(texts.last == "segment ahead, by 1.8×")
        #expect(!texts.joined().contains("nosync"))
    }

    /// Whoever cannot see the chart in the README reads the same as everybody else.
    @Test func theChartInTheREADMEIsOursAndSaysWhatStandsBesideIt() throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let path = root.appendingPathComponent("Documentation/durable-writes.svg")
        let chart = String(decoding: try Data(contentsOf: path), as: UTF8.self)
        let reader = try read(chart)
        #expect(reader.tags.first?.name == "svg")
        #expect(reader.tags.first?.attributes["role"] == "img")
        let title = try #require(chart.firstMatch(of: /<title [^>]*>([^<]*)</)?.output.1)
        let readme = String(
            decoding: try Data(contentsOf: root.appendingPathComponent("README.md")),
            as: UTF8.self)
        #expect(readme.contains("![\(title)](Documentation/durable-writes.svg)"))
    }

    @Test func workloadsOfASectionHaveNamesOfTheirOwnAndAChart() {
        for workload in Workloads.all {
            #expect(WorkloadGroup.part(of: workload.id) != "Side by side", "\(workload.id)")
        }
        let names = Workloads.all.map { WorkloadName.short($0.id) }
        let groups = Workloads.all.map { WorkloadGroup(of: $0.id) }
        // What is called the same has to be told apart by its section.
        #expect(Set(zip(names, groups).map { "\($0) \($1)" }).count == names.count)
        #expect(WorkloadGroup(of: "mine.own") == .others)
        #expect(WorkloadName.short("mine.own") == "mine.own")
    }
}
