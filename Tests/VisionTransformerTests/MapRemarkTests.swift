import Attribution
import Checkpoints
import Testing
import TestSupport
import Tensors
import VisionTransformer

/// What is said of empty and blotchy maps, of models that really give them.
@Suite struct MapRemarkTests {
    private func remarks(
        _ subject: String, _ quantity: any Quantity = GETAM(), layer: Int, query: QueryToken, target: ClassTarget = .logit(4), outliers: Int = 0
    ) throws -> (isEmpty: Bool, remarks: [String]) {
        let subject = try #require(QuantityOracleTests.subjects.first { $0.description == subject })
        let (model, trace, _) = try subject.prepared(OracleTests.Way.all[0])
        var found: PatchMap?
        try quantity.values(
            of: trace, model: model, request: QuantityRequest(targets: [target], layers: layer...layer, query: query), isCancelled: { false }
        ) { if case .map(let map) = $1 { found = map } }
        let map = try #require(found)
        return (
            map.values.allSatisfy { $0 == 0 },
            MapRemarks.remarks(
                on: map, of: quantity, layer: layer, query: query, target: target, logits: trace.logits, outliers: outliers,
                configuration: model.configuration)
        )
    }

    /// Exactly the tokens that no head reads have an empty map in the last layer, and it is said.
    @Test(arguments: ["registers_layerscale", "hf_deit_distilled", "pooled_class_token", "hf_dinov2_registers", "hf_clip"])
    func lastLayer(_ name: String) throws {
        let subject = try #require(QuantityOracleTests.subjects.first { $0.description == name })
        let (_, trace, _) = try subject.prepared(OracleTests.Way.all[0])
        for query in (0..<trace.prefixTokens).map({ QueryToken.prefix($0) }) + [.patch(0), .patch(5), .picture] {
            let last = try remarks(name, layer: trace.depth - 1, query: query)
            #expect(last.isEmpty == last.remarks.contains { $0.hasPrefix("no gradient reaches this token in the last layer") }, "\(query)")
            let earlier = try remarks(name, layer: trace.depth - 2, query: query)
            #expect(!earlier.isEmpty && !earlier.remarks.contains { $0.contains("no gradient") }, "\(query)")
        }
        #expect(try remarks(name, RawAttention(), layer: trace.depth - 1, query: .patch(0)).remarks == [])
    }

    @Test func pooledHeadsAndOutliers() throws {
        let pooled = try remarks("pooled_class_token", layer: 0, query: .picture, outliers: 1).remarks
        #expect(pooled.count == 2 && pooled[0].hasPrefix("1 outlier token here: ") && pooled[1].hasPrefix("the head pools the patches"))
        #expect(pooled[0].hasSuffix("models with registers have fewer"))
        let registers = try remarks("registers_layerscale", TokenNorm(), layer: 0, query: .picture, outliers: 3).remarks
        #expect(registers.count == 1 && registers[0].hasPrefix("3 outlier tokens here") && registers[0].hasSuffix("blotchy"))
    }

    @Test func emptyTinyAndBroken() throws {
        let subject = try #require(QuantityOracleTests.subjects.first)
        let configuration = try subject.parameters().configuration
        func remarks(_ values: [Float], _ quantity: any Quantity = GETAM(), _ target: ClassTarget? = nil, _ logits: [Float] = []) -> [String] {
            MapRemarks.remarks(
                on: PatchMap(rows: 1, columns: values.count, values: values), of: quantity, layer: 0, query: .picture, target: target,
                logits: logits, configuration: configuration)
        }
        #expect(remarks([0, 1]) == [] && remarks([1e-20, 0]) == [])
        #expect(remarks([0, 0]).first?.hasPrefix("nothing in this layer speaks for the class") == true)
        #expect(remarks([0, 1e-32]).first?.hasPrefix("the values are so small") == true)
        #expect(remarks([0, .nan]).first?.hasPrefix("the map has values that are no numbers") == true)
        #expect(remarks([0, 0], TokenSaliency()).first?.hasPrefix("all patches are alike") == true)
        #expect(remarks([0, 0], ClassDiscriminativeAttention(), .logit(0), [1, 2]) == ["the class has no gradient here"])
        #expect(remarks([0, 0], GETAM(), .contrast(0), [90, 2, 1, 0]).first?.hasPrefix("the logits are saturated") == true)
        #expect(remarks([0, 0], GETAM(), .contrast(0), [3, 2, 1, 0]).first?.hasPrefix("nothing in this layer") == true)
        let leftOut = MapRemarks.remarks(
            on: PatchMap(rows: 1, columns: 2, values: [0, 0]), of: GETAM(), layer: 0, query: .picture, isLeftOut: true,
            configuration: configuration)
        #expect(leftOut == ["the head is left out: nothing it reads reaches the class, so its map is zero"])
    }
}
