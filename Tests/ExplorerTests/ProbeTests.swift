import Attribution
@testable import Explorer
import Testing
import TestSupport

/// What the probe says of a patch, and in which order classes are listed.
@Suite struct ProbeTests {
    private func text(_ explorer: ScriptedExplorer) -> String { explorer.screen.joined(separator: "\n") }

    @Test func thePatchIsToldOfInEveryLayerHeadAndTheFirstClasses() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 60)
        // Five classes leave the list's foot free.
        explorer.send(.run("find cat"))
        explorer.press("h x")
        let probe = try #require(explorer.state.probe), answer = try #require(explorer.state.probeAnswer)
        let patch = probe.row * ScriptedExplorer.gridColumns + probe.column
        func value(classIndex: Int, layer: Int) -> Float {
            ScriptedExplorer.map(classIndex: classIndex, method: 0, layer: layer).values[patch]
        }
        #expect(answer.rank == 1 && answer.value == value(classIndex: 0, layer: 11))
        #expect(answer.layers == (0..<12).map { value(classIndex: 0, layer: $0) })
        // Heads are computed for it, and the maps of the other classes.
        #expect(answer.heads == (0..<3).map { value(classIndex: $0, layer: 11) })
        #expect(answer.classes.map(\.index).first == 0 && answer.classes.count == min(explorer.state.listed.count, 3))
        for (index, classValue) in answer.classes { #expect(classValue == value(classIndex: index, layer: 11)) }
        #expect(text(explorer).contains("─ patch \(probe.column) \(probe.row) ─") && text(explorer).contains(" heads "))
        // Marked classes go first; the one looked at is always there.
        explorer.press("j space k")
        #expect(explorer.state.selectedClass == 0)
        #expect(explorer.state.probeAnswer?.classes.first?.index == explorer.state.marks.first)
        #expect(explorer.state.probeAnswer?.classes.contains { $0.index == explorer.state.selectedClass } == true)
        explorer.press("esc esc")
        #expect(explorer.state.probeAnswer == nil && !text(explorer).contains("─ patch "))
    }

    @Test func aMethodWithoutHeadsHasNone() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 60)
        explorer.press("m x")
        let answer = try #require(explorer.state.probeAnswer)
        #expect(answer.heads.isEmpty && answer.layers.count == 12)
        #expect(answer.classes.isEmpty == (explorer.state.method?.needsClass == false))
    }

    @Test func withoutRoomNothingIsAskedFor() {
        var explorer = ScriptedExplorer(columns: 80, rows: 24)
        let before = explorer.effects.count
        explorer.press("x")
        // Forty classes fill the list.
        #expect(!text(explorer).contains("─ patch ") && explorer.effects.count == before)
    }

    @Test func itsMapsAreNotForgottenWhileItIsSeen() {
        var explorer = ScriptedExplorer(columns: 120, rows: 60, cacheLimit: 1000)
        explorer.send(.run("find cat"))
        explorer.press("x")
        #expect(explorer.state.work == nil && explorer.state.probeAnswer?.heads.contains(nil) == false)
    }

    @Test func manyLayersHaveABarForSeveral() {
        let values = (0..<24).map { Optional(Float($0)) }
        #expect(Sparkline.text(values, columns: 12).count == 12 && Sparkline.text(values, columns: 24) == Sparkline.text(values))
        #expect(Sparkline.text([1, nil, 3, 2], columns: 2) == Sparkline.text([1, 3]))
        #expect(Sparkline.peak([1, nil, 3, .nan]) == 2 && Sparkline.peak([nil]) == nil)
    }

    @Test func inAnotherGridThePatchLiesAtTheSamePlace() {
        let coarse = PatchGrid(columns: 16, rows: 12), fine = PatchGrid(columns: 23, rows: 17)
        for row in 0..<coarse.rows {
            for column in 0..<coarse.columns {
                let patch = PatchPosition(column: column, row: row), there = coarse.carried(patch, to: fine)
                // The middle of the one lies in the other, so the way back ends where it began.
                #expect(abs((Double(there.column) + 0.5) / 23 - (Double(column) + 0.5) / 16) <= 0.5 / 23 + 1e-9)
                #expect(fine.carried(there, to: coarse) == patch)
                let query = coarse.carried(.patch(row * 16 + column), to: fine)
                #expect(query == .patch(there.row * 23 + there.column))
            }
        }
        #expect(coarse.carried(.prefix(1), to: fine) == .prefix(1) && coarse.carried(.patch(192), to: fine) == .picture)
        #expect(coarse.carried(PatchPosition(column: 15, row: 11), to: PatchGrid(columns: 1, rows: 1)) == PatchPosition(column: 0, row: 0))
    }

    /// Probe and query of panes over models with other grids.
    @Test func panesOfOtherGridsShowTheSamePlace() throws {
        var explorer = ScriptedExplorer(columns: 160, rows: 60)
        explorer.otherGrid = 1
        explorer.send(.modelLoaded(ModelSummary(name: "tiny", depth: 12, classNames: ScriptedExplorer.classNames, heads: 3)))
        explorer.send(.showModel(0))
        explorer.press("x Q |")
        explorer.press("Y")
        let probe = try #require(explorer.state.probe)
        #expect(explorer.state.record?.trace.gridColumns == 2 * ScriptedExplorer.gridColumns)
        #expect(explorer.state.query == .patch(probe.row * 2 * ScriptedExplorer.gridColumns + probe.column))
        let first = explorer.state.looking(at: explorer.state.place(ofPane: 0))
        let there = try #require(first.probe)
        #expect(there == PatchPosition(column: probe.column / 2, row: probe.row / 2))
        #expect(first.query == .patch(there.row * ScriptedExplorer.gridColumns + there.column))
        #expect(explorer.state.paneContents[0].shown != nil && explorer.state.shown != nil && explorer.state.work == nil)
        // Two models of one name are told apart.
        #expect(text(explorer).contains("tiny #1") && text(explorer).contains("tiny #2"))
        explorer.press("w")
        #expect(explorer.state.probe == there && explorer.state.query == first.query)
    }

    // MARK: Orders

    @Test func classesAreListedInEveryOrder() {
        var explorer = ScriptedExplorer(columns: 120, rows: 60)
        let ranked = explorer.state.listed
        explorer.press("S")
        let names = explorer.state.listed.map { explorer.state.model.className($0).lowercased() }
        #expect(names == names.sorted() && explorer.state.selectedClass == ranked[0])
        #expect(text(explorer).contains("by name"))
        explorer.press("S")
        // The thirty of “class number …” stand together, in their order; every group where its first is.
        let words = explorer.state.listed.map { index in
            explorer.state.model.className(index).lowercased().split { " ,_-".contains($0) }.first.map(String.init) ?? ""
        }
        #expect(Set(words).count == zip(words, words.dropFirst()).filter { $0 != $1 }.count + 1)
        #expect(explorer.state.listed.first == ranked.first && Set(explorer.state.listed) == Set(ranked))
        explorer.send(.run("sort probability"))
        #expect(explorer.state.listed == ranked)
        explorer.send(.run("sort size"))
        #expect(text(explorer).contains("sort: “size” is none of probability, name, group, contrast, next"))
    }

    @Test func againstNeighborsTheMostUnlikeIsFirst() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 60)
        explorer.press("n")
        explorer.send(.run("sort contrast"))
        let record = try #require(explorer.state.record)
        let values = explorer.state.listed.map { explorer.state.contrast(of: $0, record) ?? 0 }
        #expect(values == values.sorted(by: >) && values.contains { $0 != 0 })
        let own = record.trace.probabilities[explorer.state.listed[0]]
        let other = ScriptedExplorer.trace(0).probabilities[explorer.state.listed[0]]
        #expect(values[0] >= (own - other) / 2 - 1e-6)
    }

    @Test func ofALongListTheMarkedComeFirst() {
        var explorer = ScriptedExplorer(columns: 80, rows: 24)
        let last = explorer.state.listed[39]
        explorer.send(.toggleMarkOf(last))
        // Not under the hand that marks, but when the list is made anew.
        #expect(explorer.state.listed.last == last)
        explorer.send(.resized(columns: 120, rows: 24))
        #expect(text(explorer).contains("●1, 1 below"))
        explorer.send(.resized(columns: 80, rows: 24))
        explorer.send(.run("sort probability"))
        #expect(explorer.state.listed.first == last)
        // Where all are seen nothing moves.
        explorer.send(.resized(columns: 120, rows: 80))
        #expect(explorer.state.listed.last == last)
    }

    @Test func escapeLeavesAGridWhileItsCellsAreMade() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.answers = false
        explorer.press("V")
        #expect(explorer.state.showsGrid && explorer.state.work != nil)
        explorer.press("esc")
        #expect(explorer.state.grid == nil && explorer.state.work == nil)
        guard case .cancel = explorer.effects.last else { return #expect(Bool(false), "the work goes on") }
    }

    @Test func smallFilmstripsAreBars() {
        let small = ScriptedExplorer(columns: 80, rows: 24), large = ScriptedExplorer(columns: 120, rows: 40)
        #expect(Layout(small.state).film?.rows == 2 && (Layout(large.state).film?.rows ?? 0) > 3)
        let bars = Set("▁▂▃▄▅▆▇█")
        let line = small.screen[Layout(small.state).film?.row ?? 0]
        #expect(line.contains(where: bars.contains) && line.allSatisfy { bars.contains($0) || $0 == " " }, "\(line)")
    }

    /// Of a method that takes passes by the dozen the other classes are told where their maps are there, and not asked for.
    @Test func whatTakesManyPassesIsNotMadeForTheProbe() throws {
        let slow = MethodSummary(identifier: "occlusion", title: "Occlusion", explanation: "slow", takesManyPasses: true)
        var explorer = ScriptedExplorer(columns: 120, rows: 40, methods: ScriptedExplorer.methods + [slow])
        func asked() -> [MapKey] {
            explorer.effects.flatMap { effect -> [MapKey] in if case .map(_, _, let keys, _, _) = effect { keys.filter { $0.method == 2 } } else { [] } }
        }
        explorer.press("m m x")
        #expect(explorer.state.methodName == "occlusion" && asked().count == 1)
        #expect(try #require(explorer.state.probeAnswer).classes.count == 1)
        explorer.press("j k")
        #expect(asked().count == 2 && explorer.state.probeAnswer?.classes.count == 2)
        #expect(explorer.state.probeAnswer?.classes.allSatisfy { $0.value != nil } == true)
    }
}
