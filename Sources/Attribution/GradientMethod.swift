import Checkpoints
import Tensors
import VisionTransformer

/// A way to turn a layer's attention and its gradient for a class into a map over patches.
public protocol GradientMethod: MapMethod {
    /// The query rows of the gradient that the method reads for a model with the given head.
    func queryRows(for head: ModelConfiguration.Head) -> QueryRows

    /// The map of one class in one layer.
    ///
    /// - Parameters:
    ///   - gradient: attention and its gradient with the rows asked for.
    ///   - grid: the grid of patches; the patches are the last tokens, row by row.
    ///   - head: decides which query rows stand for the class.
    func map(
        _ gradient: AttentionGradient, grid: ModelConfiguration.Size, head: ModelConfiguration.Head, compute: Compute
    ) -> PatchMap
}
