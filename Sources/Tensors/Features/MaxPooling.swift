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

    /// The gradient at this map, for that at what ``maxPooled(kernel:stride:padding:compute:in:)`` made of it: every window's
    /// goes to the first of its largest values.
    package func maxPooledBack(
        _ gradient: FeatureMap, kernel: Int, stride: Int, padding: Convolution.Padding, compute: Compute, in workspace: Workspace
    ) -> FeatureMap {
        let (_, top) = Convolution.extent(height, kernel: kernel, stride: stride, padding: padding)
        let (_, left) = Convolution.extent(width, kernel: kernel, stride: stride, padding: padding)
        let result = FeatureMap(height: height, width: width, channels: channels, in: workspace)
        let (source, from, target, kernels) = (values.base, gradient.values.base, result.values.base, compute.featureKernels)
        let (height, width, channels, rows, columns) = (height, width, channels, gradient.height, gradient.width)
        target.update(repeating: 0, count: result.count)
        let largest = workspace.take(channels), share = workspace.take(channels)
        // Windows overlap along the map, never across channels.
        compute.forRanges(channels, multiple: 16) { range in
            let (maximum, rest) = (largest + range.lowerBound, share + range.lowerBound)
            for row in 0..<rows {
                let ys = max(0, row * stride - top)..<max(0, min(height, row * stride - top + kernel))
                for column in 0..<columns {
                    let xs = max(0, column * stride - left)..<max(0, min(width, column * stride - left + kernel))
                    maximum.update(repeating: -.infinity, count: range.count)
                    rest.update(from: from + (row * columns + column) * channels + range.lowerBound, count: range.count)
                    for y in ys {
                        for x in xs { kernels.raise(maximum, source + (y * width + x) * channels + range.lowerBound, range.count) }
                    }
                    for y in ys {
                        for x in xs {
                            let place = (y * width + x) * channels + range.lowerBound
                            kernels.raise_back(target + place, source + place, maximum, rest, range.count)
                        }
                    }
                }
            }
        }
        return result
    }
}
