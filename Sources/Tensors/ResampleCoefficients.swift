/// The weights that turn one line of samples into a line of another length.
///
/// Output `i` is the sum over `k < counts[i]` of `weights[i·stride + k]` times input `starts[i] + k`. Applying one set along
/// each axis in turn resamples a picture or a grid of position embeddings; the weights of every output sum to one.
///
/// With `antialias` the filter widens with the scale when shrinking, as in Pillow's `Image.resize` and PyTorch's
/// `interpolate(antialias=True)`, and taps outside the input are left out. Without it, the filter keeps its width and taps
/// outside the input repeat the edge, as in PyTorch's `interpolate(align_corners=False)`.
public struct ResampleCoefficients: Sendable, Equatable {
    /// The shape of the weights around an output's center.
    public enum Filter: Sendable, Hashable {
        /// The plain mean of the covered samples.
        case box
        /// A triangle of half-width one.
        case bilinear
        /// Keys' cubic with slope parameter `a`: −0.5 in Pillow and in PyTorch with anti-aliasing, −0.75 in PyTorch without.
        case bicubic(a: Double)

        /// Half the filter's width, in input samples at scale one.
        var support: Double {
            switch self {
            case .box: 0.5
            case .bilinear: 1
            case .bicubic: 2
            }
        }

        /// The filter's value at distance `x` from its center.
        func callAsFunction(_ x: Double) -> Double {
            let d = abs(x)
            switch self {
            case .box:
                // Open on the left, so that two neighbours never both claim a sample that lies on their border.
                return x > -0.5 && x <= 0.5 ? 1 : 0
            case .bilinear:
                return d < 1 ? 1 - d : 0
            case .bicubic(let a):
                if d < 1 { return ((a + 2) * d - (a + 3)) * d * d + 1 }
                if d < 2 { return (((d - 5) * d + 8) * d - 4) * a }
                return 0
            }
        }
    }

    /// Number of input samples.
    public private(set) var input = 0
    /// Number of output samples.
    public private(set) var output = 0
    /// Weights kept for each output: the largest of `counts`.
    public private(set) var stride = 0
    /// The first input sample of each output; `starts[i] + counts[i]` never exceeds `input`.
    public private(set) var starts: [Int] = []
    /// The number of input samples of each output, at least one.
    public private(set) var counts: [Int] = []
    /// `output × stride` weights, zero beyond each output's count.
    public private(set) var weights: [Double] = []

    /// None, until they are set.
    package init() {}

    /// The weights from `input` samples to `output` samples, both at least one.
    ///
    /// - Parameters:
    ///   - range: the part of the input that the output covers, in input samples from the left edge of the first; the
    ///     whole input when absent. It must lie inside the input and not be empty.
    ///   - scale: input samples per output sample; `range`'s length over `output` when absent. For programs that compute
    ///     coordinates from a given scale factor rather than from the sizes.
    ///   - alignsCorners: whether the first and last outputs lie on the first and last inputs, as in PyTorch's
    ///     `align_corners=True`; `range` and `scale` then do not count, and `antialias` must be off.
    public init(
        input: Int, output: Int, filter: Filter, antialias: Bool,
        range: ClosedRange<Double>? = nil, scale: Double? = nil, alignsCorners: Bool = false
    ) {
        set(input: input, output: output, filter: filter, antialias: antialias, range: range, scale: scale, alignsCorners: alignsCorners)
    }

    /// The same in place of those that were here; lists keep their memory.
    package mutating func set(
        input: Int, output: Int, filter: Filter, antialias: Bool,
        range: ClosedRange<Double>? = nil, scale: Double? = nil, alignsCorners: Bool = false
    ) {
        precondition(!alignsCorners || !antialias)
        precondition(input > 0 && output > 0, "resampling \(input) samples to \(output)")
        let range = range ?? 0...Double(input)
        precondition(range.lowerBound >= 0 && range.upperBound <= Double(input) && range.lowerBound < range.upperBound)
        let scale = scale ?? (range.upperBound - range.lowerBound) / Double(output)
        precondition(scale > 0 && scale.isFinite)
        self.input = input
        self.output = output
        let step = output > 1 ? Double(input - 1) / Double(output - 1) : 0
        func center(_ index: Int) -> Double {
            alignsCorners ? Double(index) * step + 0.5 : range.lowerBound + (Double(index) + 0.5) * scale
        }
        let width = antialias ? max(scale, 1) : 1
        let support = filter.support * width
        starts.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        starts.reserveCapacity(output)
        counts.reserveCapacity(output)
        let reach = Int(support.rounded(.up))
        for index in 0..<output {
            let center = center(index), start: Int, end: Int
            if antialias {
                // Rounded half up, cut at the borders: Pillow's bounds.
                (start, end) = (Int(center - support + 0.5), Int(center + support + 0.5))
            } else {
                start = Int((center - 0.5).rounded(.down)) - reach + 1
                end = start + 2 * reach
            }
            starts.append(min(max(start, 0), input - 1))
            counts.append(max(min(end, input) - starts[index], 1))
        }
        stride = counts.max() ?? 1
        weights.append(contentsOf: repeatElement(0, count: output * stride))
        for i in 0..<output {
            let center = center(i), row = i * stride
            if antialias {
                var sum = 0.0
                for k in 0..<counts[i] {
                    let weight = filter((Double(starts[i] + k) - center + 0.5) * (1 / width))
                    weights[row + k] = weight
                    sum += weight
                }
                if sum != 0 {
                    for k in 0..<counts[i] { weights[row + k] /= sum }
                }
            } else {
                let reach = Int(support.rounded(.up))
                let position = center - 0.5
                let first = Int(position.rounded(.down)) - reach + 1
                for tap in first..<first + 2 * reach {
                    let inside = min(max(tap, starts[i]), starts[i] + counts[i] - 1)
                    weights[row + inside - starts[i]] += filter(Double(tap) - position)
                }
            }
        }
    }

    /// The same without the outputs after the first so many.
    func keeping(first count: Int) -> ResampleCoefficients {
        guard count < output else { return self }
        var result = self
        result.output = count
        result.starts.removeLast(output - count)
        result.counts.removeLast(output - count)
        result.weights.removeLast((output - count) * stride)
        return result
    }

    /// The input samples that any output reads.
    public var span: Range<Int> {
        guard let first = starts.min() else { return 0..<0 }
        return first..<starts.indices.reduce(first) { max($0, starts[$1] + counts[$1]) }
    }
}
