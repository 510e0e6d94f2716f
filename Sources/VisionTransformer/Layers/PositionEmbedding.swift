import Checkpoints
import Tensors

// The position embedding at the grid of a picture, and its gradient.
extension VisionTransformer {
    /// The position embedding for `grid`, `[prefix entries + patches, width]`, resampled the checkpoint's way.
    func positions(for grid: Grid) -> Tensor {
        guard let resampling = positionResampling(to: grid) else { return parameters.positions }
        return positionCache.withLock { cache in
            if let known = cache[grid] { return known }
            let (all, native) = (parameters.positions, configuration.grid)
            let covered = all.shape[0] - native.height * native.width
            let patches = all.rows(covered..<all.shape[0]).reshaped([native.height, native.width, sizes.width])
            let result = Tensor(
                shape: [covered + grid.patches, sizes.width], all.rows(0..<covered).values + resampling(patches).values)
            // A data set shows few aspect ratios, but each new one must not cost memory for ever.
            if cache.count >= 64 { cache.removeAll() }
            cache[grid] = result
            return result
        }
    }

    /// Adds the gradient by the patches' positions at `grid`, `[patches, D]`, to that by the model's own, `sum`.
    func addPositionGradient(_ gradient: UnsafePointer<Float>, _ grid: Grid, to sum: UnsafeMutablePointer<Float>) {
        if let resampling = positionResampling(to: grid) {
            resampling.addGradient(gradient, channels: sizes.width, to: sum)
        } else {
            compute.sumRows(gradient, stride: 0, rows: 1, width: grid.patches * sizes.width, into: sum)
        }
    }

    /// nil where the grid is the model's own.
    private func positionResampling(to grid: Grid) -> GridResampling? {
        let native = configuration.grid
        if grid.rows == native.height, grid.columns == native.width { return nil }
        let (from, to) = ((native.height, native.width), (grid.rows, grid.columns))
        let torch = ResampleCoefficients.Filter.bicubic(a: -0.75)
        return switch configuration.positionResampling {
        case .bicubicAntialiased: GridResampling(from: from, to: to, filter: .bicubic(a: -0.5), antialias: true)
        case .bicubic: GridResampling(from: from, to: to, filter: torch, antialias: false)
        case .bilinear: GridResampling(from: from, to: to, filter: .bilinear, antialias: false)
        case .bicubicOffset: GridResampling(from: from, to: to, filter: torch, antialias: false, excess: 0.1)
        case .bicubicAligned: GridResampling(from: from, to: to, filter: torch, antialias: false, alignsCorners: true)
        case .bilinearAligned: GridResampling(from: from, to: to, filter: .bilinear, antialias: false, alignsCorners: true)
        }
    }
}
