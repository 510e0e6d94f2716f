@testable import Explorer
import Testing

/// The screen of a training run: what it looks like, and what its keys do.
@Suite struct TrainingScreenTests {
    struct Scene: Sendable, CustomStringConvertible {
        let description: String
        let columns: Int, rows: Int
        var keys = ""
        var depth = ColorDepth.trueColor
        var steps = 1200
        var probes = 4
        var hasDecoder = true
        var looks = false
    }

    static let scenes = [
        Scene(description: "training-80x24", columns: 80, rows: 24, looks: true),
        Scene(description: "training-120x40", columns: 120, rows: 40),
        Scene(description: "training-200x60", columns: 200, rows: 60),
        Scene(description: "training-80x24-layer", columns: 80, rows: 24, keys: "h h j n"),
        Scene(description: "training-80x24-plain-recipe", columns: 80, rows: 24, hasDecoder: false),
        Scene(description: "training-80x24-16", columns: 80, rows: 24, depth: .ansi16, looks: true),
        Scene(description: "training-80x24-mono", columns: 80, rows: 24, depth: .mono),
        Scene(description: "training-120x40-stop", columns: 120, rows: 40, keys: "q"),
        Scene(description: "training-80x24-begin", columns: 80, rows: 24, steps: 0),
        Scene(description: "training-80x24-no-probes", columns: 80, rows: 24, probes: 0),
        Scene(description: "training-40x12", columns: 40, rows: 12),
        Scene(description: "training-30x8-too-small", columns: 30, rows: 8),
    ]

    @Test(arguments: scenes) func looksAsItsGoldenFrame(_ scene: Scene) throws {
        var training = ScriptedTraining(
            columns: scene.columns, rows: scene.rows, depth: scene.depth, probes: scene.probes, hasDecoder: scene.hasDecoder,
            steps: scene.steps)
        if scene.steps > 0 {
            for place in 0..<scene.probes {
                training.send(.read(probe: place, ScriptedTraining.reading(place, step: 1190, hasDecoder: scene.hasDecoder)))
            }
            training.send(.spent(TrainingCost(screen: 0.0012, probes: 0.0071)))
        }
        training.press(scene.keys)
        try GoldenFrame.compare(view(training.state), scene.description, looks: scene.looks)
    }

    /// Whatever is there and whatever the size, a frame has its size and no text steers the terminal.
    @Test func anySizeGivesAFrame() {
        for (columns, rows) in [(0, 0), (1, 1), (40, 12), (41, 15), (63, 16), (64, 17), (80, 200), (300, 16), (500, 150)] {
            for (probes, steps, hasDecoder) in [(0, 0, true), (1, 1, false), (4, 30, true), (9, 3, true)] {
                for depth: ColorDepth in [.mono, .ansi16, .palette256, .trueColor] {
                    var training = ScriptedTraining(
                        columns: columns, rows: rows, depth: depth, probes: probes, hasDecoder: hasDecoder, steps: steps, names: [])
                    if probes > 0 { training.send(.read(probe: 0, ScriptedTraining.reading(0, step: 1))) }
                    training.press("j j h")
                    let frame = view(training.state)
                    #expect(frame.columns == columns && frame.rows == rows && frame.cells.count == columns * rows)
                    #expect(!frame.cells.contains { $0.scalar == "\u{1B}" })
                }
            }
        }
    }

    // MARK: Keys

    @Test func pauseSaveAndStopAreWishes() {
        var training = ScriptedTraining(steps: 3)
        training.press("space")
        #expect(training.takeEffects() == [.pause(true)] && training.screen.last?.contains("pausing after this step") == true)
        training.send(.began(.paused))
        #expect(training.screen.last?.contains("paused") == true && training.screen[22].contains("space goes on"))
        training.press("s")
        #expect(training.takeEffects() == [.save])
        training.send(.saved(step: 3))
        #expect(training.screen[22].contains("saved after step 3"))
        training.press("space")
        #expect(training.takeEffects() == [.pause(false)])
        training.send(.began(.training))
        training.press("s")
        #expect(training.takeEffects() == [.save] && training.screen[22].contains("saves after this step"))
        // The question, its no, its yes.
        for (keys, effects) in [("q n", []), ("q esc", []), ("q q", []), ("q y", [TrainingEffect.stop(isInterrupted: false)])] {
            training.press(keys)
            #expect(training.takeEffects() == effects && training.state.asksToStop == false, "\(keys)")
        }
        training.press("space s q")
        #expect(training.takeEffects() == [] && training.screen.last?.contains("stopping") == true)
        #expect(training.screen[22].contains("Ctrl-C ends it at once"))
    }

