import Tensors
import Testing

/// Means of 2×2 positions, and squares of positions as rows, in closed form.
@Suite struct AveragePoolingTests {
    private let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2)), workspace = Workspace()

    /// Every value tells its place: 100 · row + 10 · column + channel.
    private func map(_ height: Int, _ width: Int, _ channels: Int) -> FeatureMap {
        var values: [Float] = []
        for channel in 0..<channels {
            for row in 0..<height {
                for column in 0..<width { values.append(Float(100 * row + 10 * column + channel)) }
            }
        }
        return FeatureMap(planes: Tensor(shape: [channels, height, width], values), in: workspace)
    }

    @Test(arguments: [(4, 6, 3), (5, 3, 17), (1, 1, 2)])
    func takesTheMeanOfWhatThereIs(_ height: Int, _ width: Int, _ channels: Int) {
        let result = map(height, width, channels).averaged(compute, in: workspace)
        #expect(result.height == (height + 1) / 2 && result.width == (width + 1) / 2 && result.channels == channels)
        for row in 0..<result.height {
            for column in 0..<result.width {
                // The mean of two neighbors lies between them; at the end there is one.
                let y = 2 * row + 1 < height ? 2 * Float(row) + 0.5 : 2 * Float(row)
                let x = 2 * column + 1 < width ? 2 * Float(column) + 0.5 : 2 * Float(column)
                for channel in 0..<channels {
                    let found = result.values.base[(row * result.width + column) * channels + channel]
                    #expect(abs(found - (100 * y + 10 * x + Float(channel))) <= 1e-4)
                }
            }
        }
    }

    @Test(arguments: [1, 2, 3])
    func squaresAreRowsOfAConvolution(_ side: Int) {
        let map = map(6, 12, 5), squares = map.squares(of: side, compute: compute, in: workspace), columns = 12 / side
        for square in 0..<6 / side * columns {
            for channel in 0..<5 {
                for y in 0..<side {
                    for x in 0..<side {
                        let row = square / columns * side + y, column = square % columns * side + x
                        let found = squares.base[((square * 5 + channel) * side + y) * side + x]
                        #expect(found == Float(100 * row + 10 * column + channel))
                    }
                }
            }
        }
    }
}
