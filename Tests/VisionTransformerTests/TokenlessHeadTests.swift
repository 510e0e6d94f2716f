import Attribution
import Checkpoints
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// A head of texts on a model without a class token, whose picture is the mean of the patches.
@Suite struct TokenlessHeadTests {
    @Test func theMeanOfThePatchesIsCompared() throws {
        let bare = try FamilyOracleTests.load("hf_ijepa").parameters, width = bare.configuration.width
        #expect(!bare.configuration.hasClassToken && bare.attentionPool == nil)
        var rows = (0..<3 * width).map { Float(($0 * 37 + 11) % 19) - 9 }
        for row in 0..<3 {
            let length = rows[row * width..<(row + 1) * width].reduce(0) { $0 + $1 * $1 }.squareRoot()
            for place in row * width..<(row + 1) * width { rows[place] /= length }
        }
        var parameters = bare
        parameters.head = .init(weight: Tensor(shape: [3, width], rows), bias: nil)
        (parameters.configuration.head, parameters.configuration.classCount, parameters.logitScale) = (.zeroShot, 3, 20)
        let pixels = try SafetensorsFile(path: Fixtures.path("families/hf_ijepa/expected.safetensors")).tensor(named: "pixels")
        for way in OracleTests.Way.all {
            let model = VisionTransformer(parameters, compute: way.compute)
            let features = try VisionTransformer(bare, compute: way.compute).forward(pixels).features
            let length = features.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let expected = (0..<3).map { row in 20 * zip(features, rows[(row * width)...]).reduce(0) { $0 + $1.0 * $1.1 } / length }
            let trace = try model.forward(pixels)
            #expect(relativeDeviation(trace.logits, expected) < 2e-5)
            // In the direction of its gradient a logit grows by the gradient's square.
            let gradient = try model.pixelGradient(of: trace, from: Cotangents(logits: .classes([2]))).values
            let square = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }, step = 0.004 / square.squareRoot()
            func logit(_ step: Double) throws -> Double {
                Double(try model.forward(Tensor(shape: pixels.shape, zip(pixels.values, gradient).map { $0 + Float(step * Double($1)) })).logits[2])
            }
            let rise = try (logit(step) - logit(-step)) / (2 * step)
            #expect(square > 0 && abs(rise - square) < 5e-3 * square, "\(rise) and \(square)")
            // The patches' rows stand for a class, also in the last block.
            try model.layerMaps(of: trace, targets: [.logit(2)], method: GETAM(), downTo: 0) { #expect($0.map.range.maximum > 0) }
        }
    }
}
