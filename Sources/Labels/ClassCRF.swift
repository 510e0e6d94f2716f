import Attribution
import Images
import Tensors

extension DenseCRFSetting {
    /// Class maps through the dense CRF, with a background of constant activation among the labels.
    ///
    /// Before: p = soft-max of sharpness · [activations, background level]. After: q_c / (q_c + q_background), so that a class
    /// beats the background exactly where its value exceeds ½, and the strongest class stays the strongest.
    ///
    /// - Parameters:
    ///   - maps: activations, 0…1; where the work is ended early their values mean nothing.
    ///   - memo: what refiners found of the guide before; renewed.
    ///   - constraints: the pixels whose label is known: its probability is 1 before inference.
    ///   - checkpoint: called between the steps of the work; what it throws ends the work and is thrown on.
    public func refine<Failure>(
        _ maps: inout PixelMaps, guide: RGBImage, compute: Compute, memo: inout RefinerMemo, constraints: LabelConstraints? = nil,
        checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        let (classes, pixels) = (maps.classes.count, maps.width * maps.height)
        guard classes > 0, pixels > 0 else { return }
        let labels = classes + 1
        let (sharpness, level) = (Float(sharpness), Float(backgroundLevel))
        let crf = DenseCRF(
            iterations: iterations, smoothnessWeight: Float(smoothnessWeight), smoothnessDeviation: Float(smoothnessWidth),
            appearanceWeight: Float(appearanceWeight), appearanceDeviation: Float(appearanceWidth),
            colorDeviation: Float(appearanceColor))
        var failure: Failure?
        maps.values.withUnsafeMutableBufferPointer { planes in
            guard let planes = planes.baseAddress else { return }
            do throws(Failure) {
                try crf.refine(
                    labels: labels, guide: guide, compute: compute, memo: &memo,
                    source: { first, step, count, lines in
                        var (line, pixel) = (lines, first)
                        for _ in 0..<count {
                            for label in 0..<classes { line[label] = planes[label &* pixels &+ pixel] * sharpness }
                            line[classes] = level * sharpness
                            line += labels
                            pixel += step
                        }
                        compute.kernels.softmax(lines, labels, count, labels, 1)
                        constraints?.enter(into: lines, labels: labels, first: first, step: step, count: count)
                    },
                    sink: { first, count, lines in
                        for pixel in 0..<count {
                            let line = lines + pixel &* labels
                            for label in 0..<classes {
                                let sum = max(line[label] + line[classes], .leastNormalMagnitude)
                                planes[label &* pixels &+ first &+ pixel] = line[label] / sum
                            }
                        }
                    }, checkpoint: checkpoint)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
