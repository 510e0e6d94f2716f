import Checkpoints
import Files
import Tensors
import Testing
import TestSupport
@testable import VisionTransformer

/// The published decoder in training, a batch through it and the model and back, against float64 autograd
/// (Tests/Fixtures/make_published_training.py).
@Suite struct PublishedTrainingTests {
    /// A model's tensors under the published names.
    static func written(_ parameters: ParameterSet, _ folder: TemporaryFolder) throws -> SafetensorsFile {
        var encoder = SafetensorsEncoder()
        PublishedWriter(parameters).add(to: &encoder, as: .float32)
        try AtomicFile.write(encoder.bytes, to: folder.path + "/written.safetensors")
        return try SafetensorsFile(path: folder.path + "/written.safetensors")
    }

    private struct Outcome {
        let logits: [[Float]]
        let sums: ParameterArena, parameters: ParameterArena
    }

    /// The fixture's batch there and back, by so many models at once.
    private func run(_ name: String, models: Int, threads: Int) throws -> Outcome {
        let expected = try SafetensorsFile(path: Fixtures.path("published_training/\(name).safetensors"))
        let arena = ParameterArena(copying: try ModelLoader.load(path: Fixtures.path("published/\(name)")).parameters)
        let workers = BatchWorkers(
            (0..<models).map { _ in
                VisionTransformer(arena.parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: threads)))
            }, lanes: 2, count: 3, pool: ThreadPool(threads: models))
        let lanes = (0..<2).map { _ in ParameterArena(zerosLike: arena.parameters) }
        let decoder = try #require(BatchDecoder(workers.models[0]))
        let pixels = try expected.tensor(named: "pixels")
        let traces = try workers.each { place, model in
            try model.forward(
                pixels.rows(place..<place + 1).reshaped([3, 64, 64]),
                options: ForwardOptions(keepsForParameters: true, taps: model.decoderTaps))
        }
        let dropout = BatchDecoder.Dropout(rate: 0.1) { _, factors in
            for index in factors.indices { factors[index] = 7919 * index % 10 == 3 ? 0 : 1 / (1 - 0.1) }
        }
        let (logits, trace) = decoder.forward(traces.map(VisionTransformer.Tapped.init), dropout: dropout, workers)
        let gradients = logits.map { map in
            let gradient = FeatureMap(height: map.height, width: map.width, channels: map.channels, in: workers.models[0].workspace)
            for index in 0..<map.count { gradient.values.base[index] = Float(37 * index % 101) / 50 - 1 }
            return gradient
        }
        let given = decoder.backward(gradients, trace, workers, addingTo: BatchSums(lanes))
        _ = try workers.each { place, model in
            var cotangents = Cotangents(tokens: given[place].tokens)
            cotangents.stages = given[place].stages
            try model.backward(traces[place], from: cotangents, wanting: BackwardWants(parameters: lanes[place % 2]))
        }
        for index in 0..<lanes[0].count { lanes[0].base[index] += lanes[1].base[index] }
        arena.parameters.decoder?.keep(trace.statistics)
        return Outcome(
            logits: logits.map { Array(UnsafeBufferPointer(start: $0.values.base, count: $0.count)) }, sums: lanes[0], parameters: arena)
    }

    @Test(arguments: ["vitb", "hybrid"])
    func aBatchAgreesWithAutograd(_ name: String) throws {
        let folder = try TemporaryFolder()
        let expected = try SafetensorsFile(path: Fixtures.path("published_training/\(name).safetensors"))
        let outcome = try run(name, models: 2, threads: 1)
        var strided: [Float] = []
        for map in outcome.logits {
            for row in stride(from: 0, to: 64, by: 5) {
                for column in stride(from: 0, to: 64, by: 5) { strided += map[(row * 64 + column) * 6..<(row * 64 + column) * 6 + 6] }
            }
        }
        #expect(relativeDeviation(strided, try expected.tensor(named: "logits").values) < 2e-5)
        for (kind, parameters) in [("gradient.", outcome.sums.parameters), ("running.", outcome.parameters.parameters)] {
            let found = try Self.written(parameters, folder)
            let names = expected.tensors.map(\.name).filter { $0.hasPrefix(kind) }
            #expect(names.count > (kind == "running." ? 29 : 80))
            for name in names {
                let known = try expected.tensor(named: name).values, values = try found.tensor(named: String(name.dropFirst(kind.count))).values
                let scale = max(known.reduce(0) { max($0, abs($1)) }, 1e-3)
                let worst = zip(values, known).reduce(0) { max($0, abs($1.0 - $1.1)) }
                #expect(values.count == known.count && worst <= 2e-5 * scale, "\(name): off by \(worst) of \(scale)")
            }
        }
    }

    /// Lanes, not models and threads, say what is added to what.
    @Test(arguments: ["vitb", "hybrid"])
    func modelsAndThreadsChangeNothing(_ name: String) throws {
        let outcomes = try [(1, 1), (2, 1), (2, 3), (1, 5)].map { try run(name, models: $0.0, threads: $0.1) }
        for other in outcomes.dropFirst() {
            #expect(other.logits == outcomes[0].logits)
            for arena in [\Outcome.sums, \.parameters] {
                let same = other[keyPath: arena].withElements { a in outcomes[0][keyPath: arena].withElements { a.elementsEqual($0) } }
                #expect(same)
            }
        }
    }
}
