@testable import Checkpoints
import Tensors
import Testing
import TestSupport
@testable import VisionTransformer

/// What a training step's passes keep, in one block, by name and shape.
@Suite struct ActivationArenaTests {
    private static func model(_ parameters: ParameterSet, threads: Int = 2) -> VisionTransformer {
        VisionTransformer(parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: threads)))
    }

    private static func decoding() throws -> (VisionTransformer, pixels: Tensor) {
        let expected = try SafetensorsFile(path: Fixtures.path("decoders/light.safetensors"))
        var parameters = try ModelLoader.load(path: Fixtures.path("models/registers_layerscale")).parameters
        var collector = TensorCollector(expected, prefix: "", style: .torch)
        parameters.lightDecoder = collector.lightDecoder(width: 32, depth: 3)
        return (model(parameters), try expected.tensor(named: "pixels"))
    }

    /// All views of a picture: extents are those of the configuration, worked out by hand.
    @Test func theTableIsWhatThePassKeeps() throws {
        let (model, pixels) = try Self.decoding(), configuration = model.configuration
        let (d, h, f, n) = (configuration.width, configuration.heads, configuration.hiddenWidth, configuration.prefixTokens + 25)
        let channels = try #require(model.parameters.lightDecoder).channels
        #expect(pixels.shape == [3, 40, 40] && d == 32 && configuration.patch.height == 8 && n < 32)
        model.reserve(.init(height: 40, width: 40), taps: [0, 2], pictures: 2)
        let arena = try #require(model.activations)
        let stride = 32
        func block(_ name: String) -> [String: [Int]] {
            [
                "\(name) norm 1 normalized": [n, d], "\(name) norm 1 deviations": [n], "\(name) queries, keys, values": [n, 3, d],
                "\(name) attention": [h, n, stride], "\(name) heads' outputs": [n, d], "\(name) norm 2 normalized": [n, d],
                "\(name) norm 2 deviations": [n], "\(name) hidden slope": [n, f], "\(name) hidden": [n, f],
            ]
        }
        var expected: [String: [Int]] = ["embedding patches": [25, 3 * 64]]
        for layer in 0..<3 { expected.merge(block("block \(layer)")) { $1 } }
        for (name, shape) in [
            "norm 1 normalized": [n, d], "norm 1 deviations": [n], "norm 1 output": [n, d], "probes": [1, h, d], "attention": [1, h, stride],
            "norm 2 normalized": [1, d], "norm 2 deviations": [1], "hidden slope": [1, f], "queries": [1, d], "heads' outputs": [1, d],
            "gathered tokens": [1, h, d], "hidden": [1, f],
        ] { expected["readout \(name)"] = shape }
        expected.merge([
            "head final norm normalized": [1, d], "head final norm deviations": [1], "head patch tokens normalized": [25, d],
            "head patch tokens deviations": [25], "head patch tokens": [25, d], "block 0 output": [n, d], "block 2 output": [n, d],
        ]) { $1 }
        let own = arena.places.filter { $0.name.hasPrefix("picture 0 ") }
        let plain = own.filter { !$0.name.contains("decoder") }
        #expect(Dictionary(plain.map { (String($0.name.dropFirst(10)), $0.shape) }) { $0 + $1 } == expected)
        // The decoder's maps at one, two and four times the grid, and the last norm's at four.
        let maps = own.filter { $0.name == "picture 0 decoder map" }.map(\.shape)
        #expect(maps == [5, 10, 20, 20].map { [$0, $0, channels] })
        #expect(own.filter { $0.name.hasPrefix("picture 0 decoder tap") }.count == 6)
        #expect(own.last?.shape == [20, 20, 4])
        // Side by side in whole cache lines, both pictures alike.
        #expect(arena.places.count == 2 * own.count && arena.pictures == 2)
        var end = 0
        for place in arena.places {
            #expect(place.offset == end)
            end = place.offset + max(16, (place.shape.reduce(1, *) + 15) / 16 * 16)
        }
        #expect(end == arena.count)

        // A pass writes where the table says, two at once to their own, and a third takes memory elsewhere.
        let options = ForwardOptions(keepsForParameters: true, taps: [0, 2])
        let traces = try (0..<3).map { _ in try model.forward(pixels, options: options) }
        for (picture, trace) in traces.prefix(2).enumerated() {
            for (name, buffer) in [
                ("block 1 attention", trace.blocks[1].attention), ("block 2 hidden", try #require(trace.blocks[2].activated)),
                ("block 2 output", try #require(trace.streams[2])), ("embedding patches", try #require(trace.embedding).patches),
                ("head final norm normalized", try #require(trace.head.normalized)),
                ("decoder logits", try model.decode(trace).logits.values),
            ] {
                let place = try #require(arena.places.first { $0.name == "picture \(picture) \(name)" })
                #expect(UnsafePointer(buffer.base) == arena.base + place.offset, "\(picture) \(name)")
            }
        }
        let range = UInt(bitPattern: arena.base)..<UInt(bitPattern: arena.base + arena.count)
        #expect(!range.contains(UInt(bitPattern: traces[2].blocks[0].attention.base)))
        #expect(traces[0].logits == traces[2].logits && traces[1].logits == traces[2].logits)
    }

    /// Gradients are the same to the bit, pass after pass in the same memory, for every kind of model; a pass takes no other memory then.
    @Test(arguments: ParameterGradientTests.models + ParameterGradientTests.families.keys.sorted() + ParameterGradientTests.published)
    func gradientsAreTheSame(_ name: String) throws {
        let (parameters, pixels) = try ParameterGradientTests.load(name)
        let classes = max(parameters.configuration.classCount, 1)
        let cotangents = Cotangents(logits: .values(Tensor(shape: [1, classes], (0..<classes).map { Float($0 % 5) / 4 - 0.4 })))
        func gradients(_ model: VisionTransformer) throws -> [Float] {
            try ParameterGradientTests.gradients(model, pixels, cotangents).withElements { Array($0) }
        }
        let known = try gradients(Self.model(parameters, threads: 1)), reserved = Self.model(parameters, threads: 1)
        reserved.reserve(.init(height: pixels.shape[1], width: pixels.shape[2]), taps: [], pictures: 1)
        #expect(try gradients(reserved) == known)
        reserved.settleWorkspace()
        let pieces = reserved.workspaceSizes.map { [$0.size, $0.buffers] }
        for _ in 0..<2 { #expect(try gradients(reserved) == known) }
        #expect(reserved.workspaceSizes.map { [$0.size, $0.buffers] } == pieces)
    }
}
