import Checkpoints
import Tensors

/// A picture's tokens before the first block: what passes over some of its patches, or over those of two pictures, begin with.
public struct EmbeddedPicture: Sendable {
    /// The grid of patches.
    public let grid: ModelConfiguration.Size
    /// The residual stream before the first block, `[N, D]`. Never written to.
    let stream: Workspace.Buffer

    /// Number of patches.
    public var patches: Int { grid.height * grid.width }
}

extension VisionTransformer {
    /// Whether every patch's token before the first block follows from the patch's own pixels and its place, so that tokens of two
    /// pictures can stand side by side as if their pixels did: not behind a convolutional stem, nor where patches are read beside it.
    public var embedsPatchwise: Bool { stem == nil && configuration.patchOffset == 0 }

    /// A picture's tokens before the first block, position embedding included.
    ///
    /// - Parameter pixels: `[channels, height, width]`, as ``forward(_:options:progress:isCancelled:)`` takes them.
    /// - Throws: `ModelError`.
    public func embedded(_ pixels: Tensor) throws -> EmbeddedPicture {
        let (trace, start) = try begin(pixels, .maps)
        return EmbeddedPicture(grid: trace.grid, stream: start.stream)
    }

    /// The logits of a pass over some patches of a picture.
    ///
    /// - Parameters:
    ///   - patches: those that stay, counted row by row from the top left.
    ///   - substitute: the picture of the same grid whose patches stand in the others' places; nil drops their tokens, so that the pass
    ///     costs as much as there are tokens left.
    /// - Throws: `ModelError`, also where the head cannot do without a patch; `CancellationError`.
    public func logits(
        of picture: EmbeddedPicture, keeping patches: Set<Int>, substitute: EmbeddedPicture? = nil, isCancelled: () -> Bool = { false }
    ) throws -> [Float] {
        guard configuration.head != .none else { throw ModelError.noHead }
        let extents = extents(Grid(rows: picture.grid.height, columns: picture.grid.width)), (prefix, width) = (extents.prefix, sizes.width)
        var start = Start(extents: extents, stream: picture.stream)
        if let substitute {
            try check(patches, of: picture.patches)
            guard substitute.grid == picture.grid else {
                throw ModelError.input(
                    "the pictures have other grids: \(picture.grid.width)×\(picture.grid.height) and \(substitute.grid.width)×\(substitute.grid.height) patches")
            }
            start = Start(extents: extents, stream: snapshot(substitute.stream, tokens: extents.tokens))
            for patch in patches {
                let token = (prefix + patch) * width
                (start.stream + token).update(from: picture.stream + token, count: width)
            }
        } else if patches.count < picture.patches {
            start = try keep(patches, of: start)
        } else {
            start = Start(extents: extents, stream: snapshot(picture.stream, tokens: extents.tokens))
        }
        let options = ForwardOptions(), trace = Trace(grid: picture.grid, prefixTokens: prefix)
        try through(from: start, into: trace, options, keepsBlocks: false, isCancelled: isCancelled)
        return trace.logits
    }
}

extension ModelConfiguration {
    /// Whether the head reads the mean of the patches, and so needs one at least.
    public var readsPatches: Bool { poolsPatches || head == .classTokenAndPatchMean }
}
