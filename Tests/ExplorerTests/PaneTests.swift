import Attribution
@testable import Explorer
import Testing
import TestSupport
import VisionTransformer

/// Panes, what they have in common, differences, grids, heads and queries.
@Suite struct PaneTests {
    private func explorer(_ keys: String = "", columns: Int = 120, rows: Int = 40) -> ScriptedExplorer {
        var explorer = ScriptedExplorer(columns: columns, rows: rows)
        explorer.press(keys)
        return explorer
    }

    private func text(_ explorer: ScriptedExplorer) -> String { explorer.screen.joined(separator: "\n") }

    /// In a grid over methods each has its own kind of colors, whatever method is looked at.
    @Test func aGridOverMethodsDrawsSignedOnesInTheirColors() {
        let plain = MethodSummary(identifier: "getam", title: "GETAM", explanation: "", axes: [.target, .layer])
        let signed = MethodSummary(identifier: "rollout", title: "Rollout", explanation: "", axes: [.target, .layer], scale: .diverging)
        func colors(_ methods: [MethodSummary], _ line: String? = nil) -> Set<Color> {
            var explorer = ScriptedExplorer(columns: 120, rows: 40, methods: methods)
            for line in ["grid methodsxclasses", line].compactMap(\.self) { explorer.send(.run(line)) }
            let frame = view(explorer.state)
            guard let grid = explorer.state.grid, let geometry = GridGeometry(explorer.state) else { return [] }
            let box = geometry.box(row: 1, column: 0, in: grid)
            return Set((box.row..<box.row + box.rows).flatMap { row in
                (box.column..<box.column + box.columns).flatMap { [frame[$0, row].foreground, frame[$0, row].background] }
            })
        }
        let sequential = MethodSummary(identifier: "rollout", title: "Rollout", explanation: "", axes: [.target, .layer])
        for line in [nil, "scale layers"] {
            let (own, other) = (colors([plain, signed], line), colors([plain, sequential], line))
            #expect(own.count > 3 && other.count > 3 && own.intersection(other).count < other.count / 2, "\(own) \(other)")
        }
    }

    @Test func aPaneIsAddedAndLooksForItself() {
        let explorer = explorer("| j")
        #expect(explorer.state.panes.all.count == 2 && explorer.state.panes.focus == 1)
        #expect(explorer.state.place(ofPane: 0).classIndex == 0 && explorer.state.place(ofPane: 1).classIndex == 1)
        #expect(explorer.state.paneContents[0].shown != nil && explorer.state.shown != nil)
        #expect(text(explorer).contains(" 1 · tabby") && text(explorer).contains(" 2 · golden"))
    }

    @Test func lockedAxesMoveTogetherAndFreeOnesDoNot() {
        var explorer = explorer("| m h h")
        #expect(explorer.state.place(ofPane: 0).method == 0 && explorer.state.place(ofPane: 1).method == 1)
        #expect(explorer.state.place(ofPane: 0).layer == .layer(10) && explorer.state.place(ofPane: 1).layer == .layer(10))
        // A freed axis stays where it was; a locked one follows.
        explorer.press("; l")
        explorer.press("h")
        #expect(explorer.state.place(ofPane: 0).layer == .layer(10) && explorer.state.place(ofPane: 1).layer == .layer(9))
        explorer.press("; l")
        #expect(explorer.state.place(ofPane: 0).layer == .layer(9))
        explorer.press("; a")
        #expect(explorer.state.place(ofPane: 0) == explorer.state.place(ofPane: 1))
        #expect(text(explorer).contains("free: nothing"))
        explorer.press("; n n")
        #expect(explorer.state.place(ofPane: 0).picture == 0 && explorer.state.place(ofPane: 1).picture == 1)
        #expect(explorer.state.paneContents[0].shown != nil)
    }

