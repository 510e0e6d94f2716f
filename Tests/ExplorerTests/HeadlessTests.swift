import Attribution
import Explorer
import Testing

/// Models without a head, and methods that need no class.
@Suite struct HeadlessTests {
    static let methods = [
        MethodSummary(identifier: "getam", title: "GETAM", explanation: "attention times its gradient"),
        MethodSummary(identifier: "attention", title: "attention", explanation: "attention alone", needsClass: false),
        MethodSummary(
            identifier: "rollout", title: "rollout", explanation: "attention through the layers", needsClass: false, fusion: .last,
            dependsOnStart: true),
    ]

    private func headless() -> ScriptedExplorer { ScriptedExplorer(columns: 100, methods: Self.methods, hasHead: false) }

    private func maps(_ explorer: ScriptedExplorer) -> [MapKey] {
        explorer.effects.compactMap { if case .map(_, _, let keys, _, _) = $0 { keys.first } else { nil } }
    }

    @Test func opensOnTheFirstMethodThatNeedsNoClass() {
        let explorer = headless()
        #expect(explorer.state.adjustments.method == 1)
        #expect(explorer.state.selectedClass == nil && explorer.state.work == nil)
        #expect(maps(explorer) == [MapKey(classIndex: nil, method: 1)])
        let screen = explorer.screen
        #expect(screen.last?.hasPrefix(" fused 6-11  any class  attention  ") == true)
        #expect(screen.contains { $0.contains("none: the model has no head;") })
        // No picture is opened again and again for want of a class.
        #expect(explorer.effects.filter { if case .open = $0 { true } else { false } }.count == 1)
    }

    @Test func methodsOfClassesAreRefusedWithTheReason() {
        var explorer = headless()
        explorer.send(.setMethod(0))
        #expect(explorer.state.adjustments.method == 1)
        #expect(explorer.state.message?.text == "getam needs a class: the model has no head; --head gives it one")
        // The key passes over them.
        explorer.press("m")
        #expect(explorer.state.adjustments.method == 2)
        explorer.press("m")
        #expect(explorer.state.adjustments.method == 1)
        explorer.send(.loadPreset("getam"))
        #expect(explorer.state.adjustments.method == 1)
        #expect(explorer.state.message?.text.contains("getam needs a class") == true)
    }

    @Test func nothingOfClassesWorks() {
        var explorer = headless()
        for key in ["j", "k", "space"] {
            explorer.press(key)
            #expect(explorer.state.message?.text == "no classes: the model has no head; --head gives it one", "\(key)")
        }
        explorer.send(.selectClass(0))
        #expect(explorer.state.message?.text.hasPrefix("no classes") == true)
        explorer.send(.filterClasses("cat"))
        #expect(explorer.state.filter.isEmpty && explorer.state.message?.text.hasPrefix("no classes") == true)
        for view in [ViewKind.label, .refined, .saliency] {
            explorer.send(.setView(view))
            #expect(explorer.state.adjustments.view == .overlay)
            #expect(explorer.state.message?.text.hasPrefix("labels need classes") == true)
        }
        explorer.send(.export(.label, path: "label.png"))
        #expect(explorer.exports.isEmpty && explorer.state.message?.text.hasPrefix("labels need classes") == true)
    }

    @Test func exportsNameNoClass() throws {
        var explorer = headless()
        explorer.press("e r enter")
        let request = try #require(explorer.exports.last)
        #expect(request.classIndex == nil && request.className.isEmpty)
        #expect(request.path == "photo-0-attention-fused6-11.npy")
        let sum = (6...11).map { ScriptedExplorer.map(classIndex: 0, method: 1, layer: $0) }
        #expect(request.map == PatchMap.sum(sum))
    }

    @Test func oneMapForAllClassesWithAHead() {
        var explorer = ScriptedExplorer(columns: 100, methods: Self.methods)
        explorer.press("m")
        #expect(maps(explorer) == [MapKey(classIndex: 0, method: 0), MapKey(classIndex: nil, method: 1)])
        #expect(explorer.screen.last?.contains("  any class  attention  ") == true)
        // Another class needs no other map.
        explorer.press("j")
        #expect(explorer.state.selectedClass == 1 && maps(explorer).count == 2)
        explorer.send(.setView(.label))
        #expect(explorer.state.adjustments.view == .overlay)
        #expect(explorer.state.message?.text == "labels need a map for each class, and attention gives one for all: m chooses another method")
        explorer.press("m m")
        explorer.send(.setView(.label))
        #expect(explorer.state.adjustments.view == .label && explorer.state.adjustments.method == 0)
        // From a label view there is no way to a method that gives none.
        explorer.press("m")
        #expect(explorer.state.adjustments.method == 0)
        explorer.send(.setMethod(1))
        #expect(explorer.state.message?.text == "labels need a map for each class, and attention gives one for all: v leaves the label views")
    }

    /// Rollout goes through the layers from the start layer on: another start layer makes other maps, and the last is the fused one.
    @Test func rolloutFollowsTheStartLayer() throws {
        var explorer = headless()
        explorer.press("m")
        #expect(maps(explorer).last == MapKey(classIndex: nil, method: 2, start: 6))
        explorer.send(.setThreshold(.start, 3))
        #expect(maps(explorer).last == MapKey(classIndex: nil, method: 2, start: 3))
        explorer.press("e r enter")
        #expect(explorer.exports.last?.map == ScriptedExplorer.map(classIndex: 3, method: 2, layer: 11))
        #expect(explorer.exports.last?.layers == 3...11)
        explorer.send(.setThreshold(.start, 6))
        // Known already.
        #expect(maps(explorer).count == 3)
    }
}
