import Glibc
import Images
import Tensors

/// The kernels of a ``DenseCRF`` for one picture, and its iterations.
///
/// Pixels hold their labels side by side, rounded up to groups of four.
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
            let position = 1 / usable(crf.appearanceDeviation), color = 1 / usable(crf.colorDeviation)
            var features = [Float](repeating: 0, count: height * width * 5)
            for pixel in 0..<height * width {
                features[pixel * 5] = Float(pixel % width) * position
                features[pixel * 5 + 1] = Float(pixel / width) * position
                for channel in 0..<3 { features[pixel * 5 + 2 + channel] = Float(guide.samples[pixel * 3 + channel]) * color }
            }
            appearance = height * width <= mostPairwise
                ? .pairs(PairwiseGaussian(features: features, dimensions: 5, compute: compute))
                : .lattice(try PermutohedralLattice(features: features, dimensions: 5, compute: compute, checkpoint: checkpoint))
        }
        try checkpoint()
        smoothnessNorm = norms { smooth($0, groups: 1, into: $1, compute) }
        appearanceNorm = norms { appear($0, groups: 1, into: $1, compute) }
    }

    private typealias Groups = UnsafeMutablePointer<SIMD4<Float>>

    private func smooth(_ values: Groups, groups: Int, into result: Groups, _ compute: Compute) {
        guard let smoothness else { return }
        let floats = height * width * groups * 4
        let scratch = workspace.take(floats)
        smoothness.filter(
            UnsafeRawPointer(values).assumingMemoryBound(to: Float.self), height: height, width: width,
            channels: groups * 4, scratch: scratch.base,
            into: UnsafeMutableRawPointer(result).assumingMemoryBound(to: Float.self), compute: compute)
    }

    private func appear(_ values: Groups, groups: Int, into result: Groups, _ compute: Compute) {
        switch appearance {
        case .pairs(let pairs):
            pairs.filter(
                UnsafeRawPointer(values).assumingMemoryBound(to: Float.self), channels: groups * 4,
                into: UnsafeMutableRawPointer(result).assumingMemoryBound(to: Float.self), compute: compute)
        case .lattice(let lattice): lattice.filter(values, groups: groups, into: result, compute: compute)
        case nil: break
        }
    }

    /// (L·1)^{-1/2} for a filter L.
    private func norms(_ filter: (Groups, Groups) -> Void) -> [Float] {
        let pixels = height * width
        let (ones, sums) = (take(pixels), take(pixels))
        ones.base.update(repeating: SIMD4(repeating: 1), count: pixels)
        sums.base.update(repeating: .zero, count: pixels)
        filter(ones.base, sums.base)
        return (0..<pixels).map { 1 / (sums.base[$0].x + 1e-20).squareRoot() }
    }

    private struct Lease {
        let buffer: Workspace.Buffer
        let base: Groups
    }

    private func take(_ count: Int) -> Lease {
        let buffer = workspace.take(count * 4)
        return Lease(
            buffer: buffer, base: UnsafeMutableRawPointer(buffer.base).bindMemory(to: SIMD4<Float>.self, capacity: count))
    }

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
        let labels = maps.classes.count, groups = (labels + 3) / 4
        let (values, scaled, result) = (take(height * width * groups), take(height * width * groups), take(height * width * groups))
        interleave(maps, groups: groups, background: false, into: values.base) { $0 }
        let norm = isAppearance ? appearanceNorm : smoothnessNorm
        for index in 0..<height * width * groups { scaled.base[index] = values.base[index] * norm[index / groups] }
        if isAppearance {
            appear(scaled.base, groups: groups, into: result.base, compute)
        } else {
            smooth(scaled.base, groups: groups, into: result.base, compute)
        }
        for index in 0..<height * width * groups { result.base[index] *= norm[index / groups] }
        return separate(result.base, groups: groups, like: maps)
    }

    /// The classes' marginals.
    package func run<Failure>(
        _ maps: PixelMaps, compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) -> PixelMaps {
        let labels = maps.classes.count + (crf.backgroundPower == nil ? 0 : 1)
        let groups = (labels + 3) / 4, count = height * width * groups
        // −U; the marginals; what goes into a kernel and comes out; −U and all messages.
        let (unary, marginals, scaled, message, sum) = (take(count), take(count), take(count), take(count), take(count))
        interleave(maps, groups: groups, background: crf.backgroundPower != nil, into: unary.base) {
            // Written so that NaN becomes the least.
            logf($0 > 1e-5 ? min($0, 1) : 1e-5)
        }
        marginals.base.update(from: unary.base, count: count)
        normalize(marginals.base, labels: labels, groups: groups, compute)
        for _ in 0..<max(crf.iterations, 0) {
            try checkpoint()
            sum.base.update(from: unary.base, count: count)
            if crf.appearanceWeight != 0 {
                scale(marginals.base, groups, by: appearanceNorm, into: scaled.base, compute)
                appear(scaled.base, groups: groups, into: message.base, compute)
                add(message.base, groups, weight: crf.appearanceWeight, norm: appearanceNorm, to: sum.base, compute)
            }
            if crf.smoothnessWeight != 0 {
                scale(marginals.base, groups, by: smoothnessNorm, into: scaled.base, compute)
                smooth(scaled.base, groups: groups, into: message.base, compute)
                add(message.base, groups, weight: crf.smoothnessWeight, norm: smoothnessNorm, to: sum.base, compute)
            }
            marginals.base.update(from: sum.base, count: count)
            normalize(marginals.base, labels: labels, groups: groups, compute)
        }
        return separate(marginals.base, groups: groups, like: maps)
    }

    /// result = values · norm, pixel by pixel.
    private func scale(
        _ values: Groups, _ groups: Int, by norm: [Float], into result: Groups, _ compute: Compute
    ) {
        norm.withUnsafeBufferPointer { norm in
            compute.forRanges(height * width) { pixels in
                for pixel in pixels {
                    for index in pixel &* groups..<(pixel &+ 1) &* groups { result[index] = values[index] * norm[pixel] }
                }
            }
        }
    }

    /// sum += weight · norm · message, pixel by pixel.
    private func add(
        _ message: Groups, _ groups: Int, weight: Float, norm: [Float], to sum: Groups, _ compute: Compute
    ) {
        norm.withUnsafeBufferPointer { norm in
            compute.forRanges(height * width) { pixels in
                for pixel in pixels {
                    let factor = norm[pixel] * weight
                    for index in pixel &* groups..<(pixel &+ 1) &* groups { sum[index] += message[index] * factor }
                }
            }
        }
    }

    /// Soft-max over every pixel's labels; what fills the last group becomes 0.
    private func normalize(_ values: Groups, labels: Int, groups: Int, _ compute: Compute) {
        let floats = UnsafeMutableRawPointer(values).assumingMemoryBound(to: Float.self)
        let stride = groups * 4
        compute.forRanges(height * width) { pixels in
            let start = floats + pixels.lowerBound * stride
            compute.kernels.softmax(start, stride, pixels.count, labels, 1)
            guard labels < stride else { return }
            for pixel in 0..<pixels.count {
                for label in labels..<stride { start[pixel * stride + label] = 0 }
            }
        }
    }

    /// Planes to labels side by side, each value through `transform`, with a background after the classes where asked for.
    private func interleave(
        _ maps: PixelMaps, groups: Int, background: Bool, into result: Groups, transform: (Float) -> Float
    ) {
        let pixels = height * width, classes = maps.classes.count
        let floats = UnsafeMutableRawPointer(result).assumingMemoryBound(to: Float.self)
        maps.values.withUnsafeBufferPointer { values in
            for pixel in 0..<pixels {
                let out = floats + pixel * groups * 4
                var largest: Float = 0
                for label in 0..<classes {
                    let value = values[label * pixels + pixel]
                    largest = value > largest ? value : largest
                    out[label] = transform(value)
                }
                for label in classes..<groups * 4 { out[label] = 0 }
                if background {
                    out[classes] = transform(powf(max(1 - largest, 0), max(crf.backgroundPower ?? 1, 0)))
                }
            }
        }
    }

    /// Labels side by side back to planes, the maps' classes only.
    private func separate(_ values: Groups, groups: Int, like maps: PixelMaps) -> PixelMaps {
        let pixels = height * width
        let floats = UnsafeMutableRawPointer(values).assumingMemoryBound(to: Float.self)
        var result = maps
        result.values.withUnsafeMutableBufferPointer { planes in
            for label in maps.classes.indices {
                for pixel in 0..<pixels { planes[label * pixels + pixel] = floats[pixel * groups * 4 + label] }
            }
        }
        return result
    }
}
