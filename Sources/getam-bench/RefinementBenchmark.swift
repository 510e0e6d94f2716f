import ArgumentParser
import Foundation
import GETAM

/// Times of the refiners on a made picture with three classes, to be set against Tests/Benchmarks/pamr.py.
struct RefinementBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refine", abstract: "Time the refiners over pixels, for three classes.")

    @Option(help: "Side of the square picture in pixels.")
    var size = 384
    @Option(help: "Threads.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func run() throws {
        for line in Self.measure(size: size, threads: threads) { try Output.line(line) }
    }

    /// One line a refiner: the median of five runs in milliseconds.
    private static func measure(size: Int, threads: Int) -> [String] {
        let compute = Compute(product: .usual, pool: ThreadPool(threads: threads))
        let (guide, maps) = sample(size: max(size, 1))
        let refiners: [(String, any PixelRefiner)] = [
            ("pamr", PAMR()), ("dense CRF", DenseCRF(backgroundPower: 1)),
        ]
        return refiners.map { name, refiner in
            _ = refiner.refine(maps, guide: guide, compute: compute)
            let times = (0..<5).map { _ in
                let start = ContinuousClock.now
                _ = refiner.refine(maps, guide: guide, compute: compute)
                return start.duration(to: .now) / .milliseconds(1)
            }
            let median = (times.sorted()[2] * 10).rounded() / 10
            return "\(name) getam \(size)x\(size) 3 classes \(threads) threads: \(median) ms"
        }
    }

    /// Waves of color with grain, as photographs have, and three soft hills.
    private static func sample(size: Int) -> (RGBImage, PixelMaps) {
        var random = SystemRandomNumberGenerator()
        var samples = [UInt8](repeating: 0, count: size * size * 3)
        for index in samples.indices {
            let (pixel, channel) = (index / 3, index % 3)
            let (x, y) = (pixel % size, pixel / size)
            let wave = (x * (channel + 1) / 3 + y * (3 - channel) / 2) % 256
            samples[index] = UInt8(min(max((wave < 128 ? wave : 255 - wave) + 60 + Int.random(in: -6...6, using: &random), 0), 255))
        }
        var values = [Float](repeating: 0, count: 3 * size * size)
        for plane in 0..<3 {
            for y in 0..<size {
                for x in 0..<size {
                    let dx = Float(x) / Float(size) - 0.25 * Float(plane + 1), dy = Float(y) / Float(size) - 0.5
                    values[(plane * size + y) * size + x] = 1 / (1 + 40 * (dx * dx + dy * dy))
                }
            }
        }
        return (
            RGBImage(width: size, height: size, samples: samples),
            PixelMaps(classes: [0, 1, 2], height: size, width: size, values: values)
        )
    }
}
