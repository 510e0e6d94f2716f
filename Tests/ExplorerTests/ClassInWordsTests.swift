@testable import Explorer
import Testing

/// `:class add TEXT`: the model has a class more, which is looked at.
@Suite struct ClassInWordsTests {
    private static func summary(_ names: [String]) -> ModelSummary { ModelSummary(name: "clip", depth: 12, classNames: names, heads: 3) }

    private func asked(_ explorer: ScriptedExplorer) -> [String] {
        explorer.effects.compactMap { if case .addClass(let text, let model) = $0 { "\(model) \(text)" } else { nil } }
    }

    @Test func itIsAskedForAndThenLookedAt() {
        var explorer = ScriptedExplorer()
        explorer.send(.run("class add a photo of a cat"))
        #expect(asked(explorer) == ["0 a photo of a cat"])
        explorer.answers = false
        explorer.send(.classAdded(Self.summary(ScriptedExplorer.classNames + ["a photo of a cat"]), model: 0))
        #expect(explorer.state.models[0].classNames.last == "a photo of a cat")
        #expect(explorer.state.classToSelect == ScriptedExplorer.classNames.count)
        #expect(explorer.state.message?.text == "class \(ScriptedExplorer.classNames.count): a photo of a cat")
        // Its label map's number is the model's next.
        #expect(explorer.state.labelSetup.names.last == "a photo of a cat")
    }

    @Test func withoutATextItIsRefused() {
        var explorer = ScriptedExplorer()
        explorer.send(.run("class add "))
        #expect(asked(explorer) == [])
        explorer.send(.classAdded(Self.summary(["a"]), model: 7))
        #expect(explorer.state.models.count == 1)
    }
}
