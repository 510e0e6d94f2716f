import Attribution
@testable import Explorer
import Testing

/// Tables: their cells are gone to by the arrows and clicks, and what they add up to is shown.
@Suite struct TableTests {
    static let attribution = MethodSummary(
        identifier: "logit-attribution", title: "logit attribution", explanation: "what each adds", isMethod: false, axes: .target, scale: .diverging)
    static let columns = ["head 0", "head 1", "head 2", "attention bias", "MLP"]

    private func explorer(columns: Int = 120, rows: Int = 40) throws -> ScriptedExplorer {
        var explorer = ScriptedExplorer(columns: columns, rows: rows, methods: ScriptedExplorer.methods + [Self.attribution])
        explorer.send(.run("quantity logit-attribution"))
        let key = try #require(explorer.state.mapKey)
        let sum = QuantityTable.Sum(parts: [.init("embedding", -0.125), .init("biases", 0.5)], total: 7.25, whole: .init("logit", 7.25))
        let table = QuantityTable(
            columns: Self.columns, rows: (0..<12).map { layer in (0..<5).map { Float(layer) + Float($0) / 10 } }, unit: "logits", sums: [sum])
        explorer.send(.tableMade(picture: 0, key: key, table))
        return explorer
    }

    private func text(_ explorer: ScriptedExplorer) -> String { explorer.screen.joined(separator: "\n") }
    private func message(_ explorer: ScriptedExplorer) -> String { explorer.state.message?.text ?? "" }

    @Test(arguments: [(80, 24), (120, 40), (200, 60)])
    func theSumIsShown(_ columns: Int, _ rows: Int) throws {
        let shown = text(try explorer(columns: columns, rows: rows))
        #expect(shown.contains("sum 7.2500  logit 7.2500"))
        #expect(columns < 120 || shown.contains("embedding -0.1250  biases 0.5000  sum 7.2500"))
    }

    @Test func arrowsGoFromCellToCell() throws {
        var explorer = try explorer()
        explorer.press("down")
        #expect(message(explorer) == "layer 11 · head 0: 11.0 logits" && explorer.state.layer == .layer(11) && explorer.state.head == 0)
        explorer.press("up right")
        #expect(message(explorer) == "layer 10 · head 1: 10.1 logits" && explorer.state.probe == nil)
        explorer.press("right right right")
        #expect(message(explorer) == "layer 10 · MLP: 10.4 logits" && explorer.state.head == nil)
        explorer.press("right")
        #expect(message(explorer).contains("edge of the table"))
        explorer.press("left left")
        #expect(explorer.state.head == 2)
        explorer.press("x")
        #expect(message(explorer) == "layer 11 · MLP: 11.4 logits")
        // Heads by their own keys leave the cell that is no head's.
        explorer.press(")")
        #expect(explorer.state.tableCell?.column == 0)
        explorer.press("m")
        #expect(explorer.state.tableCell == nil)
    }

    @Test func theProbeSaysTheCell() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 60, methods: ScriptedExplorer.methods + [Self.attribution])
        explorer.send(.run("find cat"))
        explorer.press("x h")
        explorer.answers = false
        explorer.send(.run("quantity logit-attribution"))
        let key = try #require(explorer.state.mapKey)
        explorer.send(.tableMade(picture: 0, key: key, QuantityTable(columns: Self.columns, rows: (0..<12).map { _ in [1, 2.5, 3, 4, 5] })))
        explorer.send(.redraw)
        #expect(text(explorer).contains("a table: the arrows go to a cell"))
        explorer.press("right right")
        explorer.send(.redraw)
        #expect(text(explorer).contains("layer 11 · head 1: 2.50"))
        #expect(text(explorer).contains("─ layer 11 · head 1 ─"))
        #expect(!text(explorer).contains("a table, no map"))
    }

    @Test func cellsAreClicked() throws {
        var explorer = try explorer()
        let rect = try #require(Layout(explorer.state).main(explorer.state)?.rect), table = try #require(explorer.state.shownTable)
        let geometry = try #require(TableGeometry(table, explorer.state, rect))
        let box = geometry.box(layer: 3, column: 4)
        explorer.send(.mouse(.left, column: box.column + 1, row: box.row))
        #expect(message(explorer) == "layer 3 · MLP: 3.40 logits")
        explorer.send(.mouse(.wheelDown, column: box.column, row: box.row))
        #expect(explorer.state.layer == .layer(4))
    }
}