    @Test func anInterruptAsksNothingAndASecondEndsAtOnce() {
        for first in ["^c", "q ^c"] {
            var training = ScriptedTraining(steps: 1)
            training.press(first)
            #expect(training.takeEffects() == [.stop(isInterrupted: true)])
            training.press("^c")
            #expect(training.takeEffects() == [.abandon])
        }
    }

    @Test func keysWalkThroughLayersAndClasses() {
        var training = ScriptedTraining(steps: 2)
        training.press("j")
        #expect(training.state.message?.tone == .warning)
        training.send(.read(probe: 0, ScriptedTraining.reading(0, step: 2)))
        #expect(training.screen.contains { $0.contains("map of tabby") })
        training.press("h")
        #expect(training.state.layer == .layer(11))
        for _ in 0..<30 { training.press("h") }
        #expect(training.state.layer == .layer(0))
        training.press("f")
        #expect(training.state.layer == .fused)
        training.press("f l")
        #expect(training.state.layer == .layer(1))
        for _ in 0..<30 { training.press("l") }
        #expect(training.state.layer == .fused)
        training.press("j j j j j")
        #expect(training.screen.contains { $0.contains("map of golden") })
        training.press("k k k k k k")
        #expect(training.screen.contains { $0.contains("map of tabby") })
        // The first picture shown goes around.
        for (key, place) in [("n", 1), ("p", 0), ("p", 3), ("n", 0)] {
            training.press(key)
            #expect(training.state.firstProbe == place)
        }
        var alone = ScriptedTraining(probes: 1)
        alone.press("n")
        #expect(alone.state.message?.tone == .warning)
    }

    @Test func everyKeyOfTheTableMeansOneThing() {
        for isAnswer in [false, true] {
            let keys = TrainingKeyMap.keys.filter { $0.isAnswer == isAnswer }.flatMap(\.keys)
            #expect(Set(keys).count == keys.count)
        }
        let training = ScriptedTraining()
        #expect(training.state.action(for: .key(.character("z"))) == nil && training.state.action(for: .paste("q")) == nil)
        #expect(training.state.action(for: .resize(columns: 90, rows: 30)) == .resized(columns: 90, rows: 30))
    }

    // MARK: News

    @Test func newsAreShown() {
        var training = ScriptedTraining(steps: 5)
        #expect(training.screen[0].contains("step 5/2600") && training.screen[0].contains("48.5 pictures a second"))
        training.send(.began(.labeling(120, of: 2694)))
        #expect(training.screen.last?.contains("pseudo labels 120/2694") == true)
        training.send(.began(.judging(3, of: 437)))
        #expect(training.screen.last?.contains("judged 3/437") == true)
        training.send(.stepped(ScriptedTraining.figures(6)))
        #expect(training.screen.last?.contains("training") == true)
        training.send(.said("p3.png: not a \u{1B}picture"))
        #expect(training.screen[22].contains("p3.png: not a"))
        training.send(.spent(TrainingCost(screen: 0.0004, probes: 0.0093)))
        #expect(training.screen.last?.hasSuffix("screen 0.04%, probes 0.93%") == true)
        // A probe that is none.
        training.send(.read(probe: 17, ScriptedTraining.reading(0, step: 2)))
        #expect(training.state.probes.allSatisfy { $0.reading == nil })
    }

    @Test func aCurveKeepsItsShapeInBoundedMemory() {
        var curve = TrainingCurve("loss")
        #expect(curve.sampled(columns: 10) == [] && curve.latest == nil)
        for step in 1...100_000 { curve.add(step == 7 ? .nan : Double(step)) }
        #expect(curve.latest == 100_000 && curve.means.count < TrainingCurve.most && curve.span == 128)
        let points = curve.sampled(columns: 50).compactMap(\.self)
        #expect(points.count == 50 && zip(points, points.dropFirst()).allSatisfy { $0 < $1 })
        // Each column is the mean of its steps.
        for (column, point) in points.enumerated() { #expect(abs(point - (Float(column) + 0.5) * 2000) < 150, "\(column): \(point)") }
        var short = TrainingCurve("short")
        for value in [1.0, .nan, .infinity, 3] { short.add(value) }
        #expect(short.sampled(columns: 10) == [1, nil, nil, 3] && short.sampled(columns: 2) == [1, 3] && short.sampled(columns: 0) == [])
    }
}
