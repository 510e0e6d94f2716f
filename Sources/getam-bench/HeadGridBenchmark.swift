import ArgumentParser
import Explorer
import Foundation

/// A grid of all layers and heads, from the key until every cell is there and drawn: the gradients of one class, the map of
/// every head, the frame.
struct HeadGridBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heads", abstract: "Time a grid of layers and heads from the key until it is complete.")

    @OptionGroup var checkpoint: TimedModel
    @Option(name: .customLong("repeat"), help: "Grids to take the median of.")
    var repeats = 5

    func run() throws {
        var times: [Duration] = []
        for _ in 0..<max(repeats, 1) {
            var last = Duration.zero
            _ = try CachedExplorer.state(
                depth: .palette256, model: checkpoint.model, wishes: [.start, .openGrid(.layers, .heads)], measured: { last = $0 })
            times.append(last)
        }
        times.sort()
        try Output.line(
            "grid of heads from the key: median\(Milliseconds(times[times.count / 2])), worst\(Milliseconds(times[times.count - 1])) (\(times.count) grids)")
    }
}
