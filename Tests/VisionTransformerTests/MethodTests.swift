import Attribution
import Checkpoints
import Testing
import TestSupport
import Tensors
import VisionTransformer

/// The map methods of classes against their formulas in double precision over autograd's attention and gradient.
@Suite struct MethodTests {
    static let formulas: [(String, @Sendable (Double, Double) -> Double)] = [
        ("getam", { $0 * $1 }), ("grad-attention", { u, _ in u }), ("grad", { _, v in v }), ("grad-squared", { $1 * $1 }),
    ]

    @Test func everyMethodHasAFormulaHere() {
        let known = Self.formulas.map(\.0) + ClassFreeTests.oracles.map(\.key) + ["cdam"]  // see QuantityOracleTests
        #expect(Set(MapMethods.all.map(\.identifier)) == Set(known))
    }

    @Test(arguments: formulas.map(\.0), ["bf16", "hf_deit_distilled", "registers_layerscale"])
    func agreesWithItsFormula(_ identifier: String, _ fixture: String) throws {
        let folder = Fixtures.path("models/\(fixture)")
        let expected = try SafetensorsFile(path: "\(folder)/expected.safetensors")
        let compute = Compute(product: .load(path: nil, coreTypeIsSet: false), pool: ThreadPool(threads: 2))
        let model = VisionTransformer(try ModelLoader.load(path: folder).parameters, compute: compute)
        let trace = try model.forward(try expected.tensor(named: "pixels"))
        let classes = try expected.integers(named: "classes")
        let method = try #require(MapMethods.named(identifier) as? any GradientMethod)
        let formula = try #require(Self.formulas.first { $0.0 == identifier }).1
        let maps = try model.layerMaps(of: trace, classes: classes, method: method, layers: 0...trace.depth - 1)
        let attention = try expected.tensor(named: "attention_class_row"), gradient = try expected.tensor(named: "gradient_class_row")
        let (layers, heads, tokens) = (attention.shape[0], attention.shape[1], attention.shape[2])
        for position in classes.indices {
            for layer in 0..<layers {
                let reference = (trace.prefixTokens..<tokens).map { token -> Float in
                    var (u, v) = (0.0, 0.0)
                    for head in 0..<heads {
                        let g = Double(gradient[position, layer, head, token])
                        u += max(0, g * Double(attention[layer, head, token])) / Double(heads)
                        v += max(0, g) / Double(heads)
                    }
                    return Float(formula(u, v))
                }
                #expect(relativeDeviation(maps[position][layer].values, reference) < 2e-5, "layer \(layer)")
            }
        }
    }
}
