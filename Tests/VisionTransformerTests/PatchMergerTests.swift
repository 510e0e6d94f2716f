import Attribution
import Checkpoints
import Files
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Patches that are merged before the head (Qwen3-VL, DeepSeek), beside the oracles: what is known without a name, and what is refused in
/// words.
@Suite struct PatchMergerTests {
    private func model() throws -> VisionTransformer {
        VisionTransformer(
            try FamilyOracleTests.load("qwen_merged").parameters,
            compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1)))
    }

    private func pixels(_ suffix: String = "") throws -> Tensor {
        try SafetensorsFile(path: Fixtures.path("families/qwen_merged/expected\(suffix).safetensors")).tensor(named: "pixels")
    }

    private func refusal(_ body: () throws -> Any) -> String {
        do { return "\(try body())" } catch { return "\(error)" }
    }

    @Test func sizesAreWholeSquares() throws {
        let model = try model(), configuration = model.configuration
        #expect(configuration.mergedSide == 2 && configuration.inputStep == .init(height: 8, width: 8))
        let size = try ResizeMode.fit.inputSize(width: 30, height: 20, for: configuration)
        #expect(size.width % 8 == 0 && size.height % 8 == 0)
        let odd = refusal { try model.forward(Tensor(shape: [3, 12, 16])) }
        #expect(odd.contains("16×12 pixels is not made of whole squares of 2×2 patches"))
    }

    /// The tensors' names alone say what the family has; the norm before the head belongs to a head of the file's own.
    @Test func withoutAName() throws {
        let named = try FamilyOracleTests.load("qwen_merged")
        let folder = try TemporaryFolder()
        let file = try FileContent(path: Fixtures.path("families/qwen_merged/model.safetensors"))
        try folder.write(file.withBytes { Array($0) }, "model.safetensors")
        try folder.write("{\"num_heads\":2}", "config.json")
        let unnamed = try ModelLoader.load(path: folder.path)
        let (one, other) = (named.configuration, unnamed.configuration)
        #expect(one.rotary == other.rotary && other.rotary?.pairsHalves == true && one.positionResampling == other.positionResampling)
        #expect(one.activation == .geluTanh && other.activation == .geluTanh && other.normEpsilon == 1e-6)
        let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1)), pixels = try pixels("_large")
        let logits = try VisionTransformer(unnamed.parameters, compute: compute).forward(pixels).logits
        #expect(try VisionTransformer(named.parameters, compute: compute).forward(pixels).logits == logits)
        #expect(ModelReport(unnamed).text.contains("mean over squares of 2×2 patches, each made one"))
        // Ones and zeros are no parameters.
        #expect(!named.parameters.namedTensors.contains { $0.name.hasPrefix("pooled norm") })
    }

    /// DeepSeek's squares at the edge may lack patches, so any grid will do; its names alone say what the family has.
    @Test func squaresAreFilledUp() throws {
        let named = try FamilyOracleTests.load("deepseek_aligned"), configuration = named.configuration
        #expect(configuration.mergedSide == 2 && configuration.fillsSquares && configuration.inputStep == configuration.patch)
        let folder = try TemporaryFolder()
        let file = try FileContent(path: Fixtures.path("families/deepseek_aligned/model.safetensors"))
        try folder.write(file.withBytes { Array($0) }, "model.safetensors")
        try folder.write("{\"model_args\":{\"num_heads\":2,\"encoder_pool\":\"align\"}}", "config.json")
        let unnamed = try ModelLoader.load(path: folder.path), other = unnamed.configuration
        #expect(configuration.rotary == other.rotary && other.activation == .silu && other.normKind == .rootMeanSquare)
        let expected = try SafetensorsFile(path: Fixtures.path("families/deepseek_aligned/expected_large.safetensors"))
        let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1))
        let logits = try VisionTransformer(unnamed.parameters, compute: compute).forward(expected.tensor(named: "pixels")).logits
        #expect(relativeDeviation(logits, try expected.tensor(named: "logits").values) < 2e-5)
    }

    @Test func singlePatchesHaveNoLogits() throws {
        let model = try model(), trace = try model.forward(pixels())
        #expect(refusal { try model.lens(.patches, of: trace, layer: 1) }.contains("merges patches"))
        #expect(refusal { try model.directContributions(of: trace, to: .classes([0])) }.contains("no linear function"))
        #expect(refusal { try model.logits(of: pixels(), under: Intervention(patches: [0, 1])) }.contains("none can be left out"))
        #expect(refusal { try model.parameters.writer(path: "model") }.contains("patches merged before the head"))
        for identifier in ["logit-attribution", "lens", "lens-class", "lens-curve"] {
            let quantity = try #require(Quantities.all.first { $0.identifier == identifier })
            #expect(quantity.obstacle(for: model.configuration) != nil, "\(identifier)")
        }
        // Where the model is as if it ended after a block, what merges reads that block.
        let complete = try model.complete(trace)
        #expect(try model.ended(complete, after: 0).logits.count == 5)
        let same = try model.logits(of: model.embedded(pixels()), keeping: Set(0..<16))
        #expect(same == trace.logits)
    }
}
