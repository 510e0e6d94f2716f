import Checkpoints
import Foundation
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Classes made of example pictures, against `make_concepts.py`.
@Suite struct ConceptTests {
    private struct Expected: Decodable {
        let rows: [[Float]]
        let biases: [Float]
        let logits: [Float]
    }

    private static let expected = Result {
        try JSONDecoder().decode([String: Expected].self, from: Data(contentsOf: URL(filePath: Fixtures.path("concepts.json"))))
    }

    /// The fixture's picture, turned about its middle, and mirrored.
    private static func pictures(_ name: String) throws -> (own: Tensor, turned: Tensor, mirrored: Tensor) {
        let pixels = try SafetensorsFile(path: Fixtures.path("models/\(name)/expected.safetensors")).tensor(named: "pixels")
        let (channels, height, width) = (pixels.shape[0], pixels.shape[1], pixels.shape[2]), values = pixels.values
        func picture(_ source: (_ y: Int, _ x: Int) -> (Int, Int)) -> Tensor {
            Tensor(shape: pixels.shape, (0..<channels * height * width).map { index in
                let (y, x) = source(index / width % height, index % width)
                return values[(index / (width * height) * height + y) * width + x]
            })
        }
        return (pixels, picture { (height - 1 - $0, width - 1 - $1) }, picture { ($0, width - 1 - $1) })
    }

    private static func model(_ parameters: ParameterSet) -> VisionTransformer { VisionTransformer(parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2))) }

    /// A tower without a head whose features are not as wide as its tokens: the concept is a row over the features.
    @Test(arguments: ["hf_clip", "coca", "openclip_siglip", "clipa"])
    func towersWithoutAHead(_ name: String) throws {
        let pixels = try SafetensorsFile(path: Fixtures.path("families/\(name)/expected.safetensors")).tensor(named: "pixels")
        let parameters = try ModelLoader.load(path: Fixtures.path("families/\(name)")).parameters
        let features = try Self.model(parameters).forward(pixels).features
        let extended = try parameters.adding([try Self.model(parameters).concept("thing", of: [pixels])])
        let head = try #require(extended.head)
        #expect(head.weight.shape == [1, features.count])
        let scale = head.weight.values[0] / features[0]
        #expect(relativeDeviation(head.weight.values, features.map { $0 * scale }) < 1e-5)
        #expect(abs(try Self.model(extended).forward(pixels).logits[0] - 3) < 1e-3)
    }

    @Test(arguments: [
        "bf16", "registers_layerscale", "pooled_class_token", "pooled_no_class_token", "hf_deit_distilled", "dino_keys", "headless_no_class_token",
    ])
    func rowsAndLogitsAgree(_ name: String) throws {
        let expected = try #require(Self.expected.get()[name]), pictures = try Self.pictures(name)
        let parameters = try ModelLoader.load(path: Fixtures.path("models/\(name)")).parameters
        let concept = try Self.model(parameters).concept("thing", of: [pictures.own, pictures.turned])
        #expect(concept.examples == 2)
        let extended = try parameters.adding([concept])
        #expect(extended.configuration.classCount == expected.logits.count && extended.configuration.classNames.last == "thing")
        for (part, head) in [extended.head, extended.distillationHead].compactMap(\.self).enumerated() {
            let count = head.weight.shape[0], width = head.weight.shape[1]
            #expect(relativeDeviation(head.weight.rows(count - 1..<count).values, expected.rows[part]) < 2e-5)
            let bias = try #require(head.bias)[count - 1]
            #expect(width == expected.rows[part].count && abs(bias - expected.biases[part]) < 2e-4)
        }
        let logits = try Self.model(extended).forward(pictures.mirrored).logits
        #expect(relativeDeviation(logits, expected.logits) < 4e-5, "\(logits)")
        // Of the examples the concept's logit is on average the greatest of the others', or 3.
        let examples = try [pictures.own, pictures.turned].map { try Self.model(extended).forward($0).logits }
        let own = examples.map { $0[$0.count - 1] }.reduce(0, +) / 2
        if parameters.head == nil {
            #expect(abs(own - 3) < 1e-3 && extended.configuration.probability == .sigmoid)
        } else if parameters.distillationHead == nil {
            #expect(abs(own - examples.map { $0.dropLast().max() ?? 0 }.reduce(0, +) / 2) < 1e-3)
        }
        // The model's own classes stay what they were.
        if !parameters.configuration.classNames.isEmpty {
            let before = try Self.model(parameters).forward(pictures.own).logits
            #expect(before == examples[0].dropLast().map { $0 })
        }
    }

    /// A zero-shot head has no bias; the row alone brings its examples to the others' level.
    @Test func aZeroShotHeadTakesAConceptForAText() throws {
        let folder = Fixtures.path("families/clip_openclip")
        let parameters = try ModelLoader.load(path: folder, head: HeadSource(path: folder + "/embeddings.npy")).parameters
        let pixels = try SafetensorsFile(path: folder + "/expected.safetensors").tensor(named: "pixels")
        let concept = try Self.model(parameters).concept("thing", of: [pixels]), extended = try parameters.adding([concept])
        #expect(extended.head?.bias == nil)
        let logits = try Self.model(extended).forward(pixels).logits
        let greatest = try #require(logits.dropLast().max()), made = try #require(logits.last)
        #expect(greatest > 0 ? abs(made - greatest) < 1e-3 : made > greatest)
        let own = try Self.model(parameters).forward(pixels).logits
        #expect(own == logits.dropLast().map { $0 })
    }

    @Test func whatCannotHaveOneIsTold() throws {
        let parameters = try ModelLoader.load(path: Fixtures.path("models/bf16")).parameters
        let pixels = try Self.pictures("bf16").own
        let concept = try Self.model(parameters).concept(parameters.configuration.distinctClassNames[2], of: [pixels])
        #expect(throws: ModelError.self) { try parameters.adding([concept]) }
        let twice = try Self.model(parameters).concept("thing", of: [pixels])
        #expect(throws: ModelError.self) { try parameters.adding([twice, twice]) }
        let published = try ModelLoader.load(path: Fixtures.path("published/acr")).parameters
        #expect(throws: ModelError.self) { try Self.model(published).concept("thing", of: [pixels]) }
    }
}
