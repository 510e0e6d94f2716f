import Checkpoints
import Tensors
import Testing
import TestSupport
@testable import Training

/// Ten steps beside PyTorch's optimizers fed the same gradients (Tests/Fixtures/make_training.py).
@Suite struct OptimizerTests {
    static let features = Processor.Features.allCases.filter { $0 <= Processor.current.features }

    @Test(arguments: ["sgd", "sgd_momentum", "sgd_decay", "adamw", "adamw_decay"], features)
    func agreesWithPyTorch(_ name: String, _ features: Processor.Features) throws {
        let file = try SafetensorsFile(path: Fixtures.path("training/optimizers.safetensors"))
        let start = try file.tensor(named: "start").values, rates = try file.tensor(named: "rates").values
        let gradients = try file.tensor(named: "gradients"), expected = try file.tensor(named: name)
        let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2), features: features)
        let parameters = ParameterArena(copying: try Self.tiny())
        let sums = ParameterArena(zerosLike: parameters.parameters)
        let isDecayed = !["sgd", "adamw"].contains(name)
        let optimizer = Optimizer(
            name.hasPrefix("sgd") ? .sgd : .adamw, momentum: name == "sgd_momentum" ? 0.9 : 0,
            weightDecay: name == "adamw_decay" ? 0.05 : isDecayed ? 0.01 : 0,
            groups: ParameterGroups(parameters, headRate: 1, layerDecay: 1), like: parameters.parameters)
        // A matrix decays; elsewhere nothing does, so the same numbers there must move as without decay.
        let place = try #require(parameters.places.first { $0.name == "block 1 expand weight" })
        parameters.withMutableElements { for (index, value) in start.enumerated() { $0[place.offset + index] = value } }
        for step in 0..<10 {
            let gradient = gradients.rows(step..<step + 1).values
            sums.withMutableElements { for (index, value) in gradient.enumerated() { $0[place.offset + index] = value } }
            optimizer.apply(sums, to: parameters, step: step + 1, rate: Double(rates[step]), compute: compute)
            let found = parameters.withElements { Array($0[place.offset..<place.offset + 96]) }
            #expect(relativeDeviation(found, expected.rows(step..<step + 1).values) < 1e-6, "step \(step + 1)")
        }
    }

    /// The published optimizer: poly with the power 0.9, and its weight decay in the place of the momentum.
    @Test func agreesWithThePublishedOptimizer() throws {
        let file = try SafetensorsFile(path: Fixtures.path("training/optimizers.safetensors"))
        let start = try file.tensor(named: "start").values, gradients = try file.tensor(named: "gradients")
        let expected = try file.tensor(named: "poly_published")
        let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1))
        let parameters = ParameterArena(copying: try Self.tiny()), sums = ParameterArena(zerosLike: parameters.parameters)
        let optimizer = Optimizer(
            .sgd, momentum: 5e-4, weightDecay: 0, groups: ParameterGroups(parameters, headRate: 1, layerDecay: 1),
            like: parameters.parameters)
        let place = try #require(parameters.places.first { $0.name == "block 1 expand weight" })
        parameters.withMutableElements { for (index, value) in start.enumerated() { $0[place.offset + index] = value } }
        for step in 1...10 {
            let gradient = gradients.rows(step - 1..<step).values
            sums.withMutableElements { for (index, value) in gradient.enumerated() { $0[place.offset + index] = value } }
            let rate = 0.04 * Schedule.poly.factor(step: step, of: 10, warmup: 0, power: 0.9)
            optimizer.apply(sums, to: parameters, step: step, rate: rate, compute: compute)
            let found = parameters.withElements { Array($0[place.offset..<place.offset + 96]) }
            #expect(relativeDeviation(found, expected.rows(step - 1..<step).values) < 1e-6, "step \(step)")
        }
    }

    /// The tensors that decay, and those whose rate has a factor.
    @Test func groups() throws {
        let parameters = ParameterArena(copying: try Self.tiny("registers_layerscale"))
        let groups = ParameterGroups(parameters, headRate: 10, layerDecay: 0.5).groups
        func group(_ name: String) throws -> ParameterGroups.Group {
            groups[try #require(parameters.places.firstIndex { $0.name == name })]
        }
        for name in ["patch embedding weight", "block 0 query weight", "block 2 contract weight", "head weight"] {
            #expect(try group(name).decays, "\(name)")
        }
        for name in ["prefix tokens", "position embedding", "block 0 norm1 weight", "block 1 scale1", "head bias", "norm bias"] {
            #expect(try !group(name).decays, "\(name)")
        }
        #expect(try group("head weight").rateFactor == 10)
        #expect(try group("norm weight").rateFactor == 1)
        #expect(try group("block 2 query weight").rateFactor == 1)
        #expect(try group("block 0 query weight").rateFactor == 0.25)
        #expect(try group("patch embedding weight").rateFactor == 0.125)
        #expect(try group("position embedding").rateFactor == 0.125)
    }

    /// Every tensor of a published hybrid: stem below the first block, the class map's layers and the decoder with the head; what
    /// norms measure is not optimized.
    @Test(arguments: [true, false]) func groupsOfAPublishedModel(_ trainsDecoder: Bool) throws {
        let parameters = try ModelLoader.load(path: Fixtures.path("published/hybrid")).parameters
        let arena = ParameterArena(copying: parameters), depth = parameters.configuration.depth
        let groups = ParameterGroups(arena, headRate: 10, layerDecay: 0.5, trainsDecoder: trainsDecoder).groups
        var bare = parameters
        bare.decoder = nil
        let outside = Set(bare.namedTensors.map(\.name))
        #expect(outside.count < arena.places.count)
        var found = 0
        for place in arena.places {
            let isDecoder = !outside.contains(place.name), isMeasured = place.name.hasSuffix(" mean") || place.name.hasSuffix(" variance")
            guard let group = groups.first(where: { $0.range == place.range }) else {
                #expect(isDecoder && (!trainsDecoder || isMeasured), "\(place.name)")
                continue
            }
            found += 1
            #expect(!isMeasured)
            #expect(group.decays == (place.shape.count > 1 && !["position embedding", "prefix tokens"].contains(place.name)), "\(place.name)")
            let block = (0..<depth).first { place.name.hasPrefix("block \($0) ") }
            let isHead = isDecoder || place.name.hasPrefix("head ") || place.name.hasPrefix("class map ")
            let factor: Double = isHead ? 10 : (0..<depth - (block.map { $0 + 1 } ?? 0)).reduce(1.0) { product, _ in product / 2 }
            #expect(group.rateFactor == Float(factor), "\(place.name)")
        }
        #expect(found == groups.count && found == (trainsDecoder ? arena.places.count - 2 * 15 : outside.count))
        for name in ["stem weight", "stage 0 block 0 layer 1 weight", "class map resampling weight"] { #expect(outside.contains(name)) }
    }

    @Test func schedules() {
        #expect((1...4).map { Schedule.constant.factor(step: $0, of: 4, warmup: 0, power: 1) } == [1, 1, 1, 1])
        #expect((1...4).map { Schedule.poly.factor(step: $0, of: 4, warmup: 0, power: 1) } == [1, 0.75, 0.5, 0.25])
        #expect(abs(Schedule.cosine.factor(step: 3, of: 4, warmup: 0, power: 1) - 0.5) < 1e-15)
        #expect((1...6).map { Schedule.constant.factor(step: $0, of: 6, warmup: 4, power: 1) } == [0, 0.25, 0.5, 0.75, 1, 1])
    }

    @Test func normsAndMeans() throws {
        let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2))
        let one = ParameterArena(copying: try Self.tiny()), mean = ParameterArena(zerosLike: one.parameters)
        let values = one.parameters.namedTensors.flatMap(\.tensor.values)
        let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(abs(one.norm(compute) - norm) < 1e-9 * norm)
        mean.average(with: one, weight: 0.75, compute)
        mean.average(with: one, weight: 0.75, compute)
        let found = mean.parameters.namedTensors.flatMap(\.tensor.values)
        #expect(relativeDeviation(found, values.map { $0 * 0.4375 }) < 1e-6)
        let same = ParameterArena(copying: one.parameters)
        for _ in 0..<20 { same.average(with: one, weight: 0.9993, compute) }
        #expect(same.parameters.namedTensors.flatMap(\.tensor.values) == values)
        one.scale(by: 0.5, compute)
        #expect(abs(one.norm(compute) - norm / 2) < 1e-9 * norm)
    }

    @Test func softMargin() throws {
        let file = try SafetensorsFile(path: Fixtures.path("training/soft_margin.safetensors"))
        let logits = try file.tensor(named: "logits"), targets = try file.tensor(named: "targets")
        let losses = try file.tensor(named: "losses").values, gradients = try file.tensor(named: "gradients")
        for row in 0..<6 {
            let classes = Set(targets.rows(row..<row + 1).values.enumerated().filter { $0.element > 0 }.map(\.offset))
            let values = logits.rows(row..<row + 1).values
            var gradient = values
            let found = values.withUnsafeBufferPointer { SoftMargin.evaluate($0, classes: classes, weight: 0.5, into: &gradient) }
            #expect(abs(found - Double(losses[row])) < 1e-6 * max(1, Double(losses[row])))
            #expect(relativeDeviation(gradient.map { 2 * $0 }, gradients.rows(row..<row + 1).values) < 1e-6)
        }
    }

    static func tiny(_ name: String = "pooled_no_class_token") throws -> ParameterSet {
        try ModelLoader.load(path: Fixtures.path("models/\(name)")).parameters
    }
}