    @Test func theFocusGoesAroundAndPanesClose() {
        var explorer = explorer("| j | j w")
        #expect(explorer.state.panes.focus == 0 && explorer.state.selectedClass == 0)
        explorer.press("w w w")
        #expect(explorer.state.panes.focus == 0)
        explorer.send(.focusPane(2))
        let third = explorer.state.place
        explorer.send(.focusPane(0))
        explorer.press("X")
        #expect(explorer.state.panes.all.count == 2 && explorer.state.place(ofPane: 1) == third)
        explorer.press("X X")
        #expect(explorer.state.panes.all.count == 1 && explorer.state.message?.text == "this is the only pane")
        explorer.press("| | | |")
        #expect(explorer.state.panes.all.count == 4 && explorer.state.message?.text.hasPrefix("no more than 4 panes") == true)
    }

    @Test func theDifferenceIsThatOfTheValues() throws {
        let explorer = explorer("| j D")
        let shown = try #require(explorer.state.shown), other = try #require(explorer.state.paneContents[0].shown)
        #expect(shown.scale.isDiverging && shown.low == -shown.high && shown.scaleName.hasSuffix(", raw difference"))
        let own = try #require(explorer.state.fusedMap(of: explorer.state.record?.maps[MapKey(classIndex: 1, method: 0)] ?? [], by: .sum))
        for (index, value) in shown.map.map.values.enumerated() {
            #expect(value == own.values[index] - other.map.map.values[index])
        }
        #expect(text(explorer).contains("less pane 1"))
        // Of two methods raw values do not compare.
        let unlike = self.explorer("| m D")
        #expect(unlike.state.shown?.scaleName.hasSuffix(", each by its largest") == true)
        #expect((unlike.state.shown?.high ?? 9) <= 1)
    }

    @Test func aDifferenceOfAPaneThatGoesIsNone() {
        var explorer = explorer("| j D w X")
        #expect(explorer.state.panes.all.count == 1 && explorer.state.subtracted == nil)
        explorer.press("D")
        #expect(explorer.state.message?.text.hasPrefix("a difference needs two panes") == true)
    }

    @Test func blinkingAndPeekingComeBack() {
        var explorer = explorer("| j")
        let before = view(explorer.state)
        explorer.press(".")
        #expect(text(explorer).contains("1 in place of 2"))
        explorer.press(". O")
        #expect(text(explorer).contains("picture"))
        explorer.press("O")
        var now = view(explorer.state), old = before
        for column in 0..<120 {
            now[column, 38] = Cell()
            old[column, 38] = Cell()
        }
        #expect(now == old)
    }

    @Test func oneScaleForAllPanesIsNamed() {
        let explorer = explorer("| j r r r")
        #expect(explorer.state.adjustments.normalization == .panes)
        #expect(explorer.state.shown?.scaleName == "shared 0–max, 2 panes")
        #expect(explorer.state.shown?.high == explorer.state.paneContents[0].shown?.high)
        var closed = explorer
        closed.press("X")
        #expect(closed.state.adjustments.normalization == .map)
    }

    @Test func aGridShowsHeadsAndItsCellsAreEntered() {
        var explorer = explorer("V")
        #expect(explorer.state.grid?.name == "layers×heads" && explorer.state.work == nil)
        #expect(explorer.state.record?.isComplete(MapKey(target: .logit(0), method: 0, head: 2)) == true)
        explorer.press("up right")
        #expect(explorer.state.message?.text.contains("layer 10 · head 1") == true)
        explorer.press("enter")
        #expect(explorer.state.layer == .layer(10) && explorer.state.head == 1 && !explorer.state.showsGrid)
        #expect(text(explorer).contains("layer 10 · head 1"))
        explorer.press("backspace")
        #expect(explorer.state.showsGrid && explorer.state.layer == .fused && explorer.state.head == nil)
        explorer.press("esc")
        #expect(explorer.state.grid == nil)
    }

