@testable import Checkpoints
import Tensors
import Testing
import TestSupport
@testable import VisionTransformer

/// The light decoder, forward and back through it and the model, against float64 autograd (Tests/Fixtures/make_decoders.py).
@Suite struct LightDecoderTests {
    @Test(arguments: [1, 3])
    func agreesWithAutograd(_ threads: Int) throws {
        let expected = try SafetensorsFile(path: Fixtures.path("decoders/light.safetensors"))
        var parameters = try ModelLoader.load(path: Fixtures.path("models/registers_layerscale")).parameters
        var collector = TensorCollector(expected, prefix: "", style: .torch)
        parameters.lightDecoder = collector.lightDecoder(width: 32, depth: 3)
        #expect(parameters.lightDecoder?.taps.map(\.block) == [0, 2])
        let model = VisionTransformer(parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: threads)))
        let trace = try model.forward(
            expected.tensor(named: "pixels"), options: ForwardOptions(keepsForParameters: true, taps: model.decoderTaps))
        let decoded = try model.decode(trace)
        #expect([decoded.logits.height, decoded.logits.width, decoded.logits.channels] == [20, 20, 4])
        let logits = Array(UnsafeBufferPointer(start: decoded.logits.values.base, count: decoded.logits.count))
        #expect(relativeDeviation(logits, try expected.tensor(named: "logits").values) < 2e-5)
        let segmentation = try SegmentationModel(model).answer(to: expected.tensor(named: "pixels"))
        #expect(Array(UnsafeBufferPointer(start: segmentation.map.values.base, count: logits.count)) == logits)
        #expect(relativeDeviation(segmentation.classes, trace.logits) < 1e-5)

        let sums = ParameterArena(zerosLike: parameters)
        let gradient = FeatureMap(height: 20, width: 20, channels: 4, in: model.workspace)
        let cotangent = try expected.tensor(named: "cotangent").values
        for (index, value) in cotangent.enumerated() { gradient.values.base[index] = value }
        var cotangents = Cotangents()
        decoded.backward(gradient, addingTo: sums, &cotangents)
        try model.backward(trace, from: cotangents, wanting: BackwardWants(parameters: sums))
        var checked = 0
        func check(_ name: String, _ parts: [Tensor]) throws {
            guard expected.info(named: "gradient." + name) != nil else { return }
            let gradient = try expected.tensor(named: "gradient." + name).values
            let scale = max(gradient.reduce(0) { max($0, abs($1)) }, 1e-3)
            let worst = zip(parts.flatMap(\.values), gradient).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(worst <= 2e-5 * scale, "\(name): off by \(worst) of \(scale)")
            checked += 1
        }
        var decoder = sums.parameters.lightDecoder
        let words = ["tap": "taps", "refinement": "refinements", "convolution": "conv"]
        try decoder?.forEachTensor { (name: String, tensor: inout Tensor) throws in
            try check(name.split(separator: " ").map { words[String($0)] ?? String($0) }.joined(separator: "."), [tensor])
        }
        #expect(checked == 24)
        for (index, block) in sums.parameters.blocks.enumerated() {
            let name = "blocks.\(index)."
            try check(name + "norm1.weight", [block.norm1.weight])
            try check(name + "attn.qkv.weight", [block.query.weight, block.key.weight, block.value.weight])
            try check(name + "attn.proj.bias", [block.projection.bias].compactMap(\.self))
            try check(name + "mlp.fc1.weight", [block.expand.weight])
            try check(name + "mlp.fc2.bias", [block.contract.bias].compactMap(\.self))
        }
        try check("patch_embed.proj.weight", [sums.parameters.patchEmbedding.weight])
        #expect(checked == 40)
    }
}
