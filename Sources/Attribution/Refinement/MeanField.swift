import Glibc
import Images
import Tensors

/// The kernels of a ``DenseCRF`` for one picture, and its iterations.
///
/// Pixels hold their labels' values side by side.
package struct MeanField {
    private var crf: DenseCRF
    private let height: Int
    private let width: Int
    private let smoothness: SpatialGaussian?
    private let appearance: Appearance?
    /// D^{-1/2} of each kernel, a value a pixel.
    private var smoothnessNorm: [Float] = [], appearanceNorm: [Float] = []
    private let workspace = Workspace()

    /// How the kernel over positions and colors is summed: pair by pair for few pixels, else approximately.
    private enum Appearance {
        case pairs(PairwiseGaussian)
        case lattice(PermutohedralLattice)
    }

    /// Vertices of the appearance kernel's lattice; 0 without one.
    package var latticeVertices: Int {
        if case .lattice(let lattice) = appearance { lattice.vertices } else { 0 }
    }

    /// - Parameters:
    ///   - mostPairwise: most pixels whose pairs are summed one by one.
    ///   - checkpoint: called between the steps; what it throws ends the work and is thrown on.
    package init<Failure>(
        _ crf: DenseCRF, guide: RGBImage, mostPairwise: Int = PairwiseGaussian.mostPoints, compute: Compute,
        checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        self.crf = crf
        (height, width) = (guide.height, guide.width)
        // A deviation of nothing would part pixels from themselves; far below a pixel it parts them from all others.
        func usable(_ deviation: Float) -> Float { deviation > 0.01 ? min(deviation, 1e6) : 0.01 }
        smoothness = crf.smoothnessWeight == 0
            ? nil : SpatialGaussian(deviation: Double(usable(crf.smoothnessDeviation)), side: max(height, width))
        if crf.appearanceWeight == 0 {
            appearance = nil
        } else {
            let isPairwise = height * width <= mostPairwise
            // The lattice mistakes points more than 5,000 deviations apart for each other (`LatticePlacement.steps`). A color
            // deviation of 0.22 still parts neighbouring samples.
            let leastPosition = isPairwise ? 0 : hypotf(Float(width), Float(height)) / 4500
            let leastColor: Float = isPairwise ? 0 : 442 / 2000
            let position = 1 / max(usable(crf.appearanceDeviation), leastPosition)
            let color = 1 / max(usable(crf.colorDeviation), leastColor)
            var features = [Float](repeating: 0, count: height * width * 5)
            for pixel in 0..<height * width {
                features[pixel * 5] = Float(pixel % width) * position
                features[pixel * 5 + 1] = Float(pixel / width) * position
                for channel in 0..<3 { features[pixel * 5 + 2 + channel] = Float(guide.samples[pixel * 3 + channel]) * color }
            }
            appearance = isPairwise
                ? .pairs(PairwiseGaussian(features: features, dimensions: 5, compute: compute))
                : .lattice(try PermutohedralLattice(features: features, compute: compute, checkpoint: checkpoint))
        }
        try checkpoint()
        smoothnessNorm = norms { smooth($0, 1, into: $1, compute) }
        appearanceNorm = norms { appear($0, 1, into: $1, compute) }
    }

    /// Gives the iterations' memory back; the kernels stay.
    func trim() {
        workspace.trim()
        if case .lattice(let lattice) = appearance { lattice.trim() }
    }

    private typealias Values = UnsafeMutablePointer<Float>

    private func smooth(_ values: Values, _ channels: Int, into result: Values, _ compute: Compute) {
        guard let smoothness else { return }
        let scratch = workspace.take(height * width * channels)
        smoothness.filter(
            values, height: height, width: width, channels: channels, scratch: scratch.base, into: result, compute: compute)
    }

    private func appear(_ values: Values, _ channels: Int, into result: Values, _ compute: Compute) {
        switch appearance {
        case .pairs(let pairs): pairs.filter(values, channels: channels, into: result, compute: compute)
        case .lattice(let lattice): lattice.filter(values, channels: channels, into: result, compute: compute)
        case nil: break
        }
    }

    /// (L·1)^{-1/2} for a filter L.
    private func norms(_ filter: (Values, Values) -> Void) -> [Float] {
        let pixels = height * width
        let (ones, sums) = (workspace.take(pixels), workspace.take(pixels))
        ones.base.update(repeating: 1, count: pixels)
        sums.base.update(repeating: 0, count: pixels)
        filter(ones.base, sums.base)
        return (0..<pixels).map { 1 / (sums.base[$0] + 1e-20).squareRoot() }
    }

    /// Channels that hold so many values a pixel: as many as the filters take at once.
    private static func channels(_ values: Int) -> Int { values <= 2 ? max(values, 1) : (values + 3) / 4 * 4 }

    /// Whether this is the field of a CRF that differs at most in iterations and background.
    func serves(_ crf: DenseCRF) -> Bool {
        var own = self.crf
        (own.iterations, own.backgroundPower) = (crf.iterations, crf.backgroundPower)
        return own == crf
    }

    /// The same field for a CRF that it serves.
    func with(_ crf: DenseCRF) -> MeanField {
        var field = self
        field.crf = crf
        return field
    }

    /// D^{-1/2} L D^{-1/2} applied to each plane of `maps` by one of the kernels; for tests.
    package func filtered(_ maps: PixelMaps, appearance isAppearance: Bool, compute: Compute) -> PixelMaps {
        let (planes, pixels) = (maps.classes.count, height * width)
        let channels = Self.channels(planes)
        let (values, message) = (workspace.take(pixels * channels), workspace.take(pixels * channels))
        let sum = workspace.take(pixels * channels)
        let norm = isAppearance ? appearanceNorm : smoothnessNorm
        for pixel in 0..<pixels {
            for plane in 0..<channels {
                values.base[pixel * channels + plane] = plane < planes ? maps.values[plane * pixels + pixel] * norm[pixel] : 0
                sum.base[pixel * channels + plane] = 0
            }
        }
        if isAppearance {
            appear(values.base, channels, into: message.base, compute)
        } else {
            smooth(values.base, channels, into: message.base, compute)
        }
        add(message.base, channels, weight: 1, norm: norm, to: sum.base, compute)
        var result = maps
        for index in result.values.indices { result.values[index] = sum.base[index % pixels * channels + index / pixels] }
        return result
    }

    /// The classes' marginals.
    ///
    /// A soft-max sees differences only, and the filters are linear: all sums are kept as leads over the last label, one value
    /// fewer than there are labels.
    package func run<Failure>(
        _ maps: PixelMaps, compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) -> PixelMaps {
        let labels = maps.classes.count + (crf.backgroundPower == nil ? 0 : 1)
        let channels = Self.channels(labels - 1), count = height * width * channels
        // Leads of −U, of −U and all messages, and of the marginals; what goes into a kernel and comes out.
        let (unary, sum, leads) = (workspace.take(count), workspace.take(count), workspace.take(count))
        let (scaled, message) = (workspace.take(count), workspace.take(count))
        enterUnary(maps, labels, channels, into: unary.base, compute)
        sum.base.update(from: unary.base, count: count)
        for _ in 0..<max(crf.iterations, 0) where labels > 1 {
            try checkpoint()
            findLeads(sum.base, labels, channels, into: leads.base, compute)
            sum.base.update(from: unary.base, count: count)
            if crf.appearanceWeight != 0 {
                scale(leads.base, channels, by: appearanceNorm, into: scaled.base, compute)
                appear(scaled.base, channels, into: message.base, compute)
                add(message.base, channels, weight: crf.appearanceWeight, norm: appearanceNorm, to: sum.base, compute)
            }
            if crf.smoothnessWeight != 0 {
                scale(leads.base, channels, by: smoothnessNorm, into: scaled.base, compute)
                smooth(scaled.base, channels, into: message.base, compute)
                add(message.base, channels, weight: crf.smoothnessWeight, norm: smoothnessNorm, to: sum.base, compute)
            }
        }
        return marginals(sum.base, labels, channels, like: maps, compute)
    }

    /// result = values · norm, pixel by pixel.
    private func scale(_ values: Values, _ channels: Int, by norm: [Float], into result: Values, _ compute: Compute) {
        norm.withUnsafeBufferPointer { norm in
            compute.forRanges(height * width) { pixels in
                for pixel in pixels {
                    for index in pixel &* channels..<(pixel &+ 1) &* channels { result[index] = values[index] * norm[pixel] }
                }
            }
        }
    }

    /// sum += weight · norm · message, pixel by pixel.
    private func add(
        _ message: Values, _ channels: Int, weight: Float, norm: [Float], to sum: Values, _ compute: Compute
    ) {
        norm.withUnsafeBufferPointer { norm in
            compute.forRanges(height * width) { pixels in
                for pixel in pixels {
                    let factor = norm[pixel] * weight
                    for index in pixel &* channels..<(pixel &+ 1) &* channels { sum[index] += message[index] * factor }
                }
            }
        }
    }

    /// Pixels whose labels are worked on at a time.
    private static let block = 256

    /// Calls `body` with blocks of pixels and, for each, the soft-max of its labels: `[block, labels]`.
    private func forMarginals(
        _ sum: Values, _ labels: Int, _ channels: Int, _ compute: Compute, _ body: (Range<Int>, UnsafePointer<Float>) -> Void
    ) {
        let pixels = height * width
        compute.pool.forEach((pixels + Self.block - 1) / Self.block) { block in
            let range = block * Self.block..<min(pixels, (block + 1) * Self.block)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * labels) { lines in
                guard let lines = lines.baseAddress else { return }
                var line = lines
                for pixel in range {
                    for label in 0..<labels - 1 { line[label] = sum[pixel &* channels &+ label] }
                    line[labels - 1] = 0
                    line += labels
                }
                compute.kernels.softmax(lines, labels, range.count, labels, 1)
                body(range, lines)
            }
        }
    }

    /// The marginals' leads over the last label's.
    private func findLeads(_ sum: Values, _ labels: Int, _ channels: Int, into leads: Values, _ compute: Compute) {
        if labels == 2 {
            return compute.forRanges(height * width, parts: 4 * compute.pool.threads) { pixels in
                compute.refinementKernels.lead(sum + pixels.lowerBound, pixels.count, leads + pixels.lowerBound)
            }
        }
        forMarginals(sum, labels, channels, compute) { pixels, lines in
            var line = lines
            for pixel in pixels {
                for label in 0..<channels {
                    leads[pixel &* channels &+ label] = label < labels - 1 ? line[label] - line[labels - 1] : 0
                }
                line += labels
            }
        }
    }

    /// The classes' marginals as planes.
    private func marginals(_ sum: Values, _ labels: Int, _ channels: Int, like maps: PixelMaps, _ compute: Compute) -> PixelMaps {
        let (pixels, classes) = (height * width, maps.classes.count)
        var result = maps
        result.values.withUnsafeMutableBufferPointer { planes in
            guard let planes = planes.baseAddress else { return }
            forMarginals(sum, labels, channels, compute) { range, lines in
                var line = lines
                for pixel in range {
                    for label in 0..<classes { planes[label &* pixels &+ pixel] = line[label] }
                    line += labels
                }
            }
        }
        return result
    }

    /// Leads of −U = log p over the last label's; p is the planes' value, and for the background, which comes after them, what
    /// the strongest class leaves.
    private func enterUnary(_ maps: PixelMaps, _ labels: Int, _ channels: Int, into result: Values, _ compute: Compute) {
        let (pixels, classes) = (height * width, maps.classes.count)
        let power = max(crf.backgroundPower ?? 1, 0)
        // Written so that NaN becomes the least.
        func logarithm(_ p: Float) -> Float { logf(p > 1e-5 ? min(p, 1) : 1e-5) }
        maps.values.withUnsafeBufferPointer { values in
            compute.forRanges(pixels) { range in
                for pixel in range {
                    let last: Float
                    if labels > classes {
                        var largest: Float = 0
                        for label in 0..<classes {
                            let value = values[label &* pixels &+ pixel]
                            largest = value > largest ? value : largest
                        }
                        last = logarithm(powf(max(1 - largest, 0), power))
                    } else {
                        last = logarithm(values[(classes - 1) &* pixels &+ pixel])
                    }
                    let out = result + pixel &* channels
                    for label in 0..<channels {
                        out[label] = label < labels - 1 ? logarithm(values[label &* pixels &+ pixel]) - last : 0
                    }
                }
            }
        }
    }
}
