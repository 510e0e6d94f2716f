/// From a feature map's size to another, each value between its four neighbors; as PyTorch's bilinear `interpolate`.
///
/// No anti-aliasing either way.
package struct BilinearResize: Sendable {
    private let down: Axis
    private let across: Axis
    private let channels: Int

    /// - Parameter alignCorners: whether the corner positions fall on each other; otherwise the corners of the corner
    ///   pixels do, and positions beyond the outermost centers repeat them.
    package init(from map: (height: Int, width: Int), to size: (height: Int, width: Int), channels: Int, alignCorners: Bool) {
        down = Axis(size.height, of: map.height, step: 1, alignCorners)
        across = Axis(size.width, of: map.width, step: channels, alignCorners)
        self.channels = channels
    }

    /// For each output along an axis the two inputs beside it, and how far it is towards the second.
    private struct Axis: Sendable {
        let inputs: Int
        /// Offsets of the inputs: their numbers times `step`.
        let first: [Int32]
        let second: [Int32]
        let fraction: [Float]
        var outputs: Int { fraction.count }

        init(_ outputs: Int, of inputs: Int, step: Int, _ alignCorners: Bool) {
            self.inputs = inputs
            let positions = (0..<outputs).map { index in
                if alignCorners {
                    outputs > 1 ? Double(index) * Double(inputs - 1) / Double(outputs - 1) : 0
                } else {
                    max(0, (Double(index) + 0.5) * Double(inputs) / Double(outputs) - 0.5)
                }
            }
            let numbers = positions.map { min(Int($0), inputs - 1) }
            first = numbers.map { Int32($0 * step) }
            second = numbers.map { Int32(min($0 + 1, inputs - 1) * step) }
            fraction = zip(positions, numbers).map { Float($0 - Double($1)) }
        }

        /// The outputs that lie beside an input; `step` must be 1.
        func users(of input: Int) -> Range<Int> {
            // Both ascend, and `second` is `first` or the next.
            let start = Self.count(second) { $0 < input }
            return start..<max(start, Self.count(first) { $0 <= input })
        }

        /// How many numbers there are before the first for which `isBefore` is false; all after it must be so, too.
        private static func count(_ numbers: [Int32], _ isBefore: (Int) -> Bool) -> Int {
            var (low, high) = (0, numbers.count)
            while low < high {
                let middle = (low + high) / 2
                if isBefore(Int(numbers[middle])) { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    /// `map` at the new size.
    package func resized(_ map: FeatureMap, _ compute: Compute, in workspace: Workspace) -> FeatureMap {
        let result = FeatureMap(height: down.outputs, width: across.outputs, channels: channels, in: workspace)
        let (source, target, kernels) = (map.values.base, result.values.base, compute.featureKernels)
        let (row, newRow) = (across.inputs * channels, across.outputs * channels)
        compute.forRanges(down.outputs, parts: result.count < 1 << 14 ? 1 : 4 * compute.pool.threads) { rows in
            for index in rows {
                kernels.blend_row(
                    target + index * newRow, source + Int(down.first[index]) * row, source + Int(down.second[index]) * row,
                    down.fraction[index], across.first, across.second, across.fraction, across.outputs, channels)
            }
        }
        return result
    }

    /// The derivatives by the map, from `gradient`, those by the result: the transpose of resizing.
    package func gradient(_ gradient: FeatureMap, _ compute: Compute, in workspace: Workspace) -> FeatureMap {
        let result = FeatureMap(height: down.inputs, width: across.inputs, channels: channels, in: workspace)
        let (row, newRow) = (across.inputs * channels, across.outputs * channels)
        let narrowed = workspace.take(down.outputs * row)
        let (source, between, target) = (gradient.values.base, narrowed.base, result.values.base)
        let (kernels, features) = (compute.kernels, compute.featureKernels)
        let parts = max(gradient.count, result.count) < 1 << 14 ? 1 : 4 * compute.pool.threads
        compute.forRanges(down.outputs, parts: parts) { rows in
            for index in rows {
                (between + index * row).update(repeating: 0, count: row)
                features.spread_row(
                    between + index * row, source + index * newRow, across.first, across.second, across.fraction,
                    across.outputs, channels)
            }
        }
        compute.forRanges(down.inputs, parts: parts) { rows in
            for index in rows {
                let out = target + index * row
                out.update(repeating: 0, count: row)
                for user in down.users(of: index) {
                    let share = (down.first[user] == index ? 1 - down.fraction[user] : 0)
                        + (down.second[user] == index ? down.fraction[user] : 0)
                    kernels.add_multiple(out, between + user * row, share, row)
                }
            }
        }
        return result
    }
}

extension FeatureMap {
    /// The map at another size, each value between its four neighbors; as PyTorch's bilinear `interpolate`.
    ///
    /// - Parameter alignCorners: whether the corner positions fall on each other; otherwise the corners of the corner
    ///   pixels do, and positions beyond the outermost centers repeat them. No anti-aliasing either way.
    package func resized(
        height newHeight: Int, width newWidth: Int, alignCorners: Bool, compute: Compute, in workspace: Workspace
    ) -> FeatureMap {
        if newHeight == height, newWidth == width { return self }
        return BilinearResize(
            from: (height, width), to: (newHeight, newWidth), channels: channels, alignCorners: alignCorners
        ).resized(self, compute, in: workspace)
    }

    /// The derivatives by a map of the size given, where this map holds those by what it was resized to.
    ///
    /// - Parameter alignCorners: as in ``resized(height:width:alignCorners:compute:in:)``.
    package func resizeGradient(
        height oldHeight: Int, width oldWidth: Int, alignCorners: Bool, compute: Compute, in workspace: Workspace
    ) -> FeatureMap {
        if oldHeight == height, oldWidth == width { return self }
        return BilinearResize(
            from: (oldHeight, oldWidth), to: (height, width), channels: channels, alignCorners: alignCorners
        ).gradient(self, compute, in: workspace)
    }
}
