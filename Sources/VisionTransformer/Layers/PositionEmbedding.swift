import Checkpoints
import Glibc
import Tensors

// The position embedding at the grid of a picture, and its gradient.
extension VisionTransformer {
    /// The position embedding for `grid`, `[prefix entries + patches, width]`, resampled the checkpoint's way.
    func positions(for grid: Grid) -> Tensor {
        let size = ModelConfiguration.Size(height: grid.rows, width: grid.columns)
        guard configuration.hasSinePositions || configuration.positionTables > 0 || size != configuration.grid && parameters.hasPositions
        else { return parameters.positions }
        return positionCache.withLock { cache in
            if let known = cache[grid] { return known }
            let result = parameters.positions(at: size)
            // A data set shows few aspect ratios, but each new one must not cost memory for ever.
            if cache.count >= 64 { cache.removeAll() }
            cache[grid] = result
            return result
        }
    }

    /// How many prefix tokens a position embedding covers.
    func coveredTokens(_ positions: Tensor, patches: Int) -> Int { max(0, positions.shape[0] - patches) }

    /// Adds the gradient by the patches' positions at `grid`, `[patches, D]`, to that by the model's own, `sum`.
    func addPositionGradient(_ gradient: UnsafePointer<Float>, _ grid: Grid, to sum: UnsafeMutablePointer<Float>) {
        if let resampling = configuration.positionResampling(to: .init(height: grid.rows, width: grid.columns)) {
            resampling.addGradient(gradient, channels: sizes.width, to: sum)
        } else {
            compute.sumRows(gradient, stride: 0, rows: 1, width: grid.patches * sizes.width, into: sum)
        }
    }
}

extension ParameterSet {
    /// The position embedding at another grid, `[prefix entries + patches, width]`, resampled the checkpoint's way, or made
    /// for it.
    public func positions(at grid: ModelConfiguration.Size) -> Tensor {
        if configuration.hasSinePositions { return Self.sines(grid, width: configuration.width) }
        if configuration.positionTables > 0 { return tabledPositions(grid) }
        guard hasPositions, let resampling = configuration.positionResampling(to: grid) else { return positions }
        let (native, width) = (configuration.grid, configuration.width)
        let covered = positions.shape[0] - native.height * native.width
        let patches = positions.rows(covered..<positions.shape[0]).reshaped([native.height, native.width, width])
        return Tensor(
            shape: [covered + grid.height * grid.width, width], positions.rows(0..<covered).values + resampling(patches).values)
    }
}

extension ParameterSet {
    /// The sums of the first columns' and rows' positions, `[patches, width]`.
    private func tabledPositions(_ grid: ModelConfiguration.Size) -> Tensor {
        let (places, width) = (configuration.positionTables, configuration.width)
        return Tensor(shape: [grid.height * grid.width, width]) { target in
            guard let base = target.baseAddress else { return }
            for patch in 0..<grid.height * grid.width {
                let (row, column) = (patch / grid.width, patch % grid.width)
                let (x, y) = (positions.base + column * width, positions.base + (places + row) * width)
                for index in 0..<width { (base + patch * width + index).initialize(to: x[index] + y[index]) }
            }
        }
    }

    /// Of a place p sin(p·ω) and cos(p·ω), ω = 10000^(−4i/width) for i below width/4: by columns, then by rows; `[patches, width]`.
    fileprivate static func sines(_ grid: ModelConfiguration.Size, width: Int) -> Tensor {
        let count = width / 4, frequencies = (0..<count).map { pow(10000, -Double($0) / Double(count)) }
        let places = (0..<max(grid.height, grid.width)).map { place in
            frequencies.map { Float(sin(Double(place) * $0)) } + frequencies.map { Float(cos(Double(place) * $0)) }
        }
        return Tensor(
            shape: [grid.height * grid.width, width],
            (0..<grid.height).flatMap { row in (0..<grid.width).flatMap { places[$0] + places[row] } })
    }
}

extension ModelConfiguration {
    /// nil where the grid is the model's own.
    fileprivate func positionResampling(to size: Size) -> GridResampling? {
        guard size != grid else { return nil }
        let torch = ResampleCoefficients.Filter.bicubic(a: -0.75), side = max(size.height, size.width)
        func resampling(
            _ filter: ResampleCoefficients.Filter, antialias: Bool = false, excess: Double = 0, alignsCorners: Bool = false
        ) -> GridResampling {
            GridResampling(
                from: (grid.height, grid.width), to: (size.height, size.width), filter: filter, antialias: antialias, excess: excess,
                alignsCorners: alignsCorners, whole: positionsKeepShape ? (side, side) : nil)
        }
        return switch positionResampling {
        case .bicubicAntialiased: resampling(.bicubic(a: -0.5), antialias: true)
        case .bicubic: resampling(torch)
        case .bilinear: resampling(.bilinear)
        case .bilinearAntialiased: resampling(.bilinear, antialias: true)
        case .bicubicOffset: resampling(torch, excess: 0.1)
        case .bicubicAligned: resampling(torch, alignsCorners: true)
        case .bilinearAligned: resampling(.bilinear, alignsCorners: true)
        }
    }
}
