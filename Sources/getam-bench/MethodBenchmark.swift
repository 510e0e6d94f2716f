import ArgumentParser
import Foundation
import GETAM

/// Every map method against GETAM: one class, the same layers, in turn.
struct MethodBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "methods", abstract: "Time every map method against GETAM, for the same layers.",
        discussion: """
            "maps" is what comes after the forward pass, "picture" both together: the forward pass that the method asks for and \
            its maps. Each is measured in turn with GETAM's, whose times in the same run are what "of GETAM" divides by.
            """)

    @OptionGroup var passes: TimedPasses
    @Option(name: .customLong("repeat"), help: "Pictures to take the median of.")
    var repeats = 15
    @Option(help: "Lowest layer to map, where flows start.")
    var startLayer = 0
    @Option(name: .customLong("method"), help: "Methods to time; several times for several. (default: all but those of many passes)")
    var methods: [String] = []

    func run() throws {
        let threads = passes.threads
        let model = VisionTransformer(
            try ModelLoader.load(path: passes.checkpoint.path).parameters,
            compute: Compute(product: .usual, pool: ThreadPool(threads: threads)))
        let configuration = model.configuration
        guard (0..<configuration.depth).contains(startLayer) else {
            throw ValidationError("The model's layers are 0 to \(configuration.depth - 1).")
        }
        let input = try ResizeMode.square.inputSize(width: 1, height: 1, for: configuration, side: passes.size)
        let pixels = Tensor.madePicture(channels: configuration.channels, height: input.height, width: input.width)
        try Output.line(
            "\(threads) threads, input \(input.width)×\(input.height), layers \(startLayer) to \(configuration.depth - 1), one class")
        try Output.line("                            maps   of GETAM      picture   of GETAM")
        let chosen = MapMethods.usable(for: configuration).filter {
            methods.isEmpty ? !($0 is any PictureMethod) : methods.contains($0.identifier)
        }
        for method in chosen {
            let both = [GETAM(), method].map { Subject(model: model, method: $0, startLayer: startLayer, pixels: pixels) }
            for subject in both { _ = try subject.times() }
            var maps: [[Duration]] = [[], []], pictures = maps
            for _ in 0..<max(repeats, 1) {
                for (place, subject) in both.enumerated() {
                    let (forward, own) = try subject.times()
                    maps[place].append(own)
                    pictures[place].append(forward + own)
                }
            }
            let parts = [maps, pictures].map { times -> String in
                let medians = times.map { $0.sorted()[$0.count / 2] }
                return "\(Milliseconds(medians[1])) \(String(format: "%10.2f", medians[1] / medians[0]))"
            }
            try Output.line(method.identifier.padding(toLength: 20, withPad: " ", startingAt: 0) + parts.joined(separator: "  "))
        }
    }

    /// A method at work.
    private struct Subject {
        let model: VisionTransformer
        let method: any MapMethod
        let startLayer: Int
        let pixels: Tensor

        func times() throws -> (forward: Duration, maps: Duration) {
            let depth = model.configuration.depth
            let begin = ContinuousClock.now
            let trace = try model.forward(pixels, options: method.readsCompleteTrace ? .complete(depth: depth) : .maps)
            let middle = ContinuousClock.now
            let request = QuantityRequest(
                targets: method.needsClass ? [.logit(0)] : [], layers: startLayer...depth - 1, start: startLayer)
            try method.values(of: trace, model: model, request: request, isCancelled: { false }) { _, _ in }
            return (middle - begin, ContinuousClock.now - middle)
        }
    }
}
