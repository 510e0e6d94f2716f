import Attribution
import Images
import Tensors
import Testing
import TestSupport

extension DenseCRF {
    /// Maps refined by a field within given limits.
    func refined(
        _ maps: PixelMaps, guide: RGBImage, mostPairwise: Int = PairwiseGaussian.mostPoints, limits: MeanField.Limits = .usual,
        compute: Compute
    ) -> PixelMaps {
        var result = maps
        MeanField(
            self, guide: guide, labels: maps.classes.count + (backgroundPower == nil ? 0 : 1), mostPairwise: mostPairwise,
            limits: limits, compute: compute, checkpoint: {}
        ).run(&result, compute: compute, checkpoint: {})
        return result
    }
}

/// A field over a part of the pixels, where all would take too much memory.
@Suite struct SampledFieldTests {
    private let compute = RefinementFixture.computes[0]

    /// Two colors with noise on them, parted by a slanted edge, and maps that find the edge roughly.
    private static func scene(_ height: Int, _ width: Int, planes: Int, noise: Int) -> (RGBImage, PixelMaps) {
        var random = SplitMix(seed: 3)
        var samples: [UInt8] = [], values = [Float](repeating: 0, count: planes * height * width)
        for y in 0..<height {
            for x in 0..<width {
                let place = Float(x) / Float(width) + 0.3 * Float(y) / Float(height)
                for channel in 0..<3 {
                    samples.append(UInt8((place > 0.6 ? 150 : 90) + channel * 10 + Int.random(in: 0...noise, using: &random)))
                }
                for plane in 0..<planes {
                    let middle = Float(plane + 1) / Float(planes + 1)
                    values[(plane * height + y) * width + x] = max(0.02, 0.9 - 3 * abs(place - middle - 0.1))
                }
            }
        }
        return (
            RGBImage(width: width, height: height, samples: samples),
            PixelMaps(classes: Array(0..<planes), height: height, width: width, values: values))
    }

    @Test(arguments: [(1, 2), (2, 2), (3, 3), (6, 3)])
    func labelsAgreeWithThoseOfAllPixels(_ planes: Int, _ stride: Int) {
        let (guide, maps) = Self.scene(230, 310, planes: planes, noise: 6)
        let crf = DenseCRF(iterations: 5, appearanceDeviation: 40, backgroundPower: 1)
        let size = MeanField.sampleSize(labels: planes + 1)
        let limits = MeanField.Limits(samples: 230 * 310 / (stride * stride) * 11 / 10 * size, lattice: 256 << 20)
        let field = MeanField(crf, guide: guide, labels: planes + 1, limits: limits, compute: compute, checkpoint: {})
        #expect(field.stride == stride)
        let all = crf.refined(maps, guide: guide, compute: compute), part = crf.refined(maps, guide: guide, limits: limits, compute: compute)
        let changed = (0..<230 * 310).count { pixel in
            func label(_ maps: PixelMaps) -> Int {
                let values = (0..<planes).map { maps.values[$0 * 230 * 310 + pixel] }
                let best = values.indices.max { values[$0] < values[$1] } ?? 0
                return values[best] > 0.5 ? best : -1
            }
            return label(all) != label(part)
        }
        #expect(changed * 200 < 230 * 310, "\(changed) changed")
        let mean = zip(all.values, part.values).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(all.values.count)
        #expect(mean < 0.01, "mean deviation \(mean)")
    }

    /// Whatever is in the picture, and however long it is, the lattice keeps to its limit.
    @Test(arguments: [(90, 120), (1, 9000), (9000, 1), (3, 2500)])
    func noiseKeepsToTheLimit(_ height: Int, _ width: Int) {
        let (noise, maps) = RefinementFixture.random(height: height, width: width, planes: 2, seed: 9)
        let black = RGBImage(width: width, height: height, samples: Array(repeating: 0, count: height * width * 3))
        let ramp = RGBImage(width: width, height: height, samples: (0..<height * width * 3).map { UInt8($0 * 255 / (height * width * 3)) })
        for guide in [noise, black, ramp] {
            var strides: [Int] = []
            for limit in [64 << 20, 4 << 20, 1 << 20, 400_000] {
                let limits = MeanField.Limits(samples: 1 << 20, lattice: limit)
                let field = MeanField(DenseCRF(), guide: guide, labels: 2, limits: limits, compute: compute, checkpoint: {})
                #expect(field.latticePeak <= limit)
                #expect(field.sampling.count * MeanField.sampleSize(labels: 2) <= limits.samples)
                #expect(field.latticePeak > 0 && field.latticeVertices > 0)
                strides.append(field.stride)
                let found = DenseCRF().refined(maps, guide: guide, limits: limits, compute: compute)
                #expect(found.values.allSatisfy { $0 >= 0 && $0 <= 1.00001 })
            }
            #expect(strides == strides.sorted(), "\(strides)")
            if guide == noise, height == 90 { #expect(strides[0] == 1 && strides[3] > 1, "\(strides)") }
        }
    }

    /// What is found does not depend on the threads, nor on what was refined before.
    @Test func isTheSameHoweverItIsMade() {
        let (guide, maps) = Self.scene(150, 170, planes: 2, noise: 60)
        let crf = DenseCRF(iterations: 3)
        let limits = MeanField.Limits(samples: 25_500 / 3 * MeanField.sampleSize(labels: 2), lattice: 2 << 20)
        let alone = crf.refined(maps, guide: guide, limits: limits, compute: compute)
        for threads in [2, 3] {
            let pool = Compute(product: compute.product, pool: ThreadPool(threads: threads), features: compute.features)
            #expect(crf.refined(maps, guide: guide, limits: limits, compute: pool) == alone)
        }
        let field = MeanField(crf, guide: guide, labels: 2, limits: limits, compute: compute, checkpoint: {})
        #expect(field.stride > 1 && field.serves(crf, labels: 2) && !field.serves(crf, labels: 6))
        let whole = MeanField(crf, guide: guide, labels: 2, compute: compute, checkpoint: {})
        #expect(whole.stride == 1 && whole.serves(crf, labels: 6))
    }

    @Test func samplesLieInTheMiddle() {
        for (side, stride) in [(1, 1), (1, 5), (7, 2), (7, 3), (8, 8), (100, 9)] {
            let sampling = PixelSampling(height: side, width: 3, stride: stride)
            let rows = (0..<sampling.rows).map { sampling.firstRow + $0 * stride }
            #expect(rows.allSatisfy { (0..<side).contains($0) } && side - (rows.last ?? -side) <= stride)
            let covered = (0..<sampling.blocks).flatMap { Array(sampling.block($0).samples) }
            #expect(covered == Array(0..<sampling.count))
            for (row, place) in sampling.places(across: false).enumerated() where rows.contains(row) {
                #expect(Float(rows[place.cell]) + place.weight * Float(rows[place.next] - rows[place.cell]) == Float(row))
            }
        }
    }
}
