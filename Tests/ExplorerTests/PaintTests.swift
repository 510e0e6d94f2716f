@testable import Explorer
import Images
import Labels
import Testing

/// Corrections of labels by hand. The picture has 640×480 pixels, its label 160×120.
@Suite struct PaintTests {
    private func explorer(truth: Bool = false, columns: Int = 120, rows: Int = 40) -> ScriptedExplorer {
        ScriptedExplorer(
            columns: columns, rows: rows,
            labels: LabelSetup(numbers: (0..<40).map { UInt8($0 + 1) }, names: ScriptedExplorer.classNames, hasTruth: truth))
    }

    private func run(_ line: String, _ explorer: inout ScriptedExplorer) {
        explorer.press(":")
        explorer.type(line)
        explorer.press("enter")
    }

    private func requests(_ explorer: ScriptedExplorer) -> [LabelRequest] {
        explorer.effects.compactMap { if case .prepareLabels(let request, _, _) = $0 { request } else { nil } }
    }

    private func number(_ x: Int, _ y: Int, _ explorer: ScriptedExplorer) -> UInt8? {
        explorer.state.shownLabels.map { $0.labels.indices[y / 4 * 160 + x / 4] }
    }

    @Test func keysPaintMoveAndUndo() throws {
        var explorer = explorer()
        explorer.press("a E")
        let tool = try #require(explorer.state.tool)
        #expect(tool.cursor == StrokePoint(x: 320, y: 240) && tool.radius == 6 && tool.target == .named("tabby, tabby cat") && tool.spreads)
        explorer.press("right right space")
        let step = (explorer.state.tool?.cursor.x ?? 320) - 320
        #expect(step > 2 && explorer.state.strokesHere.count == 1)
        explorer.press("0 down m enter")
        #expect(explorer.state.strokesHere.held.last?.target == .background && explorer.state.strokesHere.held.last?.mode == .exact)
        #expect(explorer.state.message?.text.hasPrefix("background, line to ") == true && explorer.state.message?.text.hasSuffix("exact; 2 strokes") == true)
        explorer.press("u")
        #expect(explorer.state.strokesHere.count == 1 && explorer.state.message?.text.contains("undone: background") == true)
        explorer.press("u u")
        #expect(explorer.state.message?.text == "no stroke to undo on this picture")
        explorer.press("U U")
        #expect(explorer.state.strokesHere.count == 2)
        // Other keys do what they do without a brush; Esc puts it down.
        explorer.press("+")
        #expect(explorer.state.viewport.zoom > 1 && explorer.state.tool != nil)
        explorer.press("esc")
        #expect(explorer.state.tool == nil && explorer.state.strokesHere.count == 2)
    }

    @Test func sizesAndTargets() {
        var explorer = explorer()
        explorer.press("space j space a E ] ] [ [ [ [ [ [ [ [")
        #expect(explorer.state.tool?.radius == 0)
        explorer.press("[")
        #expect(explorer.state.message?.text == "the brush is one pixel wide")
        explorer.press("2")
        #expect(explorer.state.tool?.target == .named("golden retriever"))
        explorer.press("7")
        #expect(explorer.state.message?.text.contains("no class 7: the label lists 2") == true)
        explorer.press("i")
        #expect(explorer.state.tool?.target == .ignored)
        explorer.press("r")
        #expect(explorer.state.tool?.target == .automatic && explorer.state.tool?.mode == .constraint)
        run("target ox", &explorer)
        #expect(explorer.state.tool?.target == .named("ox"))
        run("brush 12.5", &explorer)
        #expect(explorer.state.tool?.radius == 12.5 && explorer.state.message?.text == "brush: radius 12.5 px of the picture")
        run("paint 639 479", &explorer)
        #expect(explorer.state.tool?.cursor == StrokePoint(x: 639, y: 479))
        run("paint 640 0", &explorer)
        #expect(explorer.state.message?.text == "no pixel 640,0: the picture is 640×480")
    }

