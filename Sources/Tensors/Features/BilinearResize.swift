extension FeatureMap {
    /// The map at another size, each value between its four neighbors; as PyTorch's bilinear `interpolate`.
    ///
    /// - Parameter alignCorners: whether the corner positions fall on each other; otherwise the corners of the corner
    ///   pixels do, and positions beyond the outermost centers repeat them. No anti-aliasing either way.
    package func resized(
        height newHeight: Int, width newWidth: Int, alignCorners: Bool, compute: Compute, in workspace: Workspace
    ) -> FeatureMap {
        if newHeight == height, newWidth == width { return self }
        let result = FeatureMap(height: newHeight, width: newWidth, channels: channels, in: workspace)
        let down = Self.neighbors(newHeight, of: height, alignCorners: alignCorners)
        let across = Self.neighbors(newWidth, of: width, alignCorners: alignCorners)
        let (source, target, kernels) = (values.base, result.values.base, compute.featureKernels)
        let (width, channels) = (width, channels)
        compute.forRanges(newHeight, parts: result.count < 1 << 14 ? 1 : 4 * compute.pool.threads) { rows in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: 4) { weights in
                for row in rows {
                    let (y0, y1, fy) = down[row]
                    var out = target + row * newWidth * channels
                    for column in 0..<newWidth {
                        let (x0, x1, fx) = across[column]
                        weights[0] = (1 - fy) * (1 - fx)
                        weights[1] = (1 - fy) * fx
                        weights[2] = fy * (1 - fx)
                        weights[3] = fy * fx
                        kernels.blend(
                            out, source + (y0 * width + x0) * channels, source + (y0 * width + x1) * channels,
                            source + (y1 * width + x0) * channels, source + (y1 * width + x1) * channels,
                            weights.baseAddress, channels)
                        out += channels
                    }
                }
            }
        }
        return result
    }

    /// For each of `count` outputs the two inputs beside it, and how far it is towards the second.
    private static func neighbors(_ count: Int, of input: Int, alignCorners: Bool) -> [(Int, Int, Float)] {
        (0..<count).map { index in
            let position: Double
            if alignCorners {
                position = count > 1 ? Double(index) * Double(input - 1) / Double(count - 1) : 0
            } else {
                position = max(0, (Double(index) + 0.5) * Double(input) / Double(count) - 0.5)
            }
            let first = min(Int(position), input - 1)
            return (first, min(first + 1, input - 1), Float(position - Double(first)))
        }
    }
}
