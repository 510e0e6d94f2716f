import Attribution
@testable import Explorer
import Testing

/// Everything that is shown and has a key can be clicked, and does what the key does.
@Suite struct ClickTests {
    /// Where a text stands on the screen.
    private func place(_ text: String, in explorer: ScriptedExplorer, row wanted: Int? = nil) -> (column: Int, row: Int)? {
        for (row, line) in explorer.screen.enumerated() where wanted == nil || row == wanted {
            if let range = line.firstRange(of: text) { return (DisplayText.width(of: String(line[..<range.lowerBound])), row) }
        }
        return nil
    }

    private func click(_ text: String, in explorer: inout ScriptedExplorer, row: Int? = nil, plus: Int = 1) throws {
        let found = try #require(self.place(text, in: explorer, row: row), "no “\(text)”\n\(explorer.testDescription)")
        explorer.send(.mouse(.left, column: found.column + plus, row: found.row))
    }

    static let curve = MethodSummary(
        identifier: "lens-curve", title: "logit by layer", explanation: "how early", isMethod: false, axes: .target, scale: .diverging)

    @Test(arguments: [(80, 24), (120, 40), (200, 60)])
    func panesAndLocks(_ columns: Int, _ rows: Int) throws {
        var explorer = ScriptedExplorer(columns: columns, rows: rows)
        explorer.press("| j")
        try click("1 · ", in: &explorer)
        #expect(explorer.state.panes.focus == 0)
        // The name of the pane that keys act on goes through its views.
        try click("1 · ", in: &explorer)
        #expect(explorer.state.adjustments.view == .map)
        try click("locked", in: &explorer)
        #expect(explorer.state.mode == .chooseLock)
        // Questions are answered by clicks, too.
        try click("layer", in: &explorer, row: rows - 2)
        #expect(explorer.state.mode == .browse && !explorer.state.panes.locked.contains(.layer))
        explorer.press(";")
        try click("Esc", in: &explorer, row: rows - 2)
        #expect(explorer.state.mode == .browse)
    }

    @Test func locksAreSeenAndClickedOnTheSmallestScreen() throws {
        var explorer = ScriptedExplorer(columns: 40, rows: 12)
        explorer.press("| j")
        #expect(place("=plhqv", in: explorer) != nil, "\(explorer.testDescription)")
        try click("=plhqv", in: &explorer)
        #expect(explorer.state.mode == .chooseLock)
        explorer.press("n")
        #expect(place("free", in: explorer) != nil)
    }

