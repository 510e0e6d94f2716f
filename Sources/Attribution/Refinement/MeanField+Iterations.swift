import Glibc
import Images
import Tensors

extension MeanField {
    /// Writes labels' probabilities, `[count, labels]`, of the pixels `first`, `first + step`, …; what is not a number counts
    /// as 0, and they need not sum to one.
    package typealias Source = (_ first: Int, _ step: Int, _ count: Int, _ lines: UnsafeMutablePointer<Float>) -> Void

    /// Takes labels' marginals, `[count, labels]`, of neighbouring pixels. What it is called for has been read before, as far
    /// as it is still needed, so that it may write where the source reads.
    package typealias Sink = (_ first: Int, _ count: Int, _ lines: UnsafePointer<Float>) -> Void

    /// Finds the labels' marginals.
    ///
    /// A soft-max sees differences only, and the filters are linear: all sums are kept as leads over the last label, one value
    /// fewer than there are labels.
    ///
    /// - Parameter checkpoint: called between the steps; what it throws ends the work and is thrown on.
    package func run<Failure>(
        labels: Int, compute: Compute, source: Source, sink: Sink, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        let channels = Self.channels(labels - 1), count = sampling.count * channels
        // Leads of −U, of −U and all messages, and of the marginals; what goes into a kernel and comes out.
        let (unary, sum, leads) = (workspace.take(count), workspace.take(count), workspace.take(count))
        let (scaled, message) = (workspace.take(count), workspace.take(count))
        enterUnary(source, labels, channels, into: unary.base, compute)
        sum.base.update(from: unary.base, count: count)
        // Pixels that were not sampled take the last step on their own.
        let steps = labels > 1 ? max(crf.iterations, 0) : 0
        for _ in 0..<(stride == 1 ? steps : max(steps - 1, 0)) {
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
                smooth(scaled.base, channels, scratch: message.base, into: scaled.base, compute)
                add(scaled.base, channels, weight: crf.smoothnessWeight, norm: smoothnessNorm, to: sum.base, compute)
            }
        }
        guard stride > 1 else { return forMarginals(sum.base, labels, channels, compute) { sink($1, $0.count, $2) } }
        try checkpoint()
        guard steps > 0 else { return try read(nil, labels: labels, compute: compute, source: source, sink: sink, checkpoint) }
        findLeads(sum.base, labels, channels, into: leads.base, compute)
        var last = LastMessages(channels: channels)
        if crf.appearanceWeight != 0, case .lattice(let lattice) = appearance {
            unary.base.update(repeating: 1, count: sampling.count)
            last.ones = lattice.gathered(unary.base, channels: 1, compute: compute)
            scale(leads.base, channels, by: appearanceNorm, into: scaled.base, compute)
            last.appearance = lattice.gathered(scaled.base, channels: channels, compute: compute)
        }
        if crf.smoothnessWeight != 0 {
            scale(leads.base, channels, by: smoothnessNorm, into: scaled.base, compute)
            smooth(scaled.base, channels, scratch: message.base, into: scaled.base, compute)
            sum.base.update(repeating: 0, count: count)
            add(scaled.base, channels, weight: crf.smoothnessWeight, norm: smoothnessNorm, to: sum.base, compute)
            last.smoothness = sum
        }
        try read(last, labels: labels, compute: compute, source: source, sink: sink, checkpoint)
    }

    /// Replaces planes of probabilities by marginals; with a background of what the strongest class leaves, which takes part
    /// but has no plane.
    package func run<Failure>(
        _ maps: inout PixelMaps, compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        let (pixels, classes, labels) = (maps.height * maps.width, maps.classes.count, crf.labels(of: maps))
        let power = max(crf.backgroundPower ?? 1, 0)
        var failure: Failure?
        maps.values.withUnsafeMutableBufferPointer { planes in
            guard let planes = planes.baseAddress else { return }
            do throws(Failure) {
                try run(
                    labels: labels, compute: compute,
                    source: { first, step, count, lines in
                        var (line, pixel) = (lines, first)
                        for _ in 0..<count {
                            var largest: Float = 0
                            for label in 0..<classes {
                                line[label] = planes[label &* pixels &+ pixel]
                                largest = line[label] > largest ? line[label] : largest
                            }
                            if labels > classes { line[classes] = powf(max(1 - largest, 0), power) }
                            line += labels
                            pixel += step
                        }
                    },
                    sink: { first, count, lines in
                        for pixel in 0..<count {
                            for label in 0..<classes {
                                planes[label &* pixels &+ first &+ pixel] = lines[pixel &* labels &+ label]
                            }
                        }
                    }, checkpoint: checkpoint)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// result = values · norm, sample by sample.
    private func scale(_ values: Values, _ channels: Int, by norm: [Float], into result: Values, _ compute: Compute) {
        norm.withUnsafeBufferPointer { norm in
            compute.forRanges(sampling.count) { pixels in
                for pixel in pixels {
                    for index in pixel &* channels..<(pixel &+ 1) &* channels { result[index] = values[index] * norm[pixel] }
                }
            }
        }
    }

    /// sum += weight · norm · message, sample by sample.
    private func add(
        _ message: Values, _ channels: Int, weight: Float, norm: [Float], to sum: Values, _ compute: Compute
    ) {
        norm.withUnsafeBufferPointer { norm in
            compute.forRanges(sampling.count) { pixels in
                for pixel in pixels {
                    let factor = norm[pixel] * weight
                    for index in pixel &* channels..<(pixel &+ 1) &* channels { sum[index] += message[index] * factor }
                }
            }
        }
    }

    /// Calls `body` with blocks of samples, the first one's pixel, and the soft-max of their labels: `[block, labels]`.
    private func forMarginals(
        _ sum: Values, _ labels: Int, _ channels: Int, _ compute: Compute,
        _ body: (Range<Int>, Int, UnsafePointer<Float>) -> Void
    ) {
        compute.pool.forEach(sampling.blocks) { block in
            let (range, pixel) = sampling.block(block)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * labels) { lines in
                guard let lines = lines.baseAddress else { return }
                var line = lines
                for sample in range {
                    for label in 0..<labels - 1 { line[label] = sum[sample &* channels &+ label] }
                    line[labels - 1] = 0
                    line += labels
                }
                compute.kernels.softmax(lines, labels, range.count, labels, 1)
                body(range, pixel, lines)
            }
        }
    }

    /// The marginals' leads over the last label's.
    private func findLeads(_ sum: Values, _ labels: Int, _ channels: Int, into leads: Values, _ compute: Compute) {
        if labels == 2 {
            return compute.forRanges(sampling.count, parts: 4 * compute.pool.threads) { pixels in
                compute.refinementKernels.lead(sum + pixels.lowerBound, pixels.count, leads + pixels.lowerBound)
            }
        }
        forMarginals(sum, labels, channels, compute) { samples, _, lines in
            var line = lines
            for sample in samples {
                for label in 0..<channels {
                    leads[sample &* channels &+ label] = label < labels - 1 ? line[label] - line[labels - 1] : 0
                }
                line += labels
            }
        }
    }

    /// Leads of −U = log p over the last label's.
    private func enterUnary(_ source: Source, _ labels: Int, _ channels: Int, into result: Values, _ compute: Compute) {
        compute.pool.forEach(sampling.blocks) { block in
            let (range, pixel) = sampling.block(block)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * labels) { lines in
                guard var line = lines.baseAddress else { return }
                source(pixel, stride, range.count, line)
                for sample in range {
                    let (out, last) = (result + sample &* channels, Self.logarithm(line[labels - 1]))
                    for label in 0..<channels { out[label] = label < labels - 1 ? Self.logarithm(line[label]) - last : 0 }
                    line += labels
                }
            }
        }
    }

    /// Of a probability, clipped to 1e-5…1; written so that NaN becomes the least.
    static func logarithm(_ p: Float) -> Float { logf(p > 1e-5 ? min(p, 1) : 1e-5) }
}
