import Attribution
import Checkpoints
import Images
import Tensors
import TestSupport

/// The oracle data of Tests/Fixtures/make_refinement.py, and what to compute with.
enum RefinementFixture {
    static func read(_ name: String) throws -> SafetensorsFile {
        try SafetensorsFile(path: Fixtures.path("refinement/\(name).safetensors"))
    }

    /// A picture from a `[3, height, width]` tensor of whole numbers.
    static func image(_ tensor: Tensor) -> RGBImage {
        let (height, width) = (tensor.shape[1], tensor.shape[2])
        let values = tensor.values
        return RGBImage(
            width: width, height: height,
            samples: (0..<height * width * 3).map { UInt8(values[$0 % 3 * height * width + $0 / 3]) })
    }

    /// Maps of classes 0, 1, … from a `[K, height, width]` tensor.
    static func maps(_ tensor: Tensor) -> PixelMaps {
        PixelMaps(
            classes: Array(0..<tensor.shape[0]), height: tensor.shape[1], width: tensor.shape[2], values: tensor.values)
    }

    /// Every instruction set this processor has, with one thread and with three.
    static let computes: [Compute] = [1, 3].flatMap { threads in
        let pool = ThreadPool(threads: threads)
        return Processor.Features.allCases.filter { $0 <= Processor.current.features }.map {
            Compute(product: MatrixProduct(), pool: pool, features: $0)
        }
    }

    /// A picture of noise over waves, and maps between 0 and 1.
    static func random(height: Int, width: Int, planes: Int, seed: UInt64) -> (RGBImage, PixelMaps) {
        var random = SplitMix(seed: seed)
        let samples = (0..<height * width * 3).map { _ in UInt8.random(in: 0...255, using: &random) }
        return (
            RGBImage(width: width, height: height, samples: samples),
            PixelMaps(
                classes: Array(0..<planes), height: height, width: width,
                values: Array(random.floats(planes * height * width, in: 0...1).prefix(planes * height * width)))
        )
    }
}

/// The largest absolute difference; infinite where lengths differ or a value is not a number.
func deviation(_ found: some Collection<Float>, _ expected: some Collection<Float>) -> Float {
    guard found.count == expected.count else { return .infinity }
    return zip(found, expected).reduce(0) { $0.isFinite && $1.0.isFinite && $1.1.isFinite ? max($0, abs($1.0 - $1.1)) : .infinity }
}
