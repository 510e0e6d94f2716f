import Checkpoints
import Tensors
import VisionTransformer

/// A way to turn a layer's attention and its gradient for a class into a map over patches.
///
/// A method is one type in one file; adding it to ``MapMethods/all`` makes it known to every command.
public protocol MapMethod: Sendable {
    /// The name on the command line and in files, such as `getam`.
    var identifier: String { get }
    /// The name in running text, such as `GETAM`.
    var title: String { get }
    /// What it computes, in one line.
    var summary: String { get }

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

/// The methods this program knows.
public enum MapMethods {
    /// All of them; the first is the default.
    public static let all: [any MapMethod] = [
        GETAM(), GradientAttentionMap(), GradientMap(), GradientSquaredMap(),
    ]

    /// The method with the given identifier.
    public static func named(_ identifier: String) -> (any MapMethod)? {
        all.first { $0.identifier == identifier }
    }
}