    @Test func exactStrokesNeedNoWorkerOthersDo() throws {
        var explorer = explorer()
        explorer.press("a")
        let before = requests(explorer).count
        run("stroke box 0,0 39,39 mode=exact as golden retriever", &explorer)
        #expect(requests(explorer).count == before)
        #expect(number(0, 0, explorer) == 2 && number(39, 39, explorer) == 2 && number(40, 40, explorer) != 2)
        // 100 of 19200.
        #expect(explorer.state.shownLabels?.byHand == 100.0 / 19200)
        #expect(explorer.screen.contains { $0.contains("by hand 0.5%") })
        run("stroke line 8,8 as ox", &explorer)
        #expect(requests(explorer).count == before + 1)
        let request = try #require(requests(explorer).last)
        // The exact stroke asks nothing of the maps; the class painted is one of the picture's.
        #expect(request.strokes.strokes.count == 1 && request.classes == [0, 9] && request.numbers == [1, 10])
        #expect(request.strokes.numbers == ["ox": 10])
        run("paint undo", &explorer)
        #expect(requests(explorer).count == before + 1 && number(0, 0, explorer) == 2)
    }

    @Test func strokesStayWithTheirPicture() {
        var explorer = explorer()
        explorer.press("a")
        run("stroke box 0,0 639,479 mode=exact as ox", &explorer)
        explorer.press("n")
        #expect(explorer.state.strokesHere.isEmpty && number(0, 0, explorer) != 10)
        explorer.press("p")
        #expect(number(0, 0, explorer) == 10 && number(636, 476, explorer) == 10)
        explorer.press("q")
        #expect(explorer.state.mode == .confirmQuit(interrupted: false))
        #expect(explorer.screen.contains { $0.contains("Strokes of 1 picture are not saved") })
        explorer.press("n")
        run("export label out.png", &explorer)
        #expect(explorer.exports.last?.strokes.strokes.count == 1 && explorer.exports.last?.appliedClasses == [0])
        explorer.press("q")
        #expect(explorer.effects.last == .quit)
    }

    @Test func regionsAreChangedAtTheCursorAndByNumber() throws {
        var explorer = explorer()
        explorer.press("a")
        // The disc of the class lies about 200,240.
        #expect(number(200, 240, explorer) == 1)
        run("stroke fill 200,240 as ox", &explorer)
        #expect(number(200, 240, explorer) == 10)
        run("regions 1 delete", &explorer)
        #expect(number(200, 240, explorer) == 0)
        run("paint undo", &explorer)
        run("stroke box 600,0 639,39 mode=exact as ox", &explorer)
        run("regions", &explorer)
        #expect(explorer.screen.contains { $0.contains("ox, ") } && explorer.screen.contains { $0.contains("0.5% of the picture, from 602,2") })
        explorer.press("q")
        run("regions 2 as golden retriever", &explorer)
        #expect(number(620, 20, explorer) == 2)
        run("paint undo", &explorer)
        run("target ox", &explorer)
        run("tidy largest", &explorer)
        #expect(number(620, 20, explorer) == 0 && number(200, 240, explorer) == 10)
        run("regions 9 delete", &explorer)
        #expect(explorer.state.message?.text.hasPrefix("no region 9: there are 1") == true)
        run("tidy least 1000000 all", &explorer)
        #expect(number(200, 240, explorer) == 0)
    }

