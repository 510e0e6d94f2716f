import Attribution
import Checkpoints
import Testing
import TestSupport
import VisionTransformer

/// The methods that need no class against NumPy's double precision (Tests/Fixtures/make_classfree.py).
@Suite struct ClassFreeTests {
    static let oracles: [(key: String, tensor: String)] = [
        ("attention", "attention"), ("rollout", "rollout"), ("token-saliency", "token_saliency"),
    ]
    /// Two without a head, the last without a class token too; registers and a distillation token; heads that pool, with and without a class token; another grid.
    static let models = [
        "dino_keys", "registers_layerscale", "hf_deit_distilled", "pooled_no_class_token", "pooled_class_token", "nonsquare_timm",
        "headless_no_class_token",
    ]

    private func prepared(_ name: String, _ way: OracleTests.Way) throws -> (model: VisionTransformer, trace: Trace, SafetensorsFile) {
        let folder = Fixtures.path("models/\(name)")
        let model = VisionTransformer(
            try ModelLoader.load(path: folder).parameters, compute: way.compute, savings: way.savings)
        let pixels = try SafetensorsFile(path: "\(folder)/expected.safetensors").tensor(named: "pixels")
        return (model, try model.forward(pixels), try SafetensorsFile(path: Fixtures.path("classfree/\(name).safetensors")))
    }

    @Test(arguments: models, OracleTests.Way.all)
    func agreesWithNumPy(_ name: String, _ way: OracleTests.Way) throws {
        let (model, trace, expected) = try prepared(name, way)
        let depth = trace.depth
        for (key, tensor) in Self.oracles {
            let method = try #require(MapMethods.named(key) as? any ClassFreeMethod)
            let oracle = try expected.tensor(named: tensor)
            let shape = oracle.shape.suffix(3), size = shape.dropFirst().reduce(1, *)
            for start in 0..<(method.dependsOnStart ? depth : 1) {
                let maps = try model.layerMaps(of: trace, method: method, layers: 0...depth - 1, start: start)
                #expect(maps.count == depth)
                for (layer, map) in maps.enumerated() {
                    #expect([map.rows, map.columns] == Array(shape.dropFirst()))
                    let first = (start * depth + layer) * size
                    #expect(
                        relativeDeviation(map.values, oracle.values[first..<first + size]) < 2e-5,
                        "\(key) of layer \(layer) from \(start)")
                }
            }
        }
    }

    /// Asking for some layers gives the same maps as asking for all.
    @Test func someLayersAreTheSame() throws {
        let (model, trace, _) = try prepared("registers_layerscale", OracleTests.Way.all[0])
        for method in MapMethods.classFree where method.obstacle(for: model.configuration) == nil {
            for start in 0..<3 {
                let all = try model.layerMaps(of: trace, method: method, layers: 0...2, start: start)
                for low in 0..<3 {
                    for high in low..<3 {
                        let some = try model.layerMaps(of: trace, method: method, layers: low...high, start: start)
                        for (map, same) in zip(some, all[low...high]) {
                            #expect(relativeDeviation(map.values, same.values) < 1e-6, "\(method.identifier) \(low)-\(high)")
                        }
                    }
                }
            }
            // The start is the first layer unless given.
            let usual = try model.layerMaps(of: trace, method: method, layers: 1...2)
            #expect(try usual == model.layerMaps(of: trace, method: method, layers: 1...2, start: 1))
            #expect(throws: ModelError.self) { try model.layerMaps(of: trace, method: method, layers: 0...3) }
        }
    }

    @Test func fusion() {
        let maps = (1...3).map { PatchMap(rows: 1, columns: 2, values: [Float($0), 10]) }
        #expect(MapFusion.sum.fused(maps)?.values == [6, 30])
        #expect(MapFusion.last.fused(maps)?.values == [3, 10])
        #expect(MapFusion.sum.fused([PatchMap]()) == nil && MapFusion.last.fused([PatchMap]()) == nil)
    }

    @Test func aHeadDecidesWhatIsUsable() throws {
        func usable(_ model: String) throws -> [String] {
            MapMethods.usable(for: try ModelLoader.load(path: Fixtures.path(model)).configuration).map(\.identifier)
        }
        let free = ["attention", "rollout", "token-saliency", "eigencam"], pools = ["pool-attention", "pool-getam"]
        let all = MapMethods.all.map(\.identifier).filter { !pools.contains($0) }
        #expect(try usable("models/dino_keys") == free)
        #expect(try usable("models/registers_layerscale") == all)
        // No token has a logit of its own where the head reads a map of them.
        #expect(try usable("published/vitb") == all.filter { !["patch-cam", "ts-cam"].contains($0) })
        #expect(MapMethods.classFree.map(\.identifier) == free + ["pool-attention"])
        #expect(try usable("families/openclip_siglip") == free + ["pool-attention"])
    }
}
