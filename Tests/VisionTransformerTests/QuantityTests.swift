import Attribution
import Checkpoints
import Testing
import TestSupport
import Tensors
import VisionTransformer

/// What holds of every quantity, and what is refused.
@Suite struct QuantityTests {
    private static let way = OracleTests.Way.all[0]

    @Test func namesAreUniqueAndTextsAreThere() {
        #expect(Set(Quantities.all.map(\.identifier)).count == Quantities.all.count)
        for quantity in Quantities.all {
            for text in [quantity.identifier, quantity.title, quantity.summary, quantity.definition] { #expect(!text.isEmpty) }
            #expect(quantity.needsClass == quantity.axes.contains(.target))
            #expect(Quantities.named(quantity.identifier)?.title == quantity.title)
        }
        #expect(Quantities.all.prefix(MapMethods.all.count).map(\.identifier) == MapMethods.all.map(\.identifier))
    }

    /// Every quantity is compared with PyTorch or NumPy somewhere.
    @Test func everyQuantityHasAnOracle() throws {
        let expected = try SafetensorsFile(path: Fixtures.path("quantities/registers_layerscale.safetensors"))
        // Those in InterventionTests', ClassFreeTests' and PoolOracleTests' fixtures.
        let elsewhere = [
            "token-saliency", "pool-attention", "pool-getam", LogitAttribution().identifier, HeadEffect().identifier, HeadEffect(by: .mean).identifier,
        ]
        for quantity in Quantities.all where !elsewhere.contains(quantity.identifier) {
            #expect(expected.info(named: quantity.identifier) != nil, "\(quantity.identifier)")
        }
    }

    /// Layers and heads by themselves have the values they have among all.
    @Test(arguments: Quantities.all.filter { !($0 is any PictureMethod) }.map(\.identifier))
    func partsAreTheSame(_ identifier: String) throws {
        let (model, trace, _) = try QuantityOracleTests.subjects[0].prepared(Self.way)
        let quantity = try #require(Quantities.named(identifier))
        guard quantity.obstacle(for: model.configuration) == nil else { return }
        func values(_ layers: ClosedRange<Int>, _ heads: HeadSelection) throws -> [QuantityPlace: QuantityValue] {
            var found: [QuantityPlace: QuantityValue] = [:]
            let request = QuantityRequest(targets: [.logit(4), .contrast(1)], layers: layers, heads: heads, query: .patch(2))
            try quantity.values(of: trace, model: model, request: request, isCancelled: { false }) { found[$0] = $1 }
            return found
        }
        let all = try values(0...2, .each)
        for layer in 0..<3 {
            for head in 0..<2 {
                for (place, value) in try values(layer...layer, .one(head)) where place.layer != nil {
                    #expect(place.layer == layer && place.head == (quantity.axes.contains(.head) ? head : nil))
                    guard case .map(let map) = value, case .map(let same)? = all[place] else {
                        #expect(all[place] == value)
                        continue
                    }
                    #expect(relativeDeviation(map.values, same.values) < 1e-5)
                }
            }
        }
    }

    @Test func whatIsNotThereIsRefused() throws {
        let (model, trace, _) = try QuantityOracleTests.subjects[0].prepared(Self.way)
        func ask(_ identifier: String, _ request: QuantityRequest) throws {
            try #require(Quantities.named(identifier)).values(of: trace, model: model, request: request, isCancelled: { false }) { _, _ in }
        }
        for quantity in Quantities.all where quantity.obstacle(for: model.configuration) == nil {
            let targets = [ClassTarget.logit(0)]
            for layers in [0...3, 3...3, -1...0] {
                #expect(throws: ModelError.self, "\(quantity.identifier)") {
                    try ask(quantity.identifier, QuantityRequest(targets: targets, layers: layers))
                }
            }
            #expect(throws: CancellationError.self) {
                try quantity.values(
                    of: trace, model: model, request: QuantityRequest(targets: targets, layers: 0...2), isCancelled: { true }) { _, _ in }
            }
            if quantity.axes.contains(.head) {
                for head in [-1, 2] {
                    #expect(throws: ModelError.headOutOfRange(head, count: 2)) {
                        try ask(quantity.identifier, QuantityRequest(targets: targets, layers: 0...2, heads: .one(head)))
                    }
                }
            }
            if quantity.axes.contains(.query) {
                for query in [QueryToken.prefix(5), .prefix(-1), .patch(25), .patch(-1)] {
                    #expect(throws: ModelError.self) {
                        try ask(quantity.identifier, QuantityRequest(targets: targets, layers: 0...2, query: query))
                    }
                }
            }
            if quantity.needsClass {
                for target in [ClassTarget.logit(5), .logit(-1), .difference(0, 5), .difference(-1, 0), .contrast(5)] {
                    #expect(throws: ModelError.self) {
                        try ask(quantity.identifier, QuantityRequest(targets: [target], layers: 0...2))
                    }
                }
            }
        }
    }

    @Test func aModelWithoutAHead() throws {
        let subject = try #require(QuantityOracleTests.subjects.first { !$0.hasHead })
        let (model, trace, _) = try subject.prepared(Self.way)
        for quantity in Quantities.all {
            let obstacle = quantity.obstacle(for: model.configuration)
            let lacks = quantity.needsClass || ["lens-class", "pool-attention"].contains(quantity.identifier)
            #expect((obstacle != nil) == lacks, "\(quantity.identifier)")
            guard obstacle != nil, quantity.identifier != "pool-attention" else { continue }
            #expect(throws: ModelError.noHead) {
                try quantity.values(
                    of: trace, model: model, request: QuantityRequest(targets: [.logit(0)], layers: 0...2), isCancelled: { false }
                ) { _, _ in }
            }
        }
    }

    /// A contrast of one class with few others, and of classes that are alike.
    @Test func contrastsOfFewClasses() throws {
        let (model, trace, _) = try QuantityOracleTests.subjects[0].prepared(Self.way)
        var maps: [PatchMap] = []
        let request = QuantityRequest(targets: [.difference(1, 1), .difference(2, 3)], layers: 0...0)
        try ClassDiscriminativeAttention().values(of: trace, model: model, request: request, isCancelled: { false }) {
            if case .map(let map) = $1 { maps.append(map) }
        }
        #expect(maps[0].values.allSatisfy { $0 == 0 } && maps[1].values.contains { $0 != 0 })
    }

    @Test func outliersOfNorms() {
        func outliers(_ values: [Float]) -> [Int] { TokenNorm.outliers(PatchMap(rows: 1, columns: values.count, values: values)) }
        // Median 3, MAD 1.
        #expect(outliers([1, 2, 3, 4, 9.5]) == [4] && outliers([1, 2, 3, 4, 9]) == [])
        // Median 2.75, MAD 1: an even number.
        #expect(outliers([20, 1, 2, 3, 4, 2.5]) == [0] && outliers([8.7, 1, 2, 3, 4, 2.5]) == [])
        #expect(outliers([5, 5, 5]) == [] && outliers([]) == [] && outliers([7]) == [])
    }
}
