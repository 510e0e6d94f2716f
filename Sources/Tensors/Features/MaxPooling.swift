extension FeatureMap {
    /// The largest value of each channel in every window; outside the map there is nothing (minus infinity).
    package func maxPooled(
        kernel: Int, stride: Int, padding: Convolution.Padding, compute: Compute, in workspace: Workspace
    ) -> FeatureMap {
        let (rows, top) = Convolution.extent(height, kernel: kernel, stride: stride, padding: padding)
        let (columns, left) = Convolution.extent(width, kernel: kernel, stride: stride, padding: padding)
        let result = FeatureMap(height: rows, width: columns, channels: channels, in: workspace)
        let (source, target, kernels) = (values.base, result.values.base, compute.featureKernels)
        let (height, width, channels) = (height, width, channels)
        compute.pool.forEach(rows) { row in
            for column in 0..<columns {
                let out = target + (row * columns + column) * channels
                out.update(repeating: -.infinity, count: channels)
                for y in max(0, row * stride - top)..<max(0, min(height, row * stride - top + kernel)) {
                    for x in max(0, column * stride - left)..<max(0, min(width, column * stride - left + kernel)) {
                        kernels.raise(out, source + (y * width + x) * channels, channels)
                    }
                }
            }
        }
        return result
    }
}
