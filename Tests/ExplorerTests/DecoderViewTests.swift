import Attribution
@testable import Explorer
import Images
import Labels
import Testing

extension ScriptedExplorer {
    static let answerWidth = 8, answerHeight = 6

    /// A decoder's answer: the upper half background, the lower left class 0 before class 3, the rest class `picture + 1`
    /// before the background.
    static func decoded(_ picture: Int, hasTruth: Bool = false) -> DecodedPicture {
        let width = answerWidth, height = answerHeight, count = classNames.count + 1
        var values = [Float](repeating: 0, count: count * width * height)
        func set(_ plane: Int, _ x: Int, _ y: Int, _ value: Float) { values[(plane * height + y) * width + x] = value }
        for y in 0..<height {
            for x in 0..<width {
                let first = y < height / 2 ? 0 : x < width / 2 ? 1 : picture + 2
                set(first, x, y, 0.6)
                set(first == 0 ? 1 : first == 1 ? 4 : 0, x, y, 0.4)
            }
        }
        let truth = IndexedImage(
            width: width, height: height, indices: (0..<width * height).map { $0 / width < height / 2 ? 0 : 1 })
        return DecodedPicture(
            picture: picture, probabilities: PixelMaps(classes: Array(0..<count), height: height, width: width, values: values),
            truth: hasTruth ? truth : nil, scale: 0.5)
    }
}

@Suite struct DecoderViewTests {
    private struct NoExport: Error {}
    private static let how = "320 px, fit, mirror image too, gate 1"

    private func explorer(_ columns: Int = 120, named: [Int: [Int]] = [:], labels: LabelSetup? = nil) -> ScriptedExplorer {
        ScriptedExplorer(columns: columns, rows: 40, labels: labels, named: named, decoder: Self.how)
    }

    private func decodes(_ explorer: ScriptedExplorer) -> Int {
        explorer.effects.reduce(0) { if case .decode = $1 { $0 + 1 } else { $0 } }
    }

    private func text(_ explorer: ScriptedExplorer) -> String { explorer.screen.joined(separator: "\n") }

    @Test func standsAmongTheLabelViews() {
        var with = self.explorer(), without = ScriptedExplorer(columns: 120, rows: 40)
        let views: [[ViewKind]] = [[.label, .refined, .decoder, .saliency, .label], [.label, .refined, .saliency, .label]]
        for view in views[0] {
            with.press("a")
            #expect(with.state.adjustments.view == view)
        }
        for view in views[1] {
            without.press("a")
            #expect(without.state.adjustments.view == view)
        }
        without.send(.run("view decoder"))
        #expect(without.state.adjustments.view == .label && text(without).contains("the model has no segmentation decoder"))
        for line in ["decoder applied", "source decoder", "source 0.5", "preset load joint"] {
            without.send(.run(line))
            #expect(text(without).contains("the model has no segmentation decoder"), "\(line)")
        }
        #expect(without.state.preset.decoder == 0)
        with.press("v")
        #expect(with.state.adjustments.view == .overlay)
    }

    @Test func isAskedOnceAPicture() {
        var explorer = self.explorer()
        explorer.send(.run("view decoder"))
        #expect(decodes(explorer) == 1 && explorer.state.isIdle)
        #expect(text(explorer).contains("decoder · all classes") && text(explorer).contains("asked at " + Self.how))
        explorer.press("d d v a a a")
        #expect(explorer.state.adjustments.view == .decoder && decodes(explorer) == 1)
        explorer.press("n")
        #expect(decodes(explorer) == 2 && explorer.state.shownAnswer?.key.picture == 1)
        // One that fails is not asked for again by itself.
        explorer.press("v n")
        explorer.answers = false
        explorer.send(.run("view decoder"))
        if case .decode(_, _, _, let generation)? = explorer.effects.last { explorer.send(.failed(generation: generation, message: "no memory")) }
        #expect(decodes(explorer) == 3 && text(explorer).contains("no answer yet; R asks again") && text(explorer).contains("no memory"))
        explorer.answers = true
        explorer.press("R")
        #expect(decodes(explorer) == 4 && explorer.state.shownAnswer?.key.picture == 2)
    }

    @Test func showsAllClassesOrThoseThatApply() {
        var explorer = self.explorer(named: [0: [3]])
        explorer.send(.run("view decoder"))
        let numbers = explorer.state.labelSetup.numbers
        func labels() -> [UInt8] { explorer.state.shownAnswer?.labels.indices ?? [] }
        func expected(_ left: Int, _ right: Int?) -> [UInt8] {
            (0..<48).map { $0 < 24 ? 0 : $0 % 8 < 4 ? numbers[left] ?? 255 : right.flatMap { numbers[$0] } ?? 0 }
        }
        #expect(labels() == expected(0, 1))
        // Those that apply come first, then what else is in it.
        #expect(LegendView.rows(explorer.state).map(\.number) == [0] + [3, 0, 1].compactMap { numbers[$0] })
        explorer.press("d")
        #expect(labels() == expected(3, nil) && text(explorer).contains("decoder · classes that apply"))
        #expect(LegendView.rows(explorer.state).map(\.number) == [0] + [3].compactMap { numbers[$0] })
        explorer.send(.toggleMarkOf(1))
        #expect(labels() == expected(3, 1))
        explorer.press("u u")
        #expect(explorer.state.adjustments.scope == .all && labels() == expected(0, 1) && decodes(explorer) == 1)
    }

    @Test func meetsTheTruth() {
        var setup = self.explorer().state.labelSetup
        setup.hasTruth = true
        var explorer = self.explorer(labels: setup)
        explorer.send(.run("view decoder"))
        #expect(explorer.state.figures?.overlaps[0] == 1 && explorer.state.figures?.overlaps[1] == 0.5)
        #expect(explorer.state.figures?.shares[1] == 0.25)
        #expect(text(explorer).contains("mean IoU"))
    }

    @Test func itsExportIsItsOwn() throws {
        var explorer = self.explorer(named: [0: [3]])
        explorer.send(.run("view decoder"))
        explorer.send(.run("export label a.png"))
        guard case .export(let request)? = explorer.effects.last else { throw NoExport() }
        #expect(request.answer?.classes == explorer.state.answerClasses && request.answer?.numbers.count == request.answer?.classes.count)
        explorer.press("d")
        explorer.send(.run("export label b.png"))
        guard case .export(let restricted)? = explorer.effects.last else { throw NoExport() }
        #expect(restricted.answer?.classes == [3] && restricted.scope == .applied)
        explorer.press("a a")
        explorer.send(.run("export label c.png"))
        guard case .export(let label)? = explorer.effects.last else { throw NoExport() }
        #expect(label.answer == nil)
    }

    @Test func mayBeTheLabelsSource() {
        var explorer = self.explorer()
        explorer.press("a")
        explorer.send(.run("source decoder"))
        #expect(explorer.state.preset.decoder == 1 && text(explorer).contains("of the decoder's answer"))
        explorer.send(.run("source 0.25"))
        #expect(explorer.state.labelRequest?.preset.decoder == 0.25 && text(explorer).contains("75.0% maps, 25.0% decoder"))
        explorer.send(.run("source 1.5"))
        #expect(explorer.state.preset.decoder == 0.25)
        explorer.press("u u")
        #expect(explorer.state.preset.decoder == 0 && !text(explorer).contains("decoder"))
        explorer.send(.run("preset load joint"))
        #expect(explorer.state.preset == { var preset = Preset.joint; preset.layers = .from(6); return preset }())
    }
}
