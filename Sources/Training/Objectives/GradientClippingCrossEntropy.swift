import Tensors

/// The cross entropy of a prediction with a label map, the mean over all pixels of a batch, which leaves alone what is far
/// from the rest: once the mean is small enough, every pixel's loss is cut off at the mean of its tile or of the whole,
/// whichever is larger, and what is cut off has no gradient.
///
/// Tiles are squares side by side from the top left corner; those at the right and bottom edges may be smaller. A tile's mean
/// goes over all pictures of the batch. Ignored pixels have no loss, but count in every mean.
/// Source: Zhu et al., "WeakTr: Exploring Plain Vision Transformer for Weakly-supervised Semantic Segmentation", 2023.
struct GradientClippingCrossEntropy: Sendable {
    /// The mean loss from which on losses are cut off.
    var start = publishedStart
    static let publishedStart = 1.2
    /// Pixels along a tile's side, at least 1.
    var tile = publishedTile
    static let publishedTile = 120

    /// Every pixel's −log P(label); 0 where it is ignored: a label of K or more.
    static func losses(_ prediction: PixelPrediction, _ map: [UInt8], compute: Compute) -> [Float] {
        precondition(map.count == prediction.pixels)
        let rows = prediction.rows
        return [Float](unsafeUninitializedCapacity: map.count) { losses, count in
            compute.forRanges(map.count, parts: 4 * compute.pool.threads) { range in
                for pixel in range {
                    let label = Int(map[pixel])
                    losses[pixel] = label < rows.labels
                        ? rows.entropy(of: label, rows.probability(ofOthersThan: label, at: pixel), at: pixel) : 0
                }
            }
            count = map.count
        }
    }

    /// At what the losses of a batch are cut off.
    struct Caps: Sendable {
        /// The mean of all losses, none cut off.
        let mean: Double
        /// Pixels of all pictures of the batch.
        let total: Int
        /// A tile's cap, row by row; nil where nothing is cut off yet.
        fileprivate let caps: [Double]?
        fileprivate let tile: Int
        fileprivate let columns: Int

        /// - Parameters:
        ///   - losses: of each picture of the batch, `height × width`.
        init(_ objective: GradientClippingCrossEntropy, _ losses: [[Float]], height: Int, width: Int) {
            precondition(objective.tile > 0 && losses.allSatisfy { $0.count == height * width })
            let tile = objective.tile, columns = (width + tile - 1) / tile, rows = (height + tile - 1) / tile
            var sums = [Double](repeating: 0, count: rows * columns)
            for picture in losses {
                for row in 0..<height {
                    for column in 0..<columns {
                        let pixels = row * width + column * tile..<row * width + min(width, (column + 1) * tile)
                        sums[row / tile * columns + column] += picture[pixels].reduce(0) { $0 + Double($1) }
                    }
                }
            }
            total = losses.count * height * width
            let mean = sums.reduce(0, +) / Double(max(total, 1))
            (self.mean, self.tile, self.columns) = (mean, tile, columns)
            caps = mean > objective.start ? nil : sums.indices.map { index in
                let tall = min(tile, height - index / columns * tile), wide = min(tile, width - index % columns * tile)
                return max(mean, sums[index] / Double(tall * wide * losses.count))
            }
        }

        fileprivate func cap(_ row: Int, _ column: Int) -> Double {
            caps.map { $0[row / tile * columns + column / tile] } ?? .infinity
        }
    }

    /// A picture's part of the batch's loss; its derivatives by the logits times `weight` are added to `gradient`.
    ///
    /// - Parameters:
    ///   - losses: as ``losses(_:_:compute:)`` gives them for this prediction and label map.
    ///   - caps: of the batch that the picture is in.
    static func evaluate(
        _ prediction: PixelPrediction, _ map: [UInt8], losses: [Float], caps: Caps, weight: Float,
        addingTo gradient: FeatureMap, compute: Compute
    ) -> Double {
        precondition(map.count == prediction.pixels && losses.count == map.count)
        let (rows, gradient) = (prediction.rows, prediction.place(of: gradient))
        let (share, width) = (1 / Double(max(caps.total, 1)), prediction.logits.width)
        let factor = weight * Float(share)
        return share * map.withUnsafeBufferPointer { map in
            losses.withUnsafeBufferPointer { losses in
                compute.orderedSum(map.count) { range in
                    var sum = 0.0
                    var (pixel, row) = (range.lowerBound, range.lowerBound / width)
                    while pixel < range.upperBound {
                        let column = pixel % width
                        // To the end of the tile, of the row, or of the range.
                        let end = min(range.upperBound, row * width + min(width, (column / caps.tile + 1) * caps.tile))
                        let cap = caps.cap(row, column)
                        for pixel in pixel..<end where map[pixel] < rows.labels {
                            let (label, loss) = (Int(map[pixel]), Double(losses[pixel]))
                            sum += min(loss, cap)
                            guard loss <= cap else { continue }
                            let others = rows.probability(ofOthersThan: label, at: pixel)
                            rows.addEntropyGradient(of: label, others, times: factor, to: gradient, at: pixel)
                        }
                        pixel = end
                        if pixel == (row + 1) * width { row += 1 }
                    }
                    return sum
                }
            }
        }
    }
}