    @Test(arguments: ["layers×classes", "methods×classes", "layers×methods", "pictures×classes", "classes×layers"])
    func everyGridFillsItself(_ name: String) {
        var explorer = explorer()
        explorer.send(.run("grid \(name)"))
        #expect(explorer.state.showsGrid && explorer.state.work == nil, "\(explorer.state.message?.text ?? "")")
        #expect(!text(explorer).contains("·\n"))
        for key in ["down", "right", "right", "enter", "backspace"] { explorer.press(key) }
        #expect(explorer.state.showsGrid)
    }

    @Test func classesOfAGridGoBackThroughTheModelTogether() {
        var explorer = explorer()
        let before = explorer.effects.count
        explorer.send(.run("grid layers×classes"))
        let maps = explorer.effects.dropFirst(before).compactMap { effect -> [MapKey]? in
            if case .map(_, _, let keys, _, _) = effect { keys } else { nil }
        }
        #expect(maps.count == 1 && (maps.first?.count ?? 0) > 4)
    }

    @Test func headsAndQueriesAreAskedForAndRefusedInWords() {
        var explorer = ScriptedExplorer(methods: [
            MethodSummary(identifier: "getam", title: "GETAM", explanation: "", axes: [.target, .layer, .head, .query]),
            MethodSummary(identifier: "rollout", title: "Rollout", explanation: "", needsClass: false),
        ])
        explorer.press(") )")
        #expect(explorer.state.head == 1 && explorer.state.mapKey?.head == 1)
        explorer.press("( ( (")
        #expect(explorer.state.head == 2)
        explorer.press("*")
        #expect(explorer.state.head == nil)
        explorer.press("Q")
        #expect(explorer.state.message?.text == "the query is a patch: the arrows probe one")
        explorer.press("left Q right")
        #expect(explorer.state.query == .patch(3 * ScriptedExplorer.gridColumns + 5))
        #expect(explorer.state.mapKey?.query == explorer.state.query)
        explorer.press("m )")
        #expect(explorer.state.query == .picture && explorer.state.message?.text == "rollout has no value of a single head")
    }

    @Test func aClassIsSeenAgainstOthers() {
        var explorer = explorer("A")
        #expect(explorer.state.mapKey?.target == .contrast(0))
        explorer.send(.run("against 3"))
        #expect(explorer.state.mapKey?.target == .difference(0, 3))
        explorer.send(.run("against 0"))
        #expect(explorer.state.message?.text.hasSuffix("against itself is nothing") == true)
        explorer.press("A")
        #expect(explorer.state.mapKey?.target == .logit(0))
        explorer.send(.run("against soft-max"))
        #expect(explorer.state.mapKey?.target == .softMax(0, among: []) && explorer.state.message?.text.hasSuffix("by soft-max against all") == true)
        explorer.press("A")
        #expect(explorer.state.mapKey?.target == .logit(0))
    }

    /// What is a sum of logits has no value of a probability.
    @Test func sumsOfLogitsAreOfNoSoftMax() {
        let lens = MethodSummary(identifier: "patch-cam", title: "patch CAM", explanation: "logits of patches", sumsLogits: true)
        var explorer = ScriptedExplorer(columns: 120, rows: 40, methods: ScriptedExplorer.methods + [lens])
        explorer.send(.run("against soft-max"))
        explorer.send(.run("method patch-cam"))
        #expect(explorer.state.against == .none && explorer.state.mapKey?.target == .logit(0))
        explorer.send(.run("against soft-max"))
        #expect(explorer.state.message?.text.contains("is of sums of logits") == true && explorer.state.against == .none)
    }

    @Test func aSecondModelHasItsOwnAnswers() {
        var explorer = explorer()
        explorer.send(.modelLoaded(ModelSummary(name: "other", depth: 6, classNames: ScriptedExplorer.classNames, heads: 2)))
        #expect(explorer.state.model.name == "other" && explorer.state.message?.text == "model 2: other; “:model 1” and Y go back")
        explorer.send(.showModel(0))
        explorer.press("| Y")
        #expect(explorer.state.model.name == "other" && explorer.state.shown != nil)
        #expect(explorer.state.mapKey?.model == 1 && explorer.state.place(ofPane: 0).model == 0)
        #expect(text(explorer).contains("tiny") && text(explorer).contains("other"))
        explorer.press("Y")
        #expect(explorer.state.model.name == "tiny")
    }

