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

    /// Those that autograd's models and pytorch-grad-cam say (see QuantityOracleTests, PoolOracleTests).
    static let elsewhere = [
        "cdam", "gae", "gradient-rollout", "attention-gradcam", "agcam", "head-weighted", "legrad", "token-gradcam", "hirescam", "layercam",
        "gradcam++", "xgradcam", "eigencam", "patch-cam", "ts-cam", "input-gradient", "integrated-gradients", "smoothgrad", "occlusion", "rise", "vit-cx",
        "pool-attention", "pool-getam",
    ]

    @Test func everyMethodHasAnOracle() {
        let known = Self.formulas.map(\.0) + ClassFreeTests.oracles.map(\.key) + Self.elsewhere
        #expect(MapMethods.all.map(\.identifier).sorted() == known.sorted())
    }

    @Test func aFlowFusesByItsLastLayerAndAllElseBySum() {
        // A map of the picture is that of every layer.
        let last = MapMethods.all.filter { $0.fusion == .last && !($0 is any PictureMethod) }.map(\.identifier)
        #expect(Set(last) == ["rollout", "token-saliency", "gae", "gradient-rollout", "pool-attention", "pool-getam"])
        #expect(MapMethods.all.filter(\.dependsOnStart).map(\.identifier) == ["rollout", "gae", "gradient-rollout"])
        #expect(MapMethods.all.filter { $0.scale == .diverging }.map(\.identifier)
            == ["cdam", "input-gradient", "integrated-gradients", "occlusion", "vit-cx"])
    }

    /// Asking for some layers, from any start, gives the same maps as asking for all.
    @Test(arguments: ["registers_layerscale", "pooled_class_token", "hf_deit_distilled"])
    func someLayersAreTheSame(_ fixture: String) throws {
        let folder = Fixtures.path("models/\(fixture)")
        let compute = Compute(product: .load(path: nil, coreTypeIsSet: false), pool: ThreadPool(threads: 2))
        let model = VisionTransformer(try ModelLoader.load(path: folder).parameters, compute: compute)
        let trace = try model.forward(try SafetensorsFile(path: "\(folder)/expected.safetensors").tensor(named: "pixels"))
        func maps(_ method: any ClassMethod, _ layers: ClosedRange<Int>, start: Int) throws -> [QuantityPlace: PatchMap] {
            var found: [QuantityPlace: PatchMap] = [:]
            let request = QuantityRequest(targets: [.logit(4), .contrast(1)], layers: layers, start: start)
            try method.values(of: trace, model: model, request: request, isCancelled: { false }) { found[$0] = $1.map }
            return found
        }
        let methods = MapMethods.usable(for: model.configuration).compactMap { $0 as? any ClassMethod }
        for method in methods where !(method is any PictureMethod) {
            for start in 0..<(method.dependsOnStart ? trace.depth : 1) {
                let all = try maps(method, 0...trace.depth - 1, start: start)
                #expect(all.count == 2 * trace.depth)
                for low in 0..<trace.depth {
                    for high in low..<trace.depth {
                        let some = try maps(method, low...high, start: start)
                        #expect(some.count == 2 * (high - low + 1))
                        for (place, map) in some {
                            let same = try #require(all[place])
                            #expect(relativeDeviation(map.values, same.values) < 1e-5, "\(method.identifier) \(low)-\(high) from \(start)")
                        }
                    }
                }
            }
        }
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
