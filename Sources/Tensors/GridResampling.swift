/// How a grid of vectors, such as a position embedding, is resampled to another number of rows and columns; and the way back
/// of a gradient. Sums run in double precision.
public struct GridResampling: Sendable {
    private let down: ResampleCoefficients
    private let across: ResampleCoefficients

    /// - Parameters:
    ///   - input, output: rows and columns.
    ///   - excess: added to the numbers of rows and columns where the scale is computed from them, as DINO does by 0.1.
    ///   - alignsCorners: see ``ResampleCoefficients``.
    ///   - whole: what the grid is resampled to, of which the output is the upper left part; the output itself when absent.
    public init(
        from input: (rows: Int, columns: Int), to output: (rows: Int, columns: Int), filter: ResampleCoefficients.Filter,
        antialias: Bool, excess: Double = 0, alignsCorners: Bool = false, whole: (rows: Int, columns: Int)? = nil
    ) {
        func line(_ input: Int, _ output: Int, _ whole: Int) -> ResampleCoefficients {
            ResampleCoefficients(
                input: input, output: whole, filter: filter, antialias: antialias,
                scale: Double(input) / (Double(whole) + excess), alignsCorners: alignsCorners
            ).keeping(first: output)
        }
        let whole = whole ?? output
        (down, across) = (line(input.rows, output.rows, whole.rows), line(input.columns, output.columns, whole.columns))
    }

    /// The grid `[rows, columns, channels]` at the output's size.
    ///
    /// Complexity: O(rows · columns' · channels · taps).
    public func callAsFunction(_ grid: Tensor) -> Tensor {
        precondition(grid.shape.count == 3 && grid.shape[0] == down.input && grid.shape[1] == across.input)
        let channels = grid.shape[2], columns = across.output
        var wide = [Double](repeating: 0, count: down.input * columns * channels)
        grid.withUnsafeElements { source in
            for row in 0..<down.input {
                for column in 0..<columns {
                    let target = (row * columns + column) * channels
                    for tap in 0..<across.counts[column] {
                        let weight = across.weights[column * across.stride + tap]
                        let from = (row * across.input + across.starts[column] + tap) * channels
                        for channel in 0..<channels { wide[target + channel] += weight * Double(source[from + channel]) }
                    }
                }
            }
        }
        return Tensor(shape: [down.output, columns, channels]) { result in
            var line = [Double](repeating: 0, count: columns * channels)
            for row in 0..<down.output {
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

    /// Adds to `sum`, the gradient by the grid that was resampled, what follows from `gradient`, that by the result; both
    /// `[rows, columns, channels]`.
    package func addGradient(_ gradient: UnsafePointer<Float>, channels: Int, to sum: UnsafeMutablePointer<Float>) {
        let columns = across.output
        var wide = [Double](repeating: 0, count: down.input * columns * channels)
        for row in 0..<down.output {
            for tap in 0..<down.counts[row] {
                let weight = down.weights[row * down.stride + tap]
                let to = (down.starts[row] + tap) * columns * channels
                for index in 0..<columns * channels {
                    wide[to + index] += weight * Double(gradient[row * columns * channels + index])
                }
            }
        }
        var line = [Double](repeating: 0, count: across.input * channels)
        for row in 0..<down.input {
            for index in line.indices { line[index] = 0 }
            for column in 0..<columns {
                for tap in 0..<across.counts[column] {
                    let weight = across.weights[column * across.stride + tap]
                    let (to, from) = ((across.starts[column] + tap) * channels, (row * columns + column) * channels)
                    for channel in 0..<channels { line[to + channel] += weight * wide[from + channel] }
                }
            }
            for index in line.indices { sum[row * line.count + index] += Float(line[index]) }
        }
    }
}
