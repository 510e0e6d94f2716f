import Checkpoints
import Files
import TestSupport
import Tensors
import Testing
import VisionTransformer

/// What a rotary position embedding makes special, beside the oracles of FamilyOracleTests and ParameterGradientTests.
@Suite struct RotaryTests {
    private func model(_ name: String, _ savings: ExactSavings = .all) throws -> (VisionTransformer, pixels: Tensor) {
        let parameters = try FamilyOracleTests.load(name).parameters
        let pixels = try SafetensorsFile(path: Fixtures.path("families/\(name)/expected.safetensors")).tensor(named: "pixels")
        let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2))
        return (VisionTransformer(parameters, compute: compute, savings: savings), pixels)
    }

    /// A last block of which only the class token was computed says of all tokens what a whole one says.
    @Test(arguments: ["hf_dinov3", "hf_dinov3_gated", "eva02_clip", "rope_mixed", "hf_mlcd"])
    func aShortLastBlockSaysTheSame(_ name: String) throws {
        let (short, pixels) = try model(name), (whole, _) = try model(name, [])
        let a = try short.forward(pixels), b = try whole.forward(pixels)
        let (last, tokens) = (a.depth - 1, a.tokens)
        #expect(relativeDeviation(a.logits, b.logits) < 5e-6)
        for rows in [0..<tokens, 3..<5, 0..<1, tokens - 1..<tokens] {
            func values(_ model: VisionTransformer, _ trace: Trace) -> [Float] {
                model.withAttention(of: trace, layer: last, rows: rows) { attention in
                    (0..<attention.heads).flatMap { head in rows.flatMap { Array(attention.row($0, head: head)) } }
                }
            }
            #expect(relativeDeviation(values(short, a), values(whole, b)) < 5e-6, "rows \(rows)")
        }
        let keys = (short.keys(of: a, layer: last, tokens: 1..<tokens), whole.keys(of: b, layer: last, tokens: 1..<tokens))
        #expect(relativeDeviation(keys.0.values, keys.1.values) < 5e-6)
        let scores = [(short, a), (whole, b)].map { $0.0.attentionScores(of: $0.1, layer: last, rows: 0..<1, heads: 0..<2).values }
        #expect(relativeDeviation(scores[0], scores[1]) < 5e-6)
        let affinity = (short.patchAffinity(a, layers: 0...last).values, whole.patchAffinity(b, layers: 0...last).values)
        #expect(relativeDeviation(affinity.0, affinity.1) < 5e-6)
    }

    /// Places that do not follow the grid's size: without its last rows of patches, or its last columns, a picture is the picture cut there.
    @Test func patchesLeftOutKeepTheOthersPlaces() throws {
        let (model, pixels) = try model("rope_mixed")
        let cut = Tensor(shape: [3, 16, 32], (0..<3).flatMap { plane in pixels.values[plane * 1024..<plane * 1024 + 512] })
        let kept = try model.logits(of: pixels, under: Intervention(patches: Set(0..<8)))
        #expect(relativeDeviation(kept, try model.forward(cut).logits) < 5e-6)
        // The same with columns, which leave gaps between the rows' patches.
        let narrow = Tensor(shape: [3, 32, 16], (0..<96).flatMap { row in pixels.values[row * 32..<row * 32 + 16] })
        let left = try model.logits(of: pixels, under: Intervention(patches: Set((0..<16).filter { $0 % 4 < 2 })))
        #expect(relativeDeviation(left, try model.forward(narrow).logits) < 5e-6)
    }

    /// The class token is turned by the same angles whichever patches there are.
    @Test func aTurnedClassTokenStaysWithoutPatches() throws {
        let (model, pixels) = try model("hf_mlcd")
        let cut = Tensor(shape: [3, 8, 12], (0..<3).flatMap { plane in pixels.values[plane * 144..<plane * 144 + 96] })
        let kept = try model.logits(of: pixels, under: Intervention(patches: Set(0..<6)))
        #expect(relativeDeviation(kept, try model.forward(cut).logits) < 5e-6)
    }

    /// Heads' and MLPs' shares of a logit are its sum where norms stand inside the attention and the MLP.
    @Test(arguments: ["eva02_clip", "eva02_small", "hf_mlcd"])
    func sharesAddUpThroughInnerNorms(_ name: String) throws {
        let (model, pixels) = try model(name)
        let trace = try model.forward(pixels)
        let parts = try model.directContributions(of: trace, to: .classes([0, 3]))
        for (part, logit) in zip(parts, [trace.logits[0], trace.logits[3]]) { #expect(abs(part.sum - logit) < 2e-5) }
    }

    @Test(arguments: ["hf_dinov3", "eva02_clip", "rope_gap"])
    func noFileOfTimmsIsWritten(_ name: String) throws {
        let parameters = try FamilyOracleTests.load(name).parameters
        #expect(failure { _ = try parameters.writer(path: "x") }?.reason.contains("rotary position embedding") == true)
    }

    private func failure(_ body: () throws -> Void) -> FileError? {
        do { try body() } catch { return error as? FileError }
        return nil
    }
}
