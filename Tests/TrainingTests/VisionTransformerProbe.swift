import Checkpoints
import Tensors
import VisionTransformer

/// A model's answer to some pixels.
enum VisionTransformerProbe {
    static func logits(_ parameters: ParameterSet, _ pixels: Tensor) -> [Float] {
        let model = VisionTransformer(parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1)))
        return (try? model.forward(pixels).logits) ?? []
    }
}
