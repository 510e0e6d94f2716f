import Foundation
import Images
import Labels
import TestSupport
import Testing

/// The explorer's tuning bench against `getam label` and `getam evaluate`: a preset is said to have reached what they find.
@Suite struct BenchCommandTests {
    private let batch: BatchFolder
    private let labels: String

    init() throws {
        batch = try BatchFolder()
        labels = try batch.write(
            "01-cat cat\n03-dog dog\n06-sheep sheep\n08-two-dogs dog\n09-cow-and-sheep sheep,cow\n10-horses-and-dog horse,dog\n", "own.txt")
    }

    private func label(_ preset: String, _ output: String) throws {
        let outcome = try Program.run([
            "label", batch.path("images"), "--labels", labels, "--class-list", "voc", "--preset", preset, "-o", batch.path(output),
        ])
        #expect(outcome.status == 0, "\(outcome.error)")
    }

    /// The mean IoU of labels with the truth.
    private func meanIoU(_ predictions: String, list: String? = nil) throws -> Double {
        let outcome = try Program.run(
            ["evaluate", "--predictions", batch.path(predictions), "--truth", batch.path("truth"), "--class-list", "voc", "--json"]
                + (list.map { ["--list", $0] } ?? []))
        #expect(outcome.status == 0, "\(outcome.error)")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
        return try #require(object["mIoU"] as? Double)
    }

    private func explore(_ lines: [String]) throws {
        let outcome = try Program.run(
            ["explore", batch.path("images"), "--labels", labels, "--class-list", "voc", "--truth", batch.path("truth"), "--preset", "getam"]
                + lines.flatMap { ["--do", $0] })
        #expect(outcome.status == 0, "\(outcome.error)")
    }

    @Test func aPresetReachesWhatItIsSaidToHaveReached() throws {
        // Labels of another preset stand for the truth.
        try label("pooled-head", "truth")
        let path = batch.path("tuned.json")
        try explore(["view label", "sample queue", "start 8", "background level 0.4", "preset save \(path)"])
        let reached = try #require(try Preset.read(path: path).reached)
        try label("getam", "start")
        try label(path, "tuned")
        #expect(reached.count == 6 && reached.pictures.count == 6 && reached.yardstick == .truth)
        // What Foundation reads of a number may be the next Double.
        #expect(try abs(reached.meanIoU - meanIoU("tuned")) < 1e-14, "\(reached)")
        #expect(try abs((reached.start ?? .nan) - meanIoU("start")) < 1e-14, "\(reached)")
        // Two of them, and the best of a sweep.
        let best = batch.path("best.json"), list = try batch.write("03-dog\n10-horses-and-dog\n", "two.txt")
        try explore(["sample 03-dog.jpg 10-horses-and-dog.jpg", "sweep background 0.2 0.35 0.8", "sweep off", "background level 0.35", "preset save \(best)"])
        try label(best, "best")
        let swept = try Preset.read(path: best)
        #expect(swept.completion.background == .level(0.35) && swept.reached?.count == 2)
        #expect(try abs((swept.reached?.meanIoU ?? .nan) - meanIoU("best", list: list)) < 1e-14)
    }

    /// Where a picture is so large that presets are estimated on it reduced first, the figure is still that of its own size.
    @Test func whatIsEstimatedFirstIsJudgedAfterAll() throws {
        let large = try ImageFile.read(path: batch.path("images/03-dog.jpg")).resized(width: 2400, height: 1800, filter: .bicubic)
        try PNGEncoder.encode(large).withUnsafeBytes { try Data($0).write(to: URL(filePath: batch.path("images/large.png"))) }
        _ = try batch.write("large dog\n", "own.txt")
        func label(_ preset: String, _ output: String) throws {
            let outcome = try Program.run([
                "label", batch.path("images/large.png"), "--labels", labels, "--class-list", "voc", "--preset", preset, "-o", batch.path(output),
            ])
            #expect(outcome.status == 0, "\(outcome.error)")
        }
        try label("pooled-head", "truth")
        let path = batch.path("tuned.json")
        let outcome = try Program.run([
            "explore", batch.path("images/large.png"), "--labels", labels, "--class-list", "voc", "--truth", batch.path("truth"), "--preset", "acr",
            "--do", "view label", "--do", "sample queue", "--do", "background level 0.4", "--do", "preset save \(path)",
        ])
        #expect(outcome.status == 0, "\(outcome.error)")
        let reached = try #require(try Preset.read(path: path).reached)
        try label(path, "tuned")
        #expect(try abs(reached.meanIoU - meanIoU("tuned")) < 1e-14, "\(reached)")
    }
}
