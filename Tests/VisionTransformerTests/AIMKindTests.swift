import Checkpoints
import Files
import Glibc
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// AIMv2 under Apple's names, and with positions that no tensor holds.
@Suite struct AIMKindTests {
    private let folder: TemporaryFolder
    private let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2))

    init() throws { folder = try TemporaryFolder() }

    /// The tensors of a family under names of their own; nil leaves one out.
    private func write(_ family: String, _ config: String, positions: (name: String, grid: [Int])? = nil, name: (String) -> String?) throws {
        let file = try SafetensorsFile(path: Fixtures.path("families/\(family)/model.safetensors"))
        var writer = SafetensorsWriter()
        for info in file.tensors {
            guard let name = name(info.name) else { continue }
            let tensor = try file.tensor(named: info.name)
            writer.add(name, info.shape, tensor.values)
        }
        if let positions { writer.add(positions.name, [positions.grid[0] * positions.grid[1], 8], Self.sines(positions.grid, width: 8)) }
        try folder.write(writer.file(), "model.safetensors")
        try folder.write(config, "config.json")
    }

    @Test(arguments: OracleTests.Way.all) func applesNames(_ way: OracleTests.Way) throws {
        let config = #"{"model_type":"aimv2","hidden_size":12,"num_hidden_layers":2,"num_attention_heads":2,"intermediate_size":12,"#
            + #""patch_size":4,"image_size":12,"rms_norm_eps":1e-5}"#
        try write("aimv2", config) { name in
            if name.hasPrefix("blocks.") {
                return "trunk." + name.replacing("norm1", with: "norm_1").replacing("norm2", with: "norm_2")
                    .replacing("fc1_g", with: "fc1").replacing("fc1_x", with: "fc3")
            }
            if name.hasPrefix("norm.") { return "trunk.post_trunk_" + name }
            return name == "pos_embed" ? "preprocessor.pos_embed" : name.replacing("patch_embed", with: "preprocessor.patchifier")
        }
        let loaded = try ModelLoader.load(path: folder.path)
        #expect(loaded.familyTitle == "AIMv2 (Apple's names)" && loaded.configuration.normEpsilon == 1e-5)
        let expected = try SafetensorsFile(path: Fixtures.path("families/aimv2/expected.safetensors"))
        let model = VisionTransformer(loaded.parameters, compute: way.compute, savings: way.savings)
        try OracleTests().compare(model, try expected.tensor(named: "pixels"), expected)
    }

    /// Of a place p sin(p·ω) and cos(p·ω), first by its column: transformers' `build_2d_sinusoidal_position_embedding`, halves exchanged.
    private static func sines(_ grid: [Int], width: Int) -> [Float] {
        var values: [Float] = []
        for row in 0..<grid[0] {
            for column in 0..<grid[1] {
                for place in [column, row] {
                    for function in [sin, cos] as [(Double) -> Double] {
                        for index in 0..<width / 4 {
                            values.append(Float(function(Double(place) / pow(10000, Double(index) / Double(width / 4)))))
                        }
                    }
                }
            }
        }
        return values
    }

    @Test(arguments: [[3, 3], [4, 5]]) func positionsAreMadeForEveryGrid(_ grid: [Int]) throws {
        func load(_ fields: String, positions: [Int]?) throws -> LoadedModel {
            let config = #"{"model_type":"aimv2_vision_model","hidden_size":8,"num_hidden_layers":2,"num_attention_heads":2,"#
                + "\"intermediate_size\":12,\"patch_size\":4,\(fields)}"
            let name = "embeddings.position_embedding.weight"
            try write("hf_aimv2", config, positions: positions.map { (name, $0) }) {
                $0.hasPrefix("vision_model.") && !$0.hasSuffix(name) ? String($0.dropFirst(13)) : nil
            }
            return try ModelLoader.load(path: folder.path)
        }
        let native = try load("\"image_size\":12,\"is_native\":true", positions: nil)
        let fixed = try load("\"image_size\":[\(4 * grid[0]),\(4 * grid[1])]", positions: grid)
        #expect(native.configuration.hasSinePositions && !fixed.configuration.hasSinePositions)
        #expect(native.parameters.parameterCount == fixed.parameters.parameterCount - grid[0] * grid[1] * 8)
        let pixels = Tensor(shape: [3, 4 * grid[0], 4 * grid[1]], (0..<48 * grid[0] * grid[1]).map { Float(($0 * 37 + 11) % 19) / 9 - 1 })
        let model = VisionTransformer(native.parameters, compute: compute), other = VisionTransformer(fixed.parameters, compute: compute)
        let (trace, reference) = try (model.forward(pixels), other.forward(pixels))
        #expect(relativeDeviation(trace.features, reference.features) < 1e-6)
        // Their gradient is no one's, whatever the grid.
        var headed = native.parameters
        headed.head = .init(weight: Tensor(shape: [2, 8], (0..<16).map { Float($0 % 5) - 2 }), bias: nil)
        (headed.configuration.head, headed.configuration.classCount) = (.attentionPool, 2)
        let training = VisionTransformer(headed, compute: compute), sums = ParameterArena(zerosLike: headed)
        let step = try training.forward(pixels, options: .training)
        try training.backward(step, from: Cotangents(logits: .classes([1])), wanting: BackwardWants(parameters: sums))
        #expect(sums.parameters.patchEmbedding.weight.values.contains { $0 != 0 })
    }

    @Test func positionsThatNobodyHasAreMissed() throws {
        try write("hf_aimv2", #"{"vision_config":{"num_attention_heads":2}}"#) { $0.contains("position_embedding") ? nil : $0 }
        #expect(failure { _ = try ModelLoader.load(path: folder.path) }?.reason.contains("no position embedding") == true)
    }

    private func failure(_ body: () throws -> Void) -> FileError? {
        do { try body() } catch { return error as? FileError }
        return nil
    }
}
