import Attribution
import Checkpoints
import Foundation
import Images
@testable import Labels
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// The search of presets, and what it keeps between them.
@Suite struct TuningTests {
    /// Runs a search to its end, or so many presets.
    private func run(
        _ search: inout CoordinateSearch, most: Int = 10_000, score: (Preset) -> Double?
    ) -> [Preset] {
        var seen: [Preset] = []
        while seen.count < most, let candidate = search.next() {
            seen.append(candidate)
            search.tell(score(candidate))
        }
        return seen
    }

    private func level(_ preset: Preset) -> Double { if case .level(let level) = preset.completion.background { level } else { .nan } }

    private func field(_ preset: Preset) -> DenseCRFSetting {
        for case .denseCRF(let setting) in preset.refiners { return setting }
        return DenseCRFSetting()
    }

    @Test func coordinatesAreBroughtToTheirBest() throws {
        var start = Preset.getam
        start.completion.background = .level(0.9)
        var search = CoordinateSearch(from: start, knobs: PresetKnob.all.filter { ["background", "crf.backgroundLevel", "fusion"].contains($0.name) }, depth: 12)
        let seen = run(&search) { preset in
            -abs(level(preset) - 0.375) - abs(field(preset).backgroundLevel - 0.25) + (preset.fusion == .product ? 1 : 0)
        }
        let best = try #require(search.best).preset
        #expect(abs(level(best) - 0.375) < 0.0126 && abs(field(best).backgroundLevel - 0.25) < 0.0126 && best.fusion == .product)
        // Nothing is tried twice, and a name is nothing to be tried.
        #expect(Set(seen).count == seen.count && seen.allSatisfy { $0.name.isEmpty } && seen.count < 80)
        #expect(search.next() == nil)
    }

    @Test func ofEqualPresetsTheStartStays() throws {
        var search = CoordinateSearch(from: .joint, knobs: PresetKnob.all, depth: 12)
        let seen = run(&search) { _ in 0.5 }
        #expect(search.best?.preset == Preset.joint.nameless && Set(seen).count == seen.count && seen.count > 60)
        // What cannot be scored is passed over.
        var other = CoordinateSearch(from: .getam, knobs: PresetKnob.all(in: .levels), depth: 12)
        _ = run(&other) { level($0) == 0.5 ? 1 : nil }
        #expect(other.best?.preset == Preset.getam.nameless)
    }

    @Test func everyMoveIsAPresetThatMayBe() throws {
        for preset in Preset.builtIn {
            for knob in PresetKnob.all {
                for scale in [1, 0.5, 0.25] {
                    for moved in knob.moves(preset, 12, scale) {
                        #expect(throws: Never.self, "\(knob.name)") { try moved.validate() }
                        #expect(moved != preset, "\(knob.name) does not move")
                        // As a file it is the same.
                        #expect(try Preset.decode(moved.json, path: "p.json") == moved)
                    }
                }
            }
        }
        #expect(Set(PresetKnob.all.map(\.name)).count == PresetKnob.all.count)
    }

