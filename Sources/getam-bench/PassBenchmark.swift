import ArgumentParser
import Assets
import Foundation
import GETAM

/// Forward and backward passes of a model.
struct PassBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passes", abstract: "Time the forward pass, and the backward pass with all layers' maps.")

    @Option(help: "Checkpoint. (default: the bundled model)")
    var model: String?
    @Option(help: "Threads.")
    var threads = ProcessInfo.processInfo.activeProcessorCount
    @Option(help: "Side of the square input in pixels. (default: the model's own)")
    var size: Int?
    @Option(name: .customLong("repeat"), help: "Passes to take the median of.")
    var repeats = 21
    @Option(help: "Lowest layer to map.")
    var startLayer = 0

    func run() throws {
        guard let path = model ?? Assets.model?.path else { throw ValidationError("No bundled model; name one with --model.") }
        let begin = ContinuousClock.now
        let parameters = try ModelLoader.load(path: path).parameters
        let load = ContinuousClock.now - begin
        let variables = ProcessInfo.processInfo.environment
        let product = MatrixProduct.load(
            path: variables["GETAM_BLAS"], coreTypeIsSet: variables["OPENBLAS_CORETYPE"] != nil)
        let compute = Compute(product: product, pool: ThreadPool(threads: threads))
        let model = VisionTransformer(parameters, compute: compute)
        let configuration = model.configuration
        let input = try ResizeMode.square.inputSize(width: 1, height: 1, for: configuration, side: size)
        let pixels = Tensor(shape: [3, input.height, input.width]) { values in
            // Any picture takes as long as any other.
            for index in values.indices {
                (values.baseAddress! + index).initialize(to: Float((index &* 2_654_435_761) & 0xFFFF) / 32768 - 1)
            }
        }
        let source = switch product.source {
        case .library(let name): "\(name)\(product.coreType.map { " (\($0))" } ?? "")"
        case .builtIn: "built-in product"
        }
        print("model \(configuration.architecture ?? path), input \(input.width)×\(input.height), \(threads) threads, \(source)")
        print("load                      \(Milliseconds(load))")
        let trace = try model.forward(pixels)
        print("forward                   \(try median { _ = try model.forward(pixels) })")
        for count in [1, 3] where count <= configuration.classCount {
            let classes = Array(0..<count)
            let time = try median {
                try model.layerMaps(of: trace, classes: classes, method: GETAM(), downTo: startLayer) { _ in }
            }
            print("backward, \(count) class\(count == 1 ? "  " : "es")       \(time)")
        }
    }

    /// The middle time of `repeats` runs, after one that is not counted.
    private func median(_ body: () throws -> Void) rethrows -> Milliseconds {
        try body()
        var times: [Duration] = []
        for _ in 0..<max(repeats, 1) {
            let start = ContinuousClock.now
            try body()
            times.append(ContinuousClock.now - start)
        }
        return Milliseconds(times.sorted()[times.count / 2])
    }
}

/// A duration as text, in milliseconds.
struct Milliseconds: CustomStringConvertible {
    let value: Double
    init(_ duration: Duration) { value = duration / .milliseconds(1) }
    var description: String { String(format: "%8.2f ms", value) }
}
