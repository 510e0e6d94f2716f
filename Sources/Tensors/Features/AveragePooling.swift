extension FeatureMap {
    /// The mean of every 2×2 positions, of fewer where the map ends: ⌈side / 2⌉ positions a side, as PyTorch's `AvgPool2d(2, 2)` with
    /// `ceil_mode` and without `count_include_pad`.
    package func averaged(_ compute: Compute, in workspace: Workspace) -> FeatureMap {
        let result = FeatureMap(height: (height + 1) / 2, width: (width + 1) / 2, channels: channels, in: workspace)
        let (source, target, kernels) = (values.base, result.values.base, compute.kernels)
        let (height, width, channels, columns) = (height, width, channels, result.width)
        result.forPositions(compute) { range in
            for position in range {
                let out = target + position * channels
                let rows = 2 * (position / columns)..<min(height, 2 * (position / columns) + 2)
                let places = 2 * (position % columns)..<min(width, 2 * (position % columns) + 2)
                let share = 1 / Float(rows.count * places.count)
                out.update(repeating: 0, count: channels)
                for row in rows {
                    for column in places { kernels.add_multiple(out, source + (row * width + column) * channels, share, channels) }
                }
            }
        }
        return result
    }
}