    /// Any keys in any order: the screen has its size, and what one looks at is there.
    @Test(arguments: 0..<6) func anyKeysLeaveASoundState(_ seed: Int) {
        var random = SplitMix(seed: UInt64(900 + seed))
        var explorer = ScriptedExplorer(columns: [120, 80, 200][seed % 3], rows: [40, 24, 60][seed % 3], methods: [
            MethodSummary(identifier: "getam", title: "GETAM", explanation: "", axes: [.target, .layer, .head, .query]),
            MethodSummary(identifier: "rollout", title: "Rollout", explanation: "", needsClass: false, fusion: .last, dependsOnStart: true),
        ])
        let keys: [Key] = "|Xw;D.OV()*QAY<>hljkmnpvaosrfu".map { Key.character($0) } + [.enter, .backspace, .escape, .left, .down, .right]
        for _ in 0..<250 {
            explorer.press(keys.randomElement(using: &random) ?? .escape)
            let state = explorer.state
            #expect(state.panes.all.indices.contains(state.panes.focus))
            #expect(state.panes.all.allSatisfy { $0.less.map(state.panes.all.indices.contains) ?? true })
            let frame = view(state)
            #expect(frame.cells.count == state.columns * state.rows)
        }
    }

    /// What is not seen says nothing of itself: bar, status line and title are of the picture in its place.
    @Test func barsFollowWhatIsSeen() {
        var explorer = explorer("| m")
        #expect(explorer.screen.last?.contains("rollout") == true)
        explorer.press(".")
        #expect(explorer.screen.last?.contains("getam") == true && explorer.screen.last?.contains("rollout") == false)
        explorer.press(". O")
        #expect(text(explorer).contains("the bare picture; O goes back") && !text(explorer).contains("own min–max"))
    }

    @Test(arguments: ["O", ".", "D", "|", "X", "w", "s", "g", "+", "-", "H", "x", "Z"])
    func overAGridWhatIsOfPanesIsRefused(_ key: String) {
        var explorer = explorer("| j V")
        let before = explorer.state
        explorer.press(key)
        #expect(explorer.state.message?.text.hasPrefix("the grid lies over the panes") == true)
        explorer.state.message = before.message
        #expect(explorer.state == before)
    }

    @Test func aGridForgetsThePeek() {
        let explorer = explorer("O V esc")
        #expect(!explorer.state.panes.isPeeking)
    }

    @Test func backspaceInTheGridSaysWhereOneIs() {
        let explorer = explorer("V enter backspace backspace")
        #expect(explorer.state.message?.text == "this is the grid: Enter goes into its cell, Esc closes it")
    }

    @Test(arguments: [(40, 12), (80, 24), (120, 40), (200, 60)])
    func otherPanesSayTheirScale(_ columns: Int, _ rows: Int) {
        var explorer = explorer("| m", columns: columns, rows: rows)
        let titles = explorer.screen.filter { $0.contains("1 · ") }.joined()
        #expect(titles.contains(" · own"), "\(explorer.testDescription)")
        explorer.send(.setNormalization(.panes))
        #expect(explorer.screen.filter { $0.contains("1 · ") }.joined().contains(" · shared"))
    }

    @Test func theNearestThreeAreNamed() {
        let explorer = explorer("A")
        #expect(explorer.state.message?.text == "tabby, tabby cat against golden retriever, person, 日本の猫 Japanese bobtail")
        #expect(text(explorer).contains("against golden retriever"))
    }

