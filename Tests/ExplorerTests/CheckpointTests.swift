import Checkpoints
@testable import Explorer
import Testing

/// A training run looked at: its checkpoints, and a newer one that takes the first model's place.
@Suite struct CheckpointTests {
    private static func kept(_ steps: Int...) -> [TrainingRun.Checkpoint] { steps.map { .init(path: "run/weights/\($0)", step: $0) } }

    private static func summary(_ step: Int) -> ModelSummary {
        ModelSummary(name: "run step \(step)", depth: 12, classNames: ScriptedExplorer.classNames, heads: 3)
    }

    /// An explorer on a run whose newest checkpoint is of step 300, which it has kept, too.
    private func explorer(_ kept: [TrainingRun.Checkpoint] = Self.kept(100, 200, 300), newest: Int? = 300) -> ScriptedExplorer {
        var explorer = ScriptedExplorer(started: false)
        explorer.state.watch(WatchedRun(name: "run", newest: .init(path: "run/model", step: newest), kept: kept))
        explorer.send(.start)
        return explorer
    }

    /// What was asked to be read since the beginning.
    private func read(_ explorer: ScriptedExplorer) -> [String] {
        explorer.effects.compactMap { if case .loadModel(let path) = $0 { path } else { nil } }
    }

    @Test func stepsGoThroughWhatWasKept() {
        var explorer = explorer()
        #expect(explorer.state.message?.text.contains("the newest checkpoint, step 300; kept after 100, 200, 300") == true)
        explorer.press("}")
        #expect(explorer.state.message?.text == "this is the newest checkpoint" && read(explorer) == [])
        // Read once, then known.
        explorer.press("{")
        #expect(read(explorer) == ["run/weights/200"] && explorer.state.modelIndex == 0)
        explorer.send(.modelLoaded(Self.summary(200), path: "run/weights/200"))
        #expect(explorer.state.modelIndex == 1 && explorer.state.message?.text.contains("step 200") == true)
        explorer.press("}")
        #expect(explorer.state.modelIndex == 0)
        explorer.press("{")
        #expect(explorer.state.modelIndex == 1 && read(explorer) == ["run/weights/200"])
        explorer.press("{")
        explorer.send(.modelLoaded(Self.summary(100), path: "run/weights/100"))
        #expect(explorer.state.modelIndex == 2)
        explorer.press("{")
        #expect(explorer.state.message?.text == "this is the first that was kept")
    }

    @Test func theCommandGoesToAStep() {
        var explorer = explorer()
        explorer.send(.run("checkpoint 100"))
        #expect(read(explorer) == ["run/weights/100"])
        explorer.send(.modelLoaded(Self.summary(100), path: "run/weights/100"))
        #expect(explorer.state.modelIndex == 1)
        explorer.send(.run("checkpoint newest"))
        #expect(explorer.state.modelIndex == 0)
        explorer.send(.run("checkpoint 300"))
        #expect(explorer.state.modelIndex == 0 && read(explorer).count == 1)
        explorer.send(.run("checkpoint 150"))
        #expect(explorer.state.message?.text == "no checkpoint after step 150: there are 100, 200, 300")
        explorer.send(.run("checkpoint -1"))
        #expect(read(explorer).last == "run/weights/200")
        explorer.send(.run("checkpoint last"))
        #expect(explorer.state.message?.tone == .failure)
        explorer.send(.run("checkpoint"))
        #expect(explorer.state.message?.text.contains("kept after 100, 200, 300") == true)
        #expect(Command.completions(of: "checkpoint ", in: explorer.state).contains("checkpoint 200"))
    }

    @Test func withoutARunThereAreNone() {
        var explorer = ScriptedExplorer()
        for line in ["checkpoint", "checkpoint 3", "checkpoint +1", "checkpoint newest"] {
            explorer.send(.run(line))
            #expect(explorer.state.message?.text.contains("no training run") == true, "\(line)")
        }
        #expect(read(explorer) == [])
    }

    /// A model that was read for its own sake is no checkpoint.
    @Test func otherModelsStayOnes() {
        var explorer = explorer()
        explorer.send(.modelLoaded(Self.summary(1), path: "other"))
        #expect(explorer.state.modelIndex == 1)
        explorer.press("{")
        #expect(explorer.state.message?.text.contains("none of the run's checkpoints") == true)
    }

    @Test func aNewerCheckpointTakesTheOldOnesPlace() {
        var explorer = explorer()
        explorer.press("j j h")
        let before = explorer.state.selectedClass, layer = explorer.state.layer
        let opened = explorer.effects.count { if case .open = $0 { true } else { false } }
        explorer.send(.modelRenewed(Self.summary(400), .init(path: "run/model", step: 400)))
        // Everything is asked for anew, of the same class and layer.
        #expect(explorer.effects.count { if case .open = $0 { true } else { false } } > opened)
        #expect(explorer.state.model.name == "run step 400" && explorer.state.selectedClass == before && explorer.state.layer == layer)
        #expect(explorer.state.shown != nil && explorer.state.work == nil)
        #expect(explorer.state.message?.text == "the run has written a newer checkpoint, step 400")
        explorer.send(.checkpointsKept(Self.kept(100, 200, 300, 400)))
        explorer.press("{")
        #expect(read(explorer) == ["run/weights/300"])
    }

    /// Two panes, the newest beside one that was kept: a newer one changes its own pane alone.
    @Test func twoCheckpointsStandSideBySide() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, started: false)
        explorer.state.watch(WatchedRun(name: "run", newest: .init(path: "run/model", step: 300), kept: Self.kept(100, 300)))
        explorer.send(.start)
        explorer.press("| {")
        explorer.send(.modelLoaded(Self.summary(100), path: "run/weights/100"))
        #expect((0..<2).map { explorer.state.place(ofPane: $0).model } == [0, 1])
        #expect(explorer.screen.contains { $0.contains("run step 100") })
        let records = explorer.state.cachedPictures
        explorer.answers = false
        explorer.send(.modelRenewed(Self.summary(400), .init(path: "run/model", step: 400)))
        #expect(explorer.state.cachedPictures < records && explorer.state.shown != nil)
        #expect(explorer.state.message?.text.contains("“:checkpoint newest” shows it") == true)
        // The other pane asks for its own anew.
        guard case .open(_, _, let model, _)? = explorer.effects.last else {
            Issue.record("\(String(describing: explorer.effects.last))")
            return
        }
        #expect(model == 0 && (0..<2).map { explorer.state.place(ofPane: $0).model } == [0, 1])
    }

    /// A run of an older program, whose files tell no step.
    @Test func aNewestWithoutAStepIsTheLast() {
        var explorer = explorer(newest: nil)
        #expect(explorer.state.message?.text.contains("the newest checkpoint, model") == true)
        explorer.press("{")
        #expect(read(explorer) == ["run/weights/300"])
    }
}