    @Test func theMousePaintsOneStrokeADrag() throws {
        var explorer = explorer()
        explorer.press("a E")
        let rect = try #require(Layout(explorer.state).main(explorer.state)?.rect)
        let (column, row) = (rect.column + rect.columns / 2, rect.row + rect.rows / 2)
        explorer.send(.mouse(.left, column: column, row: row))
        for step in 1...5 { explorer.send(.drag(column: column + step, row: row)) }
        #expect(explorer.state.strokesHere.count == 1)
        guard case .line(let points, _)? = explorer.state.strokesHere.held.last?.shape else { return #expect(Bool(false)) }
        #expect(points.count == 6)
        // What is held of the picture's pixels is as if it were made at once.
        var canvas = StrokeCanvas(picture: 0, width: 640, height: 480)
        canvas.follow(explorer.state.strokesHere.held, numbers: explorer.state.labelNumber)
        #expect(explorer.state.canvas?.layer.box != nil)
        for x in stride(from: 0, to: 640, by: 3) {
            for y in stride(from: 0, to: 480, by: 3) { #expect(explorer.state.canvas?.layer[x, y] == canvas.layer[x, y]) }
        }
        explorer.send(.mouse(.right, column: column, row: row))
        #expect(explorer.state.strokesHere.count == 2 && explorer.state.strokesHere.held.last?.target == .background)
        explorer.press("u u")
        #expect(explorer.state.strokesHere.isEmpty)
    }

    @Test func strokesAreSeenToThePixel() throws {
        var explorer = explorer()
        explorer.press("a")
        run("zoom 32", &explorer)
        let before = view(explorer.state)
        run("stroke line 320,240 radius=0 mode=exact as ox", &explorer)
        explorer.press("?")
        explorer.press("esc")
        // One pixel of 32×24 that are seen or so: a label's pixel would be sixteen.
        let after = view(explorer.state)
        var differing = 0
        for y in 2..<30 { for x in 0..<80 where after[x, y] != before[x, y] { differing += 1 } }
        #expect(differing > 0 && differing < 40, "\(differing)")
    }

    @Test func errorsAreSeenAndCounted() throws {
        var explorer = explorer(truth: true)
        explorer.press("a T")
        #expect(explorer.state.truthLook == .outline)
        explorer.press("T")
        let figures = try #require(explorer.state.figures), errors = try #require(figures.errors)
        let labels = try #require(explorer.state.shownLabels?.labels.indices), truth = try #require(explorer.state.shownLabels?.prepared.truth?.indices)
        let missed = zip(labels, truth).count { $1 == 1 && $0 != 1 }, extra = zip(labels, truth).count { $0 == 1 && $1 == 0 }
        #expect(errors.missed == Double(missed) / 19200 && errors.excess == Double(extra) / 19200 && errors.ignored == 160.0 / 19200)
        #expect(figures.missed[1] == Double(missed) / Double(truth.count { $0 == 1 }))
        #expect(explorer.screen.contains { $0.contains("missed") && $0.contains("too much") && $0.contains("ignored 0.8%") })
        #expect(explorer.screen.contains { $0.contains("missed extra") })
        // Over the map too.
        explorer.press("v")
        let with = view(explorer.state)
        #expect(explorer.state.shownLabels != nil)
        run("truth off", &explorer)
        explorer.press("?")
        explorer.press("q")
        #expect(view(explorer.state) != with && explorer.state.shownLabels == nil)
        var plain = self.explorer()
        plain.press("T")
        #expect(plain.state.message?.text == "no truth to see: --truth DIR gives it")
    }

    @Test func commandsSayWhatIsWrong() {
        let state = explorer().state
        for (line, message) in [
            ("paint x", "paint: “x” is none of on, off, toggle, a direction, X Y, dot"), ("brush -x", "brush: “-x” is no radius"),
            ("brush nan", "brush: “nan” is no radius"), ("brush 1e300", "brush: “1e300” is no radius"), ("target", "target: a class, background"),
            ("target zebra", "no class named “zebra”"), ("stroke", "stroke: line, box or fill is needed"), ("stroke line", "stroke: a line has one point"),
            ("stroke box 1,1", "stroke: a box has two corners"), ("stroke line 1;1", "stroke: “1;1” is no pixel X,Y"),
            ("stroke line 1,1 radius=-1", "stroke: radius: “-1” is not"), ("stroke fill 1,1 radius=2", "stroke: radius is for lines"),
            ("stroke line 1,1 mode=soft", "stroke: mode: “soft” is none of constraint, exact, add, take"),
            ("stroke line 1,1 mode=add as background", "stroke: add acts on a class's map"), ("stroke line 9999999,1 as ox", "stroke: a stroke's coordinates"),
            ("stroke line 1,1 colour=red", "stroke: “colour=red” is none of"), ("tidy least", "tidy: “least” is none of"), ("tidy smooth -1", "tidy: “smooth -1”"),
            ("regions 1", "regions: “1” is no N delete"), ("truth maybe", "truth: “maybe” is none of off, outline, error, next"),
        ] {
            do throws(CommandError) {
                _ = try Command.action(of: line, in: state)
                Issue.record("\(line) is taken")
            } catch { #expect(error.message.hasPrefix(message), "\(line): \(error.message)") }
        }
    }

    @Test func labelsOfNothingCannotBePainted() {
        var explorer = ScriptedExplorer(columns: 100, rows: 30, hasHead: false)
        explorer.press("E")
        #expect(explorer.state.tool == nil && explorer.state.message?.text.contains("labels need classes") == true)
    }

    @Test func theLabelWithoutStrokesIsMadeFirst() throws {
        var explorer = explorer()
        // As a view that was restored begins.
        explorer.state.strokes[0] = try LabelStrokes([LabelStroke(.named("ox"), .line([StrokePoint(x: 9, y: 9)], radius: 4))])
        explorer.press("a")
        #expect(requests(explorer).map { $0.strokes.strokes.count } == [0, 1])
        #expect(explorer.state.shownLabels?.byHand != nil)
    }
}
