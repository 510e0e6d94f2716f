import Attribution
import Explorer
import Testing

/// Layers, classes, pictures, zoom and probe.
@Suite struct BrowsingTests {
    @Test func startsWithTheFusedMapOfTheLikeliestClass() {
        let explorer = ScriptedExplorer()
        #expect(explorer.state.layer == .fused)
        #expect(explorer.state.layerLabel == "fused 6-11")
        #expect(explorer.state.selectedClass == 0)
        #expect(explorer.state.work == nil)
        #expect(explorer.effects.first == .open(picture: 0, path: "pictures/photo-0.jpg", generation: 1))
        #expect(explorer.effects[1] == .map(picture: 0, path: "pictures/photo-0.jpg", keys: [MapKey(classIndex: 0, method: 0)], heads: .mean, generation: 2))
        #expect(explorer.effects[2] == .prefetch(picture: 1, path: "pictures/photo-1.jpg"))
        #expect(explorer.effects.count == 3)
    }

    @Test func stepsLayersWithTheFusedMapAfterTheLast() {
        var explorer = ScriptedExplorer()
        explorer.press("l")
        #expect(explorer.state.layer == .fused)
        #expect(explorer.state.message?.text == "no later map: the fused map comes last")
        explorer.press("h")
        #expect(explorer.state.layer == .layer(11))
        #expect(explorer.state.message == nil)
        explorer.press("h h h h h h h h h h h")
        #expect(explorer.state.layer == .layer(0))
        explorer.press("h")
        #expect(explorer.state.layer == .layer(0))
        #expect(explorer.state.message?.text == "no earlier layer: layer 0 is the first")
        explorer.press("f")
        #expect(explorer.state.layer == .fused)
        explorer.press("f l")
        #expect(explorer.state.layer == .layer(1))
    }

    @Test func fusedMapIsTheSumFromTheStartLayer() throws {
        var explorer = ScriptedExplorer()
        explorer.press(": s t a r t")
        explorer.type(" 9")
        explorer.press("enter e r enter")
        let request = try #require(explorer.exports.last)
        #expect(request.layers == 9...11)
        #expect(request.layer == nil)
        let parts = (9...11).map { ScriptedExplorer.map(classIndex: 0, method: 0, layer: $0).values }
        let map = try #require(request.map)
        for index in map.values.indices {
            let sum = parts.reduce(Float(0)) { $0 + $1[index] }
            #expect(abs(map.values[index] - sum) <= 1e-6 * sum)
        }
    }

    @Test func asksForTheMapsOfANewClassOnceOnly() {
        var explorer = ScriptedExplorer()
        let before = explorer.effects.count
        explorer.press("j")
        #expect(explorer.state.selectedClass == 1)
        let maps = explorer.effects.dropFirst(before).filter { if case .map = $0 { true } else { false } }
        #expect(maps.count == 1)
        explorer.press("k j k j")
        #expect(explorer.effects.filter { if case .map = $0 { true } else { false } }.count == 2)
        explorer.press("k k")
        #expect(explorer.state.message?.text == "no class before: this is the first of the list")
        explorer.press("end j")
        #expect(explorer.state.selectedClass == 39)
        #expect(explorer.state.message?.text == "no class after: this is the last of the list")
    }

    @Test func stepsPicturesPastABrokenOne() {
        var explorer = ScriptedExplorer()
        explorer.broken = [1]
        explorer.press("p")
        #expect(explorer.state.message?.text == "no earlier picture: this is the first")
        explorer.press("n")
        #expect(explorer.state.picture == 1)
        #expect(explorer.screen.joined().contains("photo-1.jpg: not a picture"))
        explorer.press("j h x e")
        #expect(explorer.state.message?.text == "this picture could not be read")
        explorer.press("n")
        #expect(explorer.state.picture == 2)
        #expect(explorer.state.selectedClass == 38)
        explorer.press("n")
        #expect(explorer.state.message?.text == "no later picture: this is the last")
        // Back on it nothing is asked for, until R.
        let count = explorer.effects.count
        explorer.press("p")
        #expect(explorer.effects.count == count)
        explorer.broken = []
        explorer.press("R")
        #expect(explorer.state.selectedClass != nil)
    }

    @Test func staleResultsChangeNothingThatIsShown() {
        var explorer = ScriptedExplorer(started: false)
        explorer.answers = false
        explorer.send(.start)
        explorer.press("n")
        #expect(explorer.effects.last == .open(picture: 1, path: "pictures/photo-1.jpg", generation: 2))
        explorer.send(.progress(generation: 1, stage: "late", done: 1, total: 2))
        #expect(explorer.state.work?.stage == "reading")
        explorer.send(.openFailed(picture: 0, generation: 1, message: "late"))
        #expect(explorer.state.message == nil)
        // A late trace is worth keeping: going back asks for no second one.
        explorer.send(.traced(picture: 0, generation: 1, ScriptedExplorer.trace(0)))
        #expect(explorer.state.selectedClass == nil)
        explorer.press("p")
        #expect(explorer.state.selectedClass == 0)
        guard case .map(picture: 0, _, _, _, generation: 3)? = explorer.effects.last else {
            Issue.record("\(String(describing: explorer.effects.last))")
            return
        }
        explorer.send(.failed(generation: 2, message: "late"))
        #expect(explorer.state.message == nil)
        explorer.send(.finished(generation: 2))
        #expect(explorer.state.work != nil)
    }

