import Checkpoints
import Files
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Gemma 4's vision tower beside the oracles: what is known without a name, what is refused in words, and what single tokens say.
@Suite struct GemmaTests {
    private let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1))

    private func expected(_ name: String, _ suffix: String = "") throws -> SafetensorsFile {
        try SafetensorsFile(path: Fixtures.path("families/\(name)/expected\(suffix).safetensors"))
    }

    private func refusal(_ body: () throws -> Any) -> String {
        do { return "\(try body())" } catch { return "\(error)" }
    }

    /// A copy of a fixture's model without what names it.
    private func unnamed(_ name: String, _ config: String = "{\"num_heads\":2}") throws -> (folder: TemporaryFolder, bytes: [UInt8]) {
        let folder = try TemporaryFolder(), file = try FileContent(path: Fixtures.path("families/\(name)/model.safetensors"))
        let bytes = file.withBytes { Array($0) }
        try folder.write(bytes, "model.safetensors")
        try folder.write(config, "config.json")
        return (folder, bytes)
    }

    @Test func withoutAName() throws {
        let (folder, _) = try unnamed("gemma_classifier"), loaded = try ModelLoader.load(path: folder.path)
        let configuration = loaded.configuration
        #expect(configuration.activation == .geluTanh && configuration.normKind == .rootMeanSquare)
        #expect(configuration.rotary?.splitsHeads == true)
        // What normalizes the pixels and the model's own step are one.
        #expect(configuration.preprocessing.mean == [0.5, 0.5, 0.5] && configuration.preprocessing.standardDeviation == [0.5, 0.5, 0.5])
        let expected = try expected("gemma_classifier", "_large")
        let logits = try VisionTransformer(loaded.parameters, compute: compute).forward(expected.tensor(named: "pixels")).logits
        #expect(relativeDeviation(logits, try expected.tensor(named: "logits").values) < 2e-5)
        let report = ModelReport(loaded).text
        #expect(report.contains("before and after the layers") && report.contains("norms of queries, keys and values"))
        #expect(report.contains("by column and row"))
    }

    /// Bounds that are infinite do nothing; others are refused by name.
    @Test func boundsThatHold() throws {
        var (folder, bytes) = try unnamed("gemma_classifier")
        let archive = try SafetensorsFile(path: folder.path + "/model.safetensors")
        let name = "encoder.blocks.1.mlp.down_proj.output_max"
        #expect(try archive.tensor(named: name).values == [.infinity])
        // The last infinity of the file, in whichever layer, becomes four.
        let infinity: [UInt8] = [0, 0, 0x80, 0x7F], four: [UInt8] = [0, 0, 0x80, 0x40]
        let place = try #require((0..<bytes.count - 3).last { Array(bytes[$0..<$0 + 4]) == infinity })
        bytes.replaceSubrange(place..<place + 4, with: four)
        try folder.write(bytes, "model.safetensors")
        let text = refusal { try ModelLoader.load(path: folder.path) }
        #expect(text.contains("_max is 4.0: layers that hold what they read and give within bounds are not supported"), "\(text)")
    }

    /// A pool that timm's encoder is told to have instead of its own.
    @Test func meansThatAreNotStandardized() throws {
        let (folder, _) = try unnamed("gemma_encoder", "{\"num_heads\":2,\"global_pool\":\"avg\"}")
        #expect(try ModelLoader.load(path: folder.path).parameters.standardization == nil)
        #expect(try FamilyOracleTests.load("gemma_encoder").parameters.standardization != nil)
    }

    @Test func whatIsRefused() throws {
        let model = VisionTransformer(try FamilyOracleTests.load("gemma_classifier").parameters, compute: compute)
        let trace = try model.forward(try expected("gemma_classifier").tensor(named: "pixels"))
        #expect(refusal { try model.directContributions(of: trace, to: .classes([0])) }.contains("norms behind the layers"))
        #expect(refusal { try model.forward(Tensor(shape: [3, 40, 16])) }.contains("more patches a side than the model has positions (9)"))
        #expect(refusal { try model.parameters.writer(path: "model") }.contains("cannot be written"))
    }

    /// Of the last block the lens reads what the head reads; what was taken out of heads and patches is that of a pass without them.
    @Test(arguments: ["gemma_classifier", "gemma_encoder"]) func lensAndAblation(_ name: String) throws {
        let model = VisionTransformer(try FamilyOracleTests.load(name).parameters, compute: compute), last = model.configuration.depth - 1
        let pixels = try expected(name).tensor(named: "pixels"), trace = try model.complete(model.forward(pixels))
        #expect(relativeDeviation(try model.lens(.picture, of: trace, layer: last).values, trace.logits) < 1e-5)
        let patches = try model.lens(.patches, of: trace, layer: last), classes = trace.logits.count
        if name == "gemma_encoder" {
            // Without a norm behind the mean the patches' mean is the logit.
            let mean = (0..<classes).map { index in
                (0..<patches.shape[0]).reduce(Float(0)) { $0 + patches.values[$1 * classes + index] } / Float(patches.shape[0])
            }
            #expect(relativeDeviation(mean, trace.logits) < 1e-5)
        }
        #expect(try model.ended(trace, after: 0).logits.count == classes)
        let all = Set(0..<trace.grid.height * trace.grid.width)
        #expect(try model.logits(of: pixels, under: Intervention(patches: all)) == trace.logits)
        #expect(try model.logits(of: pixels, under: Intervention(patches: all.subtracting([1]))) != trace.logits)
    }
}
