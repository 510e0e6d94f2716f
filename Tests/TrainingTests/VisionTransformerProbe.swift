import Checkpoints
import Tensors
import VisionTransformer

/// A model's answer to some pixels.
enum VisionTransformerProbe {
    static func logits(_ parameters: ParameterSet, _ pixels: Tensor) -> [Float] {
        let model = VisionTransformer(parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1)))
        return (try? model.forward(pixels).logits) ?? []
    }

    /// An input of some values.
    static func pixels(side: Int) -> Tensor {
        let values: [Float] = (0..<3 * side * side).map { place in Float(place % 17) / 8 - 1 }
        return Tensor(shape: [3, side, side], values)
    }
}
