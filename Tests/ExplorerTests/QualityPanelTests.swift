import Attribution
@testable import Explorer
import Quality
import Testing

/// What is said of how good the map shown is.
@Suite struct QualityPanelTests {
    private static let truth = LabelSetup(numbers: (0..<40).map { UInt8($0 + 1) }, names: (0..<40).map { "class \($0)" }, hasTruth: true)

    private func judged(_ explorer: ScriptedExplorer) -> [QualityQuestion] {
        explorer.effects.compactMap { if case .judge(let question, _, _) = $0 { question } else { nil } }
    }

    private func row(_ text: String, in explorer: ScriptedExplorer) -> String? { explorer.screen.first { $0.contains(text) } }

    @Test(arguments: [(40, 12), (64, 24), (80, 24), (120, 40), (200, 60)])
    func theFiguresAreSeenAtEverySize(_ columns: Int, _ rows: Int) throws {
        var explorer = ScriptedExplorer(columns: columns, rows: rows)
        #expect(judged(explorer).isEmpty)
        explorer.press("G")
        #expect(explorer.state.qualityShown && judged(explorer).count == 1, "\(explorer.testDescription)")
        // 0.8 falling to nothing over 0.4 of the patches.
        #expect(row("deletion", in: explorer)?.contains("0.160") == true, "\(explorer.testDescription)")
        #expect(row("insertion", in: explorer)?.contains("0.69") == true, "\(explorer.testDescription)")
        if rows >= 24 { #expect(row("quality, fused", in: explorer) != nil, "\(explorer.testDescription)") }
        explorer.press("G")
        #expect(!explorer.state.qualityShown && row("deletion", in: explorer) == nil)
    }

    @Test func anotherMapIsAskedAboutAndTheSameIsNot() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.press("G h h l l")
        // Fused, layer 11, layer 10; then what is known.
        #expect(judged(explorer).count == 3)
        explorer.press("j")
        #expect(judged(explorer).count == 4 && judged(explorer).last?.classIndex != judged(explorer).first?.classIndex)
        explorer.press("m")
        #expect(judged(explorer).count == 5)
        #expect(judged(explorer).allSatisfy { $0.number == nil && !$0.isOverlap })
    }

    @Test func withTruthAllMethodsAreSetBesideEachOtherTheBestFirst() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 60, labels: Self.truth)
        explorer.press("G")
        let overlaps = explorer.state.methodOverlaps
        #expect(overlaps.count == 2 && overlaps.allSatisfy { $0.value != nil }, "\(overlaps)")
        #expect(overlaps.map(\.value).compactMap(\.self) == overlaps.compactMap(\.value).sorted(by: >))
        #expect(judged(explorer).filter(\.isOverlap).count == 2)
        let place = try #require(explorer.screen.firstIndex { $0.contains("rollout") && $0.contains("0.") }, "\(explorer.testDescription)")
        let column = try #require(Layout(explorer.state).quality?.column) + 2
        explorer.send(.mouse(.left, column: column, row: place))
        #expect(explorer.state.methodName == "rollout")
        // A click elsewhere on it closes it.
        let heading = try #require(explorer.screen.firstIndex { $0.contains("deletion, up to 0.800") })
        explorer.send(.mouse(.left, column: column, row: heading))
        #expect(!explorer.state.qualityShown)
    }

    @Test func theMethodShownIsAmongFewRows() {
        let many = ScriptedExplorer.methods + (0..<20).map {
            MethodSummary(identifier: "method-\($0)", title: "M", explanation: "one of many", axes: [.target, .layer])
        }
        var explorer = ScriptedExplorer(columns: 100, rows: 24, methods: many, labels: Self.truth)
        explorer.press("G")
        for _ in 0..<21 {
            explorer.press("m")
            #expect(row("  \(explorer.state.methodName)", in: explorer) != nil || row(" \(explorer.state.methodName) ", in: explorer) != nil)
        }
        #expect(explorer.screen.count == 24)
    }

    @Test func whereNothingCanBeSaidThatIsSaid() {
        var headless = ScriptedExplorer(columns: 120, rows: 40, method: 1, hasHead: false)
        headless.press("G")
        #expect(judged(headless).isEmpty)
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.press("G V")
        #expect(explorer.state.showsGrid && row("deletion", in: explorer) == nil)
        explorer.press("G")
        #expect(explorer.state.message?.tone == .warning)
        explorer.press("esc : ")
        explorer.type("quality off")
        explorer.press("enter")
        #expect(!explorer.state.qualityShown)
    }

    /// A wish that failed is not made for ever.
    @Test func aFailureEndsIt() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.answers = false
        explorer.press("G")
        guard case .judge(_, _, let generation)? = explorer.effects.last else { Issue.record("nothing asked"); return }
        explorer.send(.failed(generation: generation, message: "out of order"))
        #expect(explorer.state.isIdle && judged(explorer).count == 1 && explorer.state.message?.text == "out of order")
        explorer.press("R")
        #expect(judged(explorer).count == 2)
    }
}
