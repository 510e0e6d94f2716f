import Attribution
import Images
import Tensors

extension DenseCRFSetting {
    /// Class maps through the dense CRF, with a background of constant activation among the labels.
    ///
    /// Before: p = soft-max of sharpness · [background level, activations]. After: q_c / (q_c + q_background), so that a class
    /// beats the background exactly where its value exceeds ½, and the strongest class stays the strongest.
    ///
    /// - Parameters:
    ///   - maps: activations, 0…1.
    ///   - memo: what refiners found of the guide before; renewed.
    ///   - checkpoint: called between the steps of the work; what it throws ends the work and is thrown on.
    public func refine<Failure>(
        _ maps: PixelMaps, guide: RGBImage, compute: Compute, memo: inout RefinerMemo,
        checkpoint: () throws(Failure) -> Void
    ) throws(Failure) -> PixelMaps {
        let (classes, pixels) = (maps.classes.count, maps.width * maps.height)
        guard classes > 0, pixels > 0 else { return maps }
        let labels = classes + 1
        var probabilities = PixelMaps(
            classes: maps.classes + [-1], height: maps.height, width: maps.width,
            values: [Float](repeating: 0, count: labels * pixels))
        let (sharpness, level) = (Float(sharpness), Float(backgroundLevel))
        probabilities.values.withUnsafeMutableBufferPointer { planes in
            maps.values.withUnsafeBufferPointer { values in
                guard let out = planes.baseAddress, let activation = values.baseAddress else { return }
                compute.forRanges(pixels) { range in
                    withUnsafeTemporaryAllocation(of: Float.self, capacity: labels) { line in
                        guard let line = line.baseAddress else { return }
                        for pixel in range {
                            for label in 0..<classes { line[label] = activation[label * pixels + pixel] * sharpness }
                            line[classes] = level * sharpness
                            compute.kernels.softmax(line, labels, 1, labels, 1)
                            for label in 0..<labels { out[label * pixels + pixel] = line[label] }
                        }
                    }
                }
            }
        }
        let marginals = try DenseCRF(
            iterations: iterations, smoothnessWeight: Float(smoothnessWeight), smoothnessDeviation: Float(smoothnessWidth),
            appearanceWeight: Float(appearanceWeight), appearanceDeviation: Float(appearanceWidth),
            colorDeviation: Float(appearanceColor)
        ).refine(probabilities, guide: guide, compute: compute, memo: &memo, checkpoint: checkpoint)
        var result = maps
        for label in 0..<classes {
            for pixel in 0..<pixels {
                let (q, background) = (marginals.values[label * pixels + pixel], marginals.values[classes * pixels + pixel])
                result.values[label * pixels + pixel] = q / max(q + background, .leastNormalMagnitude)
            }
        }
        return result
    }
}
