extension Tensor {
    /// A `[rows, columns, channels]` grid resampled to another number of rows and columns.
    ///
    /// - Parameters:
    ///   - excess: added to the numbers of rows and columns where the scale is computed from them, as DINO does by 0.1.
    ///   - alignsCorners: see ``ResampleCoefficients``.
    ///
    /// Sums run in double precision. Complexity: O(rows · columns' · channels · taps).
    public func resampledGrid(
        rows: Int, columns: Int, filter: ResampleCoefficients.Filter, antialias: Bool, excess: Double = 0,
        alignsCorners: Bool = false
    ) -> Tensor {
        precondition(shape.count == 3, "a grid has rows, columns and channels, not shape \(shape)")
        let channels = shape[2]
        func line(_ input: Int, _ output: Int) -> ResampleCoefficients {
            ResampleCoefficients(
                input: input, output: output, filter: filter, antialias: antialias,
                scale: Double(input) / (Double(output) + excess), alignsCorners: alignsCorners)
        }
        let across = line(shape[1], columns), down = line(shape[0], rows)
        let inputRows = shape[0], inputColumns = shape[1]
        var wide = [Double](repeating: 0, count: inputRows * columns * channels)
        withUnsafeElements { source in
            for row in 0..<inputRows {
                for column in 0..<columns {
                    let target = (row * columns + column) * channels
                    for tap in 0..<across.counts[column] {
                        let weight = across.weights[column * across.stride + tap]
                        let from = (row * inputColumns + across.starts[column] + tap) * channels
                        for channel in 0..<channels { wide[target + channel] += weight * Double(source[from + channel]) }
                    }
                }
            }
        }
        return Tensor(shape: [rows, columns, channels]) { result in
            var line = [Double](repeating: 0, count: columns * channels)
            for row in 0..<rows {
                for index in line.indices { line[index] = 0 }
                for tap in 0..<down.counts[row] {
                    let weight = down.weights[row * down.stride + tap]
                    let from = (down.starts[row] + tap) * columns * channels
                    for index in line.indices { line[index] += weight * wide[from + index] }
                }
                for index in line.indices {
                    (result.baseAddress! + row * line.count + index).initialize(to: Float(line[index]))
                }
            }
        }
    }
}
