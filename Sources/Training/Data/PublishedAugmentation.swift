import Checkpoints
import Images
import Tensors

/// The augmentation of GETAM's published training code: the longer side brought to a random length of 0.9 to 1 / 0.875 of
/// the input's side, perhaps mirrored, normalized, then cut out or put at a random place on zeros.
///
/// Samples lie between their four neighbors, without anti-aliasing and without rounding to 8 bits.
struct PublishedAugmentation {
    /// The longer side of the resized picture.
    let long: Int
    let isMirrored: Bool
    /// Where the cut, or the picture on its ground, lies along each axis: 0…1 of the room there is.
    let across: Double, down: Double

    init(long: Int, isMirrored: Bool, across: Double, down: Double) {
        (self.long, self.isMirrored, self.across, self.down) = (long, isMirrored, across, down)
    }

    /// Draws one for an input of `side` pixels.
    init(side: Int, _ random: inout RandomStream) {
        let shortest = Int(Double(side) * 0.9), longest = Int(Double(side) / 0.875)
        long = shortest + Int(random.uniform() * Double(longest - shortest + 1))
        isMirrored = random.uniform() < 0.5
        across = random.uniform()
        down = random.uniform()
    }

    /// How a side of the resized picture meets the input's.
    private struct Placement {
        /// The first sample of the resized picture that is used, the first place in the input, and how many.
        let source: Int, target: Int, count: Int

        init(_ length: Int, in side: Int, at place: Double) {
            let room = abs(length - side), offset = min(room, Int(place * Double(room + 1)))
            (source, target) = length > side ? (offset, 0) : (0, offset)
            count = min(length, side)
        }
    }

    /// How the picture lies in an input of `side` pixels.
    private struct Layout {
        let width: Int, height: Int
        let columns: Placement, rows: Placement
    }

    private func layout(_ picture: RGBImage, side: Int) -> Layout {
        let isWide = picture.width >= picture.height
        func other(_ short: Int, _ long: Int) -> Int {
            max(1, Int((Double(short) * Double(self.long) / Double(long)).rounded(.toNearestOrEven)))
        }
        let width = isWide ? long : other(picture.width, picture.height)
        let height = isWide ? other(picture.height, picture.width) : long
        return Layout(
            width: width, height: height, columns: Placement(width, in: side, at: across),
            rows: Placement(height, in: side, at: down))
    }

    /// Where the input's pixels lie in the picture: the nearest, as the published code resizes saliency.
    func places(_ picture: RGBImage, side: Int) -> PixelPlaces {
        let layout = layout(picture, side: side)
        func places(_ placement: Placement, _ length: Int, _ count: Int, isMirrored: Bool) -> [Int?] {
            (0..<side).map { index in
                guard (0..<placement.count).contains(index - placement.target) else { return nil }
                let place = placement.source + index - placement.target
                return min(count - 1, (isMirrored ? length - 1 - place : place) * count / length)
            }
        }
        return PixelPlaces(
            columns: places(layout.columns, layout.width, picture.width, isMirrored: isMirrored),
            rows: places(layout.rows, layout.height, picture.height, isMirrored: false))
    }

    /// `[3, side, side]`, normalized; places beside the picture are 0.
    func callAsFunction(_ picture: RGBImage, side: Int, _ preprocessing: ModelConfiguration.Preprocessing) -> Tensor {
        let layout = layout(picture, side: side), (width, height) = (layout.width, layout.height)
        let (columns, rows) = (layout.columns, layout.rows)
        let xs = (0..<columns.count).map { index in
            let column = columns.source + index
            return Tap(isMirrored ? width - 1 - column : column, of: width, from: picture.width)
        }
        let ys = (0..<rows.count).map { Tap(rows.source + $0, of: height, from: picture.height) }
        return Tensor(shape: [3, side, side]) { planes in
            planes.initialize(repeating: 0)
            guard let base = planes.baseAddress else { return }
            picture.samples.withUnsafeBufferPointer { samples in
                for channel in 0..<3 {
                    let mean = preprocessing.mean[channel], deviation = preprocessing.standardDeviation[channel]
                    for (y, row) in ys.enumerated() {
                        let out = base + (channel * side + rows.target + y) * side + columns.target
                        let upper = row.first * picture.width, lower = row.second * picture.width
                        for (x, column) in xs.enumerated() {
                            func sample(_ place: Int) -> Float { Float(samples[place * 3 + channel]) }
                            let above = sample(upper + column.first) * (1 - column.weight) + sample(upper + column.second) * column.weight
                            let below = sample(lower + column.first) * (1 - column.weight) + sample(lower + column.second) * column.weight
                            out[x] = ((above * (1 - row.weight) + below * row.weight) / 255 - mean) / deviation
                        }
                    }
                }
            }
        }
    }

    /// The two samples beside an output's center, and the second's weight.
    private struct Tap {
        let first: Int, second: Int, weight: Float

        init(_ index: Int, of outputs: Int, from inputs: Int) {
            let place = max(0, (Double(index) + 0.5) * Double(inputs) / Double(outputs) - 0.5)
            first = min(Int(place), inputs - 1)
            second = min(first + 1, inputs - 1)
            weight = Float(place - Double(first))
        }
    }
}
