import Tensors

extension VisionTransformer {
    /// Replaces heads' parts of some rows of heads side by side, `[scalars, rows, A]`, in place.
    ///
    /// Forward these are the heads' outputs before the projection, which is linear, so that their mean is the outputs' mean.
    /// Both replacements are symmetric linear maps over rows, so gradients by the result become those by what was replaced in
    /// the same way.
    func ablate(_ values: Workspace.Buffer, scalars: Int = 1, rows: Int, _ ablated: [(head: Int, kind: HeadAblations.Kind)]) {
        let (width, headWidth, kernels) = (sizes.attentionWidth, sizes.headWidth, compute.kernels)
        for (head, kind) in ablated {
            for scalar in 0..<scalars {
                let part = values + scalar * rows * width + head * headWidth
                let mean = workspace.take(headWidth)
                mean.base.update(repeating: 0, count: headWidth)
                if kind == .mean {
                    for row in 0..<rows { kernels.add_multiple(mean.base, part + row * width, 1 / Float(rows), headWidth) }
                }
                for row in 0..<rows { (part + row * width).update(from: mean.base, count: headWidth) }
            }
        }
    }
}