    @Test func escapeStopsTheWorkAndRAsksAgain() {
        var explorer = ScriptedExplorer(started: false)
        explorer.answers = false
        explorer.send(.start)
        explorer.press("esc")
        #expect(explorer.effects.last == .cancel(generation: 1))
        #expect(explorer.state.work == nil)
        #expect(explorer.effects.count == 2)
        explorer.press("R")
        #expect(explorer.effects.last == .open(picture: 0, path: "pictures/photo-0.jpg", generation: 2))
    }

    @Test func aFailedMapIsNotAskedForForEver() {
        var explorer = ScriptedExplorer(started: false)
        explorer.answers = false
        explorer.send(.start)
        explorer.send(.traced(picture: 0, generation: 1, ScriptedExplorer.trace(0)))
        let count = explorer.effects.count
        explorer.send(.failed(generation: 2, message: "out of memory"))
        #expect(explorer.state.message?.text == "out of memory")
        #expect(explorer.effects.count == count)
        explorer.press("R")
        #expect(explorer.effects.count == count + 1)
        // Finished without all layers: the same.
        explorer.send(.finished(generation: 3))
        #expect(explorer.effects.filter { if case .map = $0 { true } else { false } }.count == 2)
    }

    @Test func badResultsAreRefused() {
        var explorer = ScriptedExplorer()
        let before = explorer.state
        let wrong = PatchMap(rows: 2, columns: 2, values: [1, 2, 3, 4])
        let places: [(Int?, Int, Int)] = [(0, 0, 3), (0, 0, 99), (0, 0, -1), (999, 0, 0), (0, 7, 0), (-1, 0, 0), (nil, 0, 0)]
        for (classIndex, method, layer) in places {
            explorer.send(.layerMapped(picture: 0, key: MapKey(classIndex: classIndex, method: method), layer: layer, .map(wrong)))
        }
        explorer.send(.traced(picture: 77, generation: 0, ScriptedExplorer.trace(0)))
        #expect(explorer.state == before)
        let nan = PatchMap(
            rows: ScriptedExplorer.gridRows, columns: ScriptedExplorer.gridColumns,
            values: Array(repeating: .nan, count: ScriptedExplorer.gridRows * ScriptedExplorer.gridColumns))
        explorer.send(.layerMapped(picture: 0, key: MapKey(classIndex: 0, method: 0), layer: 11, .map(nan)))
        explorer.press("h x r r")
        #expect(view(explorer.state).cells.count == 80 * 24)
    }

    @Test func memoryStaysBounded() {
        // One picture takes about 80 kB of samples.
        var explorer = ScriptedExplorer(pictures: 30, cacheLimit: 300_000)
        for _ in 1..<30 { explorer.press("n") }
        #expect(explorer.state.cachedPictures <= 4)
        #expect(explorer.state.cachedPictures >= 1)
        #expect(explorer.state.selectedClass != nil)
        let before = explorer.effects.count
        explorer.press(": i m a g e")
        explorer.type(" 1")
        explorer.press("enter")
        #expect(explorer.effects.dropFirst(before).contains { if case .open(picture: 0, _, _, _) = $0 { true } else { false } })
    }

    @Test func zoomsPansAndComesBack() {
        var explorer = ScriptedExplorer()
        explorer.press("L")
        #expect(explorer.state.message?.text.hasPrefix("nothing to pan") == true)
        explorer.press("-")
        #expect(explorer.state.message?.text == "the whole picture is seen")
        explorer.press("+ + + +")
        #expect(explorer.state.viewport.zoom == 4)
        let center = explorer.state.viewport.centerX
        explorer.press("L")
        #expect(explorer.state.viewport.centerX > center)
        for _ in 0..<40 { explorer.press("L") }
        #expect(explorer.state.message?.text == "no further: this is the picture's edge")
        #expect(explorer.state.viewport.centerX < 1)
        explorer.press("0")
        #expect(explorer.state.viewport == Viewport())
    }

    @Test func probesByKeys() throws {
        var explorer = ScriptedExplorer(columns: 100)
        explorer.press("h x")
        // Layer 11, class 0: the hill stands at column 2 + 11 % 5 = 3, row 1 + 11 % 4 = 4.
        #expect(explorer.state.probe == PatchPosition(column: 3, row: 4))
        let line = explorer.screen[22]
        #expect(line.contains("patch 3 4  1.200e-07  rank 1 of 48  x 240–319 y 320–399 px"))
        explorer.press("down down")
        #expect(explorer.state.probe?.row == 5)
        #expect(explorer.state.message?.text == "no patch there: this is the edge of the grid")
        explorer.press("esc")
        #expect(explorer.state.probe == nil)
    }

    @Test func theProbedPatchIsAlwaysSeen() {
        var explorer = ScriptedExplorer()
        explorer.press("+ + + + + + + +")
        for _ in 0..<10 { explorer.press("right") }
        for _ in 0..<10 { explorer.press("down") }
        #expect(explorer.state.viewport.centerX > 0.8)
        #expect(explorer.state.viewport.centerY > 0.8)
    }
}
