import Checkpoints
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Patches that are read beside their places, as ViTPose's are: a pass is that over the picture moved with zeros in its wake, and so are
/// the pixels' gradients.
@Suite struct PatchOffsetTests {
    @Test(arguments: [1, 2, 7]) func aPassIsThatOfAMovedPicture(_ offset: Int) throws {
        let loaded = try FamilyOracleTests.load("hf_clip")
        let pixels = try SafetensorsFile(path: Fixtures.path("families/hf_clip/expected.safetensors")).tensor(named: "pixels")
        let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2))
        var parameters = loaded.parameters
        parameters.configuration.patchOffset = offset
        let shifting = VisionTransformer(parameters, compute: compute), plain = VisionTransformer(loaded.parameters, compute: compute)
        let (channels, height, width) = (pixels.shape[0], pixels.shape[1], pixels.shape[2]), source = pixels.values
        var moved = [Float](repeating: 0, count: source.count)
        for channel in 0..<channels {
            for y in offset..<height {
                for x in offset..<width {
                    moved[(channel * height + y) * width + x] = source[(channel * height + y - offset) * width + x - offset]
                }
            }
        }
        let trace = try shifting.forward(pixels), other = try plain.forward(Tensor(shape: pixels.shape, moved))
        #expect(trace.logits == other.logits)
        #expect(try trace.logits != plain.forward(pixels).logits)
        let logits = Cotangents(logits: .classes([1]))
        let found = try shifting.pixelGradient(of: trace, from: logits).values
        let expected = try plain.pixelGradient(of: other, from: logits).values
        for channel in 0..<channels {
            for y in 0..<height {
                for x in 0..<width {
                    let value = found[(channel * height + y) * width + x]
                    if y < height - offset, x < width - offset {
                        #expect(value == expected[(channel * height + y + offset) * width + x + offset])
                    } else {
                        #expect(value == 0)
                    }
                }
            }
        }
        #expect(plain.embedsPatchwise && !shifting.embedsPatchwise)
    }
}