    /// A coordinate's values are what presets have of it: walked along, or set.
    @Test func knobsAreReadWalkedAndSet() throws {
        func texts(_ name: String, _ preset: Preset, reach: Int, most: Int = 32) throws -> [String] {
            let knob = try #require(PresetKnob.named(name))
            return knob.walk(from: preset, depth: 12, reach: reach, most: most).compactMap { knob.value(in: $0, depth: 12)?.text }
        }
        var preset = Preset.getam
        preset.completion.background = .level(0.5)
        #expect(try texts("background", preset, reach: 2) == ["0.3", "0.4", "0.5", "0.6", "0.7", "mixture", "otsu"])
        #expect(try texts("layers", preset, reach: 2) == ["4", "5", "6", "7", "8"])
        #expect(try texts("layers", preset, reach: 99) == (0..<12).map(String.init))
        #expect(try texts("layers", preset, reach: 99, most: 3) == ["5", "6", "7"])
        #expect(try texts("fusion", preset, reach: 1) == LayerFusion.Kind.allCases.map(\.rawValue).sorted())
        #expect(try texts("flip", preset, reach: 5) == ["off", "on"] && texts("background", preset, reach: 0) == ["0.5"])
        // Of what a preset has not, there are no values.
        var bare = preset
        bare.refiners = []
        bare.size = nil
        for name in ["affinity.steps", "crf.sharpness", "size"] { #expect(try texts(name, bare, reach: 3).isEmpty) }
        let layers = try #require(PresetKnob.named("layers")), level = try #require(PresetKnob.named("background"))
        #expect(layers.setting(5, in: preset, depth: 12)?.layers == .from(5))
        #expect(layers.setting(12, in: preset, depth: 12) == nil && layers.setting(4.5, in: preset, depth: 12) == nil)
        #expect(level.setting(0.25, in: preset, depth: 12)?.completion.background == .level(0.25) && level.setting(1.5, in: preset, depth: 12) == nil)
        #expect(PresetKnob.named("fusion")?.takesNumbers == false && PresetKnob.named("zoom") == nil)
        // Every value that can be read and is a number can be written.
        for preset in Preset.builtIn {
            for knob in PresetKnob.all where knob.takesNumbers {
                guard let number = knob.value(in: preset, depth: 12)?.number else { continue }
                let written = try #require(knob.setting(number, in: preset, depth: 12), "\(knob.name)")
                #expect(knob.value(in: written, depth: 12) == .number(number), "\(knob.name)")
            }
        }
    }

    @Test func flatAndSteepSweeps() throws {
        #expect(SweepSummary([]) == nil)
        let steep = try #require(SweepSummary([0.652, 0.682, 0.693, 0.702, 0.662, 0.594]))
        #expect(steep.best == 3 && steep.plateau == 3...3 && !steep.isFlat && abs(steep.spread - 0.108) < 1e-12)
        let flat = try #require(SweepSummary([0.5, 0.656, 0.66, 0.662, 0.66, 0.4]))
        #expect(flat.best == 3 && flat.plateau == 2...4 && !flat.isFlat)
        #expect(SweepSummary([0.5, 0.5, 0.499])?.isFlat == true && SweepSummary([0.5, 0.5])?.best == 0)
    }

    /// Whatever is kept, labels are those of the pipeline, bit for bit.
    @Test(arguments: ["bf16", "nonsquare_native"], [0, 4 << 20, 1 << 30])
    func whatIsKeptChangesNothing(_ name: String, _ limit: Int) throws {
        let model = VisionTransformer(
            try ModelLoader.load(path: Fixtures.path("models/\(name)")).parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2)))
        let path = Fixtures.path("models/\(name)/image.png"), picture = try ImageFile.read(path: path)
        let stages = LabelStages(path: path, classes: [3, 1], labels: [4, 2], limit: limit)
        let small = Preset(
            name: "small", size: 48, share: true, refiners: [.patchAffinity(layers: .fused, normalization: .sinkhorn, steps: 2)],
            upsampling: .centers, normalization: .minimumMaximum,
            completion: LabelCompletion(background: .level(0.4), completionCut: nil, openingSize: 0))
        func with(_ change: (inout Preset) -> Void) -> Preset {
            var preset = small
            change(&preset)
            return preset
        }
        let presets = [
            small, with { $0.completion.background = .level(0.6) }, with { $0.fusion = .product }, with { $0.layers = .from(0) }, with { $0.layers = .from(2) }, with { $0.layers = .from(1) },
            with { $0.refiners.append(.denseCRF(DenseCRFSetting(.light, backgroundLevel: 0.4, sharpness: 10))) },
            with { $0.refiners.append(.denseCRF(DenseCRFSetting(.light, backgroundLevel: 0.6, sharpness: 5))) },
            with { $0.refiners = [.pamr(iterations: 2)] }, with { $0.refiners = [.geodesic()] }, with { $0.flip = true }, with { $0.tiles = .maximum }, with { $0.scales = [1, 0.5] }, with { $0.share = false },
            with { $0.method = "gae" }, with { $0.method = "patch-cam" }, with { $0.method = "gae"; $0.layers = .from(1) }, with { $0.normalization = .maximum },
            with { $0.contrast = .nearest }, with { $0.contrast = .named("thing1") },
            with { $0.saliency = .computed(.barrier) }, with { $0.saliency = .computed(.tokens) }, small,
        ]
        for preset in presets {
            let pipeline = try LabelPipeline(model: model, preset: preset)
            let own = try pipeline.labels(picture, classes: [3, 1], labels: [4, 2]).labels.labels
            #expect(try stages.labels(by: pipeline) == own, "\(preset)")
        }
        // Reduced: those of the picture reduced, by presets reduced as much.
        let reduced = LabelStages(path: path, classes: [3, 1], labels: [4, 2], longSide: 40, limit: limit), guide = picture.forDisplay(longSide: 40)
        let scale = Double(guide.width) / Double(picture.width)
        #expect(scale < 1)
        for preset in presets.prefix(8) + presets.suffix(1) {
            let own = try LabelPipeline(model: model, preset: preset.scaled(by: scale)).labels(guide, classes: [3, 1], labels: [4, 2]).labels.labels
            #expect(try reduced.labels(by: LabelPipeline(model: model, preset: preset)) == own, "\(preset)")
        }
        let empty = LabelStages(path: path, classes: [], labels: [], limit: limit)
        #expect(try empty.labels(by: LabelPipeline(model: model, preset: small)).indices.allSatisfy { $0 == 0 })
    }
}
