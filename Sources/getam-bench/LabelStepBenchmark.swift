import ArgumentParser
import Assets
import Explorer
import Foundation
import GETAM

/// How soon the label follows a threshold: update and view of the explorer, with everything refined before, and label
/// completion alone.
struct LabelStepBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label-steps", abstract: "Time the explorer from a threshold's step to the new label's frame.")

    @Option(help: "Side of the square picture in pixels; pictures above 500 are worked on at 500.")
    var size = 384
    @Option(help: "Steps to take.")
    var steps = 300

    func run() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "getam-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder + "/truth", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        guard let pictures = Assets.pictures else { throw CachedExplorer.missing }
        let side = min(max(size, 16), 8192)
        let original = try ImageFile.read(path: pictures + "/09-cow-and-sheep.jpg")
        let picture = original.resized(width: side, height: side, filter: .box)
        try AtomicFile.write(PNGEncoder.encode(picture), to: folder + "/picture.png")
        let truth = IndexedImage(
            width: side, height: side, indices: (0..<side * side).map { $0 % side < side / 2 ? 2 : 0 })
        try AtomicFile.write(PNGEncoder.encode(truth), to: folder + "/truth/picture.png")
        try stepThroughExplorer(folder, side)
        try complete(side)
    }

    private static let classes = [1, 4, 5]

    /// Every threshold that needs no worker, up and down, with the IoU beside.
    private func stepThroughExplorer(_ folder: String, _ side: Int) throws {
        var state = try CachedExplorer.state(
            depth: .trueColor, picture: folder + "/picture.png", truth: folder + "/truth",
            wishes: [.start] + Self.classes.map { .toggleMarkOf($0) } + [
                .setView(.label), .setSaliency(.computed(.mean)), .setThreshold(.completion, 0.9), .setThreshold(.opening, 10),
            ])
        func around(_ threshold: Threshold, _ count: Int) -> [Action] {
            [.selectThreshold(threshold)] + Array(repeating: .adjust(1), count: count) + Array(repeating: .adjust(-1), count: count)
        }
        let script: [Action] = around(.background, 5) + around(.completion, 4) + around(.saliency, 5) + around(.opening, 4)
            + [.setBackground(.power(32))] + around(.background, 5) + [.setBackground(.level(0.5))]
        var times: [Double] = []
        for index in 0..<max(steps, 1) {
            let start = ContinuousClock.now
            let effects = update(&state, script[index % script.count])
            let frame = view(state, columns: state.columns, rows: state.rows)
            times.append((ContinuousClock.now - start) / .milliseconds(1))
            if frame.columns == 0 || effects.contains(where: { if case .prepareLabels = $0 { true } else { false } }) {
                throw ValidationError("A step asked for work: the label was not there.")
            }
        }
        try Output.line("label step, \(side)×\(side), \(Self.classes.count) classes: " + Self.figures(times))
    }

    /// The published settings: background power, completion, opening, with a saliency mask.
    private func complete(_ side: Int) throws {
        var values: [Float] = []
        for plane in 0..<3 {
            for pixel in 0..<side * side {
                let x = Float(pixel % side) / Float(side) - 0.25 * Float(plane + 1), y = Float(pixel / side) / Float(side) - 0.5
                values.append(1 / (1 + 40 * (x * x + y * y)))
            }
        }
        let activation = try Activation(PixelMaps(classes: Self.classes, height: side, width: side, values: values))
        let saliency = Mask(
            width: side, height: side, values: (0..<side * side).map { $0 % side > side / 5 && $0 / side > side / 4 ? 1 : 0 })
        var times: [Double] = []
        for _ in 0..<max(steps / 3, 1) {
            let start = ContinuousClock.now
            _ = try LabelCompletion().labels(activation, saliency: saliency)
            times.append((ContinuousClock.now - start) / .milliseconds(1))
        }
        try Output.line("label completion, \(side)×\(side), \(Self.classes.count) classes: " + Self.figures(times))
    }

    private static func figures(_ times: [Double]) -> String {
        let sorted = times.sorted()
        func text(_ value: Double) -> String { String(format: "%.2f", value) }
        return "median \(text(sorted[sorted.count / 2])) ms, 99th percentile "
            + "\(text(sorted[min(sorted.count - 1, sorted.count * 99 / 100)])) ms (\(sorted.count))"
    }
}
