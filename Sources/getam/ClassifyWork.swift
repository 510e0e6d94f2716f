import Foundation
import GETAM

/// `getam classify`'s way from a picture to its classes.
struct ClassifyWork: PictureWork {
    let input: InputOptions
    /// What takes no part in the passes.
    let region: RegionOptions
    let heads: HeadAblations
    /// How logits become probabilities; nil is as the model's configuration says.
    let activation: ModelConfiguration.Probability?
    /// How many classes are told; 0 is all.
    let top: Int
    /// Whether a picture is told as a JSON object; else as lines.
    let isJSON: Bool
    /// Whether the picture's name stands over its lines.
    let hasHeader: Bool
    let output: OrderedOutput

    func removeLeftovers(of names: [String]) {}
    func standing(_ name: String, path: String) throws -> Standing { .nothing }
    func leftOut(_ name: String, path: String) {}
    func check(_ name: String) throws {}

    func make(_ name: String, path: String, with model: VisionTransformer) throws {
        let begin = Timings.now()
        let picture = try InputOptions.picture(path)
        let pixels = try input.tensor(picture, for: model.configuration)
        let logits = try logits(of: pixels, with: model)
        var report = PictureReport(name, path: path)
        (report.width, report.height) = (picture.width, picture.height)
        report.milliseconds = Timings.since(begin)
        tell(logits, report, model.configuration)
    }

    func failed(_ name: String, path: String?, _ error: any Error) {
        guard isJSON else { return output.post("", of: name) }
        output.post(PictureReport(name, path: path, error))
    }

    /// What the model makes of a picture, less what takes no part.
    func logits(of pixels: Tensor, with model: VisionTransformer) throws -> [Float] {
        let patches = try region.patches(of: pixels, model.configuration)
        return try model.logits(of: pixels, under: Intervention(heads: heads, patches: patches))
    }

    /// Says what was found of a picture.
    func tell(_ logits: [Float], _ report: PictureReport, _ configuration: ModelConfiguration) {
        let classes = ranked(logits, configuration)
        if isJSON {
            var report = report
            report.classes = classes
            report.ablated = heads.descriptions
            report.kept = region.keep.isEmpty ? nil : region.keep.map(\.description)
            report.removed = region.remove.isEmpty ? nil : region.remove.map(\.description)
            output.post(report)
        } else {
            output.post((hasHeader ? report.name.printable + "\n" : "") + text(classes) + (hasHeader ? "\n" : ""), of: report.name)
        }
    }

    /// The most probable classes.
    private func ranked(_ logits: [Float], _ configuration: ModelConfiguration) -> [PictureReport.Class] {
        let probabilities = (activation ?? configuration.probability)(logits)
        let ranked = logits.indices.sorted { (logits[$1], $0) < (logits[$0], $1) }
        return ranked.prefix(top == 0 ? logits.count : top).map {
            .init(index: $0, name: configuration.className($0), logit: logits[$0], probability: probabilities[$0])
        }
    }

    /// A line a class.
    private func text(_ classes: [PictureReport.Class]) -> String {
        let names = classes.map(\.name.printable)
        let width = names.map(\.count).max() ?? 0
        return zip(classes, names).map { one, name in
            let name = name + String(repeating: " ", count: width - name.count)
            let figures = String(format: "%6.2f %%  logit %8.4f", (one.probability ?? 0) * 100, one.logit ?? 0)
            return "\(name)  \(figures)  (class \(one.index))\n"
        }.joined()
    }
}