    @Test func theListTheBarAndTheHistogram() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        try click("classes 40", in: &explorer)
        #expect(explorer.state.classOrder == .name)
        try click("own min", in: &explorer)
        #expect(explorer.state.adjustments.normalization == .layers, "\(explorer.testDescription)")
        let scale = try #require(place("own 0–max", in: explorer))
        explorer.send(.mouse(.left, column: scale.column - 20, row: scale.row))
        #expect(explorer.state.adjustments.colorMap == .magma)
        explorer.press("g")
        try click("fused 6-11, patches", in: &explorer)
        #expect(!explorer.state.histogramShown)
        try click(" layers ", in: &explorer)
        #expect(explorer.state.layer != .fused)
    }

    @Test func theHistogramOverThePicture() throws {
        var explorer = ScriptedExplorer(columns: 80, rows: 24)
        explorer.press("g")
        try click("fused 6-11, patches", in: &explorer)
        #expect(!explorer.state.histogramShown)
    }

    @Test func theCurve() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 60, methods: ScriptedExplorer.methods + [Self.curve])
        let key = try #require(explorer.state.curveKey)
        explorer.send(.tableMade(picture: 0, key: key, QuantityTable(columns: ["logit"], rows: (0..<12).map { [Float($0)] })))
        let name = try #require(place("by layer", in: explorer), "\(explorer.testDescription)")
        let column = try #require(explorer.state.record.map { _ in Layout(explorer.state).curve?.column } ?? nil) + 1
        explorer.send(.mouse(.left, column: column + 4, row: name.row + 1))
        #expect(explorer.state.layer == .layer(4))
        explorer.send(.mouse(.left, column: name.column, row: name.row))
        #expect(explorer.state.methodName == "lens-curve")
    }

    @Test func theProbe() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 60)
        explorer.send(.run("find cat"))
        explorer.press("x")
        let rect = try #require(Layout(explorer.state).probe)
        explorer.send(.mouse(.left, column: rect.column + 8 + 3, row: rect.row + 2))
        #expect(explorer.state.layer == .layer(3))
        explorer.send(.mouse(.left, column: rect.column + 8 + 2, row: rect.row + 3))
        #expect(explorer.state.head == 2)
        explorer.send(.mouse(.left, column: rect.column + 4, row: rect.row + 5))
        #expect(explorer.state.selectedClass == explorer.state.probeAnswer?.classes[1].index || explorer.state.selectedClass != 0)
        explorer.send(.mouse(.left, column: rect.column + 4, row: rect.row))
        #expect(explorer.state.probe == nil)
    }

    @Test func theGridsName() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.press("V")
        let name = explorer.state.grid?.name
        try click("grid · ", in: &explorer)
        #expect(explorer.state.grid != nil && explorer.state.grid?.name != name)
    }

    @Test func theLegendAndTheSmallScreensThresholds() throws {
        var explorer = ScriptedExplorer(columns: 80, rows: 24)
        explorer.press("space j space a")
        let rect = try #require(Layout(explorer.state).legend)
        let row = try #require((rect.row..<rect.row + rect.rows).first { explorer.screen[$0].contains("tabby") })
        explorer.send(.mouse(.left, column: rect.column + 4, row: row))
        #expect(explorer.state.selectedClass == 0)
        var small = ScriptedExplorer(columns: 40, rows: 12)
        small.press("a")
        let active = small.state.activeThreshold
        let other = try #require(small.state.thresholds.first { $0 != active && place($0.shortTitle + " ", in: small, row: 9) != nil })
        try click(other.shortTitle + " ", in: &small, row: 9)
        #expect(small.state.activeThreshold == other)
    }

    @Test func theModel() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.send(.modelLoaded(ModelSummary(name: "other", depth: 12, classNames: ScriptedExplorer.classNames, heads: 3)))
        try click("other", in: &explorer, row: 0)
        #expect(explorer.state.modelIndex == 0)
    }

    @Test func classesByPatchAreNamedInTheirColors() throws {
        for (columns, rows) in [(40, 12), (80, 24), (200, 60)] {
            var explorer = ScriptedExplorer(columns: columns, rows: rows, methods: ScriptedExplorer.methods + [
                MethodSummary(
                    identifier: "lens-class", title: "class by logit lens", explanation: "per patch", needsClass: false, fusion: .last, isMethod: false,
                    axes: [.layer], scale: .classes),
            ])
            explorer.send(.run("quantity lens-class"))
            let key = try #require(explorer.state.mapKey)
            let patches = PatchClasses(rows: 6, columns: 8, classes: (0..<48).map { $0 < 24 ? 2 : $0 % 12 }, values: Array(repeating: 1, count: 48))
            for layer in 0..<12 { explorer.send(.layerMapped(picture: 0, key: key, layer: layer, .classes(patches))) }
            let bar = try #require(explorer.screen.first { $0.contains("■ person") }, "\(explorer.testDescription)")
            // Whole entries, and how many more there are.
            #expect(bar.contains("■ person 54.2%  ■ ") || columns == 40)
            #expect(bar.contains(" + ") && !bar.contains("scale"), "\(bar)")
        }
    }

    /// Wherever one clicks, something is drawn and nothing traps.
    @Test(arguments: ["", "| j | m", "V", "space a g", "x", ":", "e", "| ;", "?", "O"])
    func everyCell(_ keys: String) {
        for (columns, rows) in [(40, 12), (64, 18), (80, 24), (120, 40)] {
            for row in stride(from: 0, to: rows, by: 1) {
                for column in stride(from: 0, to: columns, by: 7) {
                    var explorer = ScriptedExplorer(columns: columns, rows: rows)
                    explorer.press(keys)
                    explorer.send(.mouse(.left, column: column, row: row))
                    #expect(view(explorer.state).rows == rows)
                }
            }
        }
    }
}
