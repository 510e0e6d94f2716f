import Attribution
import Checkpoints
import Foundation
import Images
import Labels
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Levels found anew for each picture, against `make_levels.py`.
@Suite struct AutomaticLevelTests {
    private struct Expected: Decodable {
        let counts: [Int]
        let otsu: Int
        let shares: [Double], means: [Double], variances: [Double]
        let level: Double
    }

    private static let expected = Result {
        try JSONDecoder().decode([String: Expected].self, from: Data(contentsOf: URL(filePath: Fixtures.path("labels/levels.json"))))
    }

    private func samples(_ expected: Expected) -> [UInt8] { expected.counts.enumerated().flatMap { [UInt8](repeating: UInt8($0.offset), count: $0.element) } }

    @Test(arguments: ["apart", "near", "few", "one", "two values"]) func agreesWithTheLibraries(_ name: String) throws {
        let expected = try #require(Self.expected.get()[name]), samples = samples(expected)
        #expect(Otsu.level(samples).map(Int.init) == expected.otsu)
        let mixture = try #require(ActivationMixture(samples))
        for (place, component) in [mixture.lower, mixture.upper].enumerated() {
            #expect(abs(component.share - expected.shares[place]) < 1e-4 && abs(component.mean - expected.means[place]) < 1e-4, "\(component)")
            #expect(abs(component.variance - expected.variances[place]) < 1e-4 * expected.variances[place] + 1e-9)
        }
        #expect(abs(mixture.level - expected.level) < 1e-4, "\(mixture.level)")
    }

    /// One plane of a class, whose largest activations are its values.
    private func activation(_ values: [Float], width: Int) throws -> (PixelMaps, Labels.Activation) {
        let maps = PixelMaps(classes: [0], height: values.count / width, width: width, values: values)
        return (maps, try Labels.Activation(maps))
    }

    @Test func labelsAreThoseOfTheLevelThatIsFound() throws {
        for name in ["apart", "few"] {
            let expected = try #require(Self.expected.get()[name]), samples = samples(expected)
            let (_, activation) = try activation(samples.map { Float($0) / 255 }, width: 100)
            func labels(_ background: LabelCompletion.Background) throws -> [UInt8] {
                try LabelCompletion(background: background, completionCut: nil, openingSize: 0).labels(activation, saliency: nil).labels.indices
            }
            #expect(try labels(.automatic(.otsu)) == samples.map { Int($0) > expected.otsu ? 1 : 0 })
            #expect(try labels(.automatic(.mixture)) == samples.map { Double($0) / 255 > expected.level ? 1 : 0 })
        }
        // Where all is alike nothing is told.
        let (_, flat) = try activation([Float](repeating: 0.3, count: 12), width: 4)
        for kind in AutomaticLevel.allCases {
            let completion = LabelCompletion(background: .automatic(kind), completionCut: nil, openingSize: 0)
            #expect(completion.resolved(flat).background == .level(0.5))
            #expect(completion.resolved(flat, found: 0.2).background == .level(kind == .bas ? 0.2 : 0.5))
        }
    }

    /// The level of least ρ + area, by passes of its own over every set of patches.
    @Test(arguments: ["bf16", "pooled_class_token"]) func theBackgroundKeepsLeastOfTheLogit(_ name: String) throws {
        let model = VisionTransformer(
            try ModelLoader.load(path: Fixtures.path("models/\(name)")).parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2)))
        let picture = try ImageFile.read(path: Fixtures.path("models/\(name)/image.png"))
        var preset = Preset(name: "bas", resize: .square, normalization: .minimumMaximum)
        preset.completion = LabelCompletion(background: .automatic(.bas), completionCut: nil, openingSize: 0)
        let pipeline = try LabelPipeline(model: model, preset: preset)
        let view = try #require(pipeline.views(width: picture.width, height: picture.height).first), patch = model.configuration.patch
        let pixels = picture.modelInput(view.size, model.configuration.preprocessing)
        let (rows, columns) = (view.size.height / patch.height, view.size.width / patch.width)
        let logits = try model.logits(of: pixels, under: .none), classes = logits.indices.filter { logits[$0] > 0 }.prefix(2).map { $0 }
        try #require(!classes.isEmpty)
        let maps = try pipeline.classMaps(picture, classes: classes)
        var costs = [Double](repeating: 0, count: 19)
        for (place, index) in classes.enumerated() {
            let plane = Array(maps.plane(place))
            for number in 0..<19 {
                let level = Double(number + 1) / 20
                var below: Set<Int> = []
                for patch in 0..<rows * columns {
                    let inside = plane.indices.filter {
                        $0 / maps.width * rows / maps.height == patch / columns && $0 % maps.width * columns / maps.width == patch % columns
                    }
                    let mean = inside.reduce(0.0) { $0 + Double(plane[$1]) } / Double(inside.count)
                    if !(mean > level) { below.insert(patch) }
                }
                let left = below.isEmpty ? 0 : try model.logits(of: pixels, under: Intervention(patches: below))[index]
                costs[number] += min(Double(max(left, 0) / logits[index]), 1) + 1 - Double(below.count) / Double(rows * columns)
            }
        }
        let found = try pipeline.backgroundActivationLevel(maps, picture: picture), place = Int((found * 20).rounded()) - 1
        #expect(costs[place] <= (costs.min() ?? 0) + 1e-5 && Set(costs).count > 1, "\(found): \(costs)")
        // The pipeline's labels are those of this level.
        let numbers = classes.indices.map { UInt8($0 + 1) }
        var fixed = preset
        fixed.completion.background = .level(found)
        let expected = try LabelPipeline(model: model, preset: fixed).labels(picture, classes: classes, labels: numbers).labels
        #expect(try pipeline.labels(picture, classes: classes, labels: numbers).labels == expected)
    }

    @Test func itStandsInFiles() throws {
        for kind in AutomaticLevel.allCases {
            var preset = Preset.getam
            preset.completion.background = .automatic(kind)
            #expect(try Preset.decode(preset.json, path: "p.json") == preset && preset.json.contains("\"level\": \"\(kind.rawValue)\""))
        }
        #expect(throws: (any Error).self) { try Preset.decode("{\"version\": 1, \"completion\": {\"level\": \"otsi\"}}", path: "p.json") }
    }
}