    @Test func contrastNeedsNeighbors() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, pictures: 1)
        explorer.press("S S S")
        #expect(explorer.state.message?.text.contains("no picture beside this one") == true && text(explorer).contains("no neighbors"))
    }

    @Test func tokensHaveTheCommandLinesNames() {
        var explorer = explorer()
        explorer.send(
            .modelLoaded(
                ModelSummary(name: "distilled", depth: 12, classNames: ScriptedExplorer.classNames, heads: 3, prefixTokens: ["cls", "dist", "reg0"])))
        explorer.send(.showModel(1))
        for (line, token) in [("cls", 0), ("class", 0), ("dist", 1), ("distillation", 1), ("reg0", 2), ("register-0", 2), ("register 0", 2), ("1", 1)] {
            explorer.send(.run("query picture"))
            explorer.send(.run("query " + line))
            #expect(explorer.state.query == .prefix(token), "\(line)")
            #expect(explorer.state.message?.text == "as \(["cls", "dist", "reg0"][token]) looks; Q goes back")
        }
        for line in ["reg4", "top", "5"] {
            explorer.send(.run("query " + line))
            #expect(explorer.state.message?.text.contains("cls, dist, reg0") == true, "\(explorer.state.message?.text ?? "")")
        }
        explorer.send(.run("query 1 1"))
        #expect(explorer.state.message?.text == "as patch 1 1 looks; the probe moves it, Q goes back")
    }

    @Test func fusionSaysWhereItIsSeen() {
        var explorer = explorer("F")
        #expect(explorer.state.message?.text.contains("labels") == false && explorer.state.message?.text.contains("f shows") == false)
        explorer.press("h F")
        #expect(explorer.state.message?.text.hasSuffix("; f shows the fused map") == true)
        explorer.press("f")
        explorer.send(.run("weight 8 0.5"))
        #expect(explorer.state.message?.text == explorer.state.fusedLabel)
    }

    @Test func aRegionOfAllIsRefused() {
        var explorer = explorer()
        explorer.send(.run("region 0,0-7,5"))
        #expect(explorer.state.region == nil && explorer.state.message?.text.contains("nothing is left") == true)
        explorer.send(.run("probe 0 0"))
        explorer.press("Z")
        explorer.send(.run("probe 7 5"))
        explorer.press("Z")
        #expect(explorer.state.perturbationKey == nil && explorer.state.message?.text.contains("nothing is left") == true)
    }

    @Test func namesHaveRoomBesideARegion() {
        var explorer = explorer("", columns: 120)
        explorer.send(.run("region 0,0-3,3"))
        #expect(text(explorer).contains("golden retriever "), "\(explorer.testDescription)")
    }

    /// Few heads of many layers, or the other way, do not leave most of the room empty; cells are where clicks find them.
    @Test(arguments: [(80, 24), (120, 40), (200, 60)], [Grid(rows: .layers, columns: .heads), Grid(rows: .heads, columns: .layers)])
    func gridsFillTheirRoom(_ size: (Int, Int), _ grid: Grid) throws {
        var explorer = explorer("", columns: size.0, rows: size.1)
        explorer.send(.openGrid(grid.rows, grid.columns))
        let geometry = try #require(GridGeometry(explorer.state)), open = try #require(explorer.state.grid)
        let rect = geometry.rect
        #expect(geometry.shown * 100 >= rect.columns * rect.rows * 45, "\(geometry.shown) of \(rect.columns * rect.rows)\n\(explorer.testDescription)")
        var taken: Set<Int> = []
        for row in open.top..<open.top + geometry.visibleRows {
            for column in open.left..<open.left + geometry.visibleColumns {
                let box = geometry.box(row: row, column: column, in: open)
                for y in box.row..<box.row + box.rows {
                    for x in box.column..<box.column + box.columns {
                        #expect(rect.contains(column: x, row: y) && taken.insert(y * 1000 + x).inserted)
                        let found = geometry.cell(column: x, row: y, in: open)
                        #expect(found?.row == row && found?.column == column)
                    }
                }
            }
        }
    }
}
