import ArgumentParser
import CAllocationCount
import Foundation
import GETAM

/// Forward and backward passes of a model: time, floating-point operations, share of the processor's peak, allocations.
struct PassBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passes", abstract: "Time the forward pass, and the backward pass with all layers' maps.",
        discussion: """
            The peak is that of fused multiply-adds in registers on all threads at once, measured beside every pass. \
            "of peak" is the operations of a pass's matrix products over the whole pass's time; "products" is the share \
            while a product runs. Allocations are those of one pass in the steady state.
            """)

    @OptionGroup var timed: TimedPasses
    @Option(name: .customLong("repeat"), help: "Passes to take the median of.")
    var repeats = 21
    @Option(help: "Lowest layer to map.")
    var startLayer = 0
    @Flag(help: "The products of each pass too, by shape.")
    var shapes = false
    @Flag(help: "One thread too, and what the second brings.")
    var scaling = false

    func run() throws {
        let path = try timed.checkpoint.path, threads = timed.threads
        let begin = ContinuousClock.now
        let parameters = try ModelLoader.load(path: path).parameters
        let load = ContinuousClock.now - begin
        let configuration = parameters.configuration
        let input = try ResizeMode.square.inputSize(width: 1, height: 1, for: configuration, side: timed.size)
        try Output.line("model \(configuration.architecture ?? path), input \(input.width)×\(input.height), load \(Milliseconds(load))")
        let pixels = Tensor.madePicture(channels: configuration.channels, height: input.height, width: input.width)
        var single: [Duration] = []
        for threads in scaling ? [1, threads] : [threads] {
            let times = try passes(parameters, pixels, threads: threads)
            if scaling, threads > 1 {
                let gains = zip(single, times).map { String(format: "%.2f", $0 / $1) }.joined(separator: ", ")
                try Output.line("\(threads) threads against 1, in the order above: \(gains)")
            }
            single = times
        }
    }

    /// The passes' median times.
    private func passes(_ parameters: ParameterSet, _ pixels: Tensor, threads: Int) throws -> [Duration] {
        let product = MatrixProduct.usual
        let meter = ProductMeter()
        let pool = ThreadPool(threads: threads)
        let bench = Passes(
            plain: VisionTransformer(parameters, compute: Compute(product: product, pool: pool)),
            metered: VisionTransformer(parameters, compute: Compute(product: product.metered(by: meter), pool: pool)),
            meter: meter, repeats: max(repeats, 1))
        let source = switch product.source {
        case .library(let name): "\(name)\(product.coreType.map { " (\($0))" } ?? "")"
        case .builtIn: "built-in product"
        }
        try Output.line("\(threads) thread\(threads == 1 ? "" : "s"), \(source), peak \(Self.rate(bench.peak()))")
        try Output.line("                        median       GFLOP   GFLOP/s  of peak  products  allocations")
        var results = [try bench.measure("forward") { _ = try $0.forward(pixels) }]
        for count in [1, 3] where count <= parameters.configuration.classCount {
            let trace = try bench.plain.forward(pixels)
            results.append(try bench.measure("backward, \(count) class\(count == 1 ? "  " : "es")") { model in
                try model.layerMaps(
                    of: trace, classes: Array(0..<count), method: GETAM(),
                    downTo: startLayer) { _ in }
            })
        }
        if shapes { for result in results { try result.printShapes() } }
        return results.map(\.median)
    }

    static func rate(_ operations: Double) -> String { String(format: "%.0f GFLOP/s", operations / 1e9) }
}

/// A duration as text, in milliseconds.
struct Milliseconds: CustomStringConvertible {
    let value: Double
    init(_ duration: Duration) { value = duration / .milliseconds(1) }
    var description: String { String(format: "%8.2f ms", value) }
}
