import ArgumentParser
import Foundation
import GETAM
import Synchronization

/// The quality of pseudo labels, step by step, over a data set with masks: the table of `Sources/Labels/README.md`.
struct LabelBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "labels", abstract: "Measure how good labels are with each refiner and saliency, over pictures with masks.")

    @Option(help: "Folder of pictures (.jpg).") var images: String
    @Option(help: "Folder of VOC-palette masks (.png).") var truth: String
    @Option(help: "Names, one a line.") var list: String
    @Option(help: "Image-level labels.") var labels: String
    @Option(help: "Checkpoint.") var model: String
    @Option(help: "Take every n-th name.") var every = 1
    @Option(help: "Pictures at once.") var jobs = ProcessInfo.processInfo.activeProcessorCount

    /// One line of the table.
    private struct Row {
        let title: String
        /// Maps and refiners.
        let preset: Preset
        let saliency: SaliencySetting
        /// Nil: the best constant background level, found with the truth in view.
        let completion: LabelCompletion?
    }

    private static func rows(hasDecoder: Bool) -> [Row] {
        func preset(_ side: Int?, _ method: String, _ refiners: [RefinerSetting], share: Bool = false) -> Preset {
            Preset(
                name: "row", method: method, size: side, share: share, refiners: refiners, upsampling: .centers,
                normalization: .minimumMaximum)
        }
        let best = Preset.getam
        let raw = RefinerSetting.patchAffinity(layers: .all, normalization: .none, steps: 2)
        let late = best.refiners[0], crf = best.refiners[1]
        func plain(_ level: Double) -> LabelCompletion {
            LabelCompletion(background: .level(level), completionCut: nil, openingSize: 0)
        }
        var rows = [
            Row(title: "GETAM, side 224", preset: preset(224, "getam", []), saliency: .none, completion: nil),
            Row(title: "gradient × attention, side 224", preset: preset(224, "grad-attention", []), saliency: .none, completion: nil),
            Row(title: "GETAM, side 448", preset: preset(448, "getam", []), saliency: .none, completion: nil),
            Row(title: "224, raw affinity of all layers, twice", preset: preset(224, "getam", [raw]), saliency: .none, completion: nil),
            Row(title: "224, Sinkhorn affinity of the fused layers, twice", preset: preset(224, "getam", [late]), saliency: .none, completion: nil),
            Row(title: "448, the same", preset: preset(448, "getam", [late]), saliency: .none, completion: nil),
            Row(title: "448, the same, patches shared", preset: preset(448, "getam", [late], share: true), saliency: .none, completion: nil),
            Row(title: "448, shared, level 0.55", preset: preset(448, "getam", [late], share: true), saliency: .none, completion: plain(0.55)),
            Row(title: "448, shared, PAMR, level 0.55", preset: preset(448, "getam", [late, .pamr()], share: true), saliency: .none, completion: plain(0.55)),
            Row(title: "448, shared, dense CRF (the preset getam)", preset: best, saliency: .none, completion: best.completion),
            Row(title: "448, shared, PAMR, dense CRF", preset: preset(448, "getam", [late, .pamr(), crf], share: true), saliency: .none, completion: plain(0.5)),
            Row(title: "224, shared, dense CRF", preset: preset(224, "getam", [late, crf], share: true), saliency: .none, completion: plain(0.5)),
        ]
        if hasDecoder {
            func decoder(_ share: Double, _ side: Int, flip: Bool = false, _ refiners: [RefinerSetting] = []) -> Preset {
                Preset(
                    name: "row", size: side, flip: flip, share: true, decoder: share, refiners: refiners, upsampling: .centers,
                    normalization: .minimumMaximum)
            }
            let field = Preset.joint.refiners[1]
            rows += [
                Row(title: "decoder, side 320 and the mirror image", preset: decoder(1, 320, flip: true), saliency: .none, completion: plain(0.5)),
                Row(title: "decoder, side 384", preset: decoder(1, 384), saliency: .none, completion: plain(0.5)),
                Row(title: "decoder, side 384, dense CRF", preset: decoder(1, 384, [field]), saliency: .none, completion: plain(0.5)),
                Row(title: "384, half of each, no field", preset: decoder(0.5, 384, [late]), saliency: .none, completion: plain(0.5)),
                Row(title: "384, half of each, dense CRF (the preset joint)", preset: .joint, saliency: .none, completion: Preset.joint.completion),
                Row(title: "448, the same", preset: decoder(0.5, 448, [late, field]), saliency: .none, completion: plain(0.5)),
            ]
        }
        for kind in [SaliencySetting.ComputedSaliency.barrier, .tokens, .mean] {
            rows.append(Row(title: "the preset getam, saliency \(kind.rawValue)", preset: best, saliency: .computed(kind), completion: best.completion))
        }
        for kind in [SaliencySetting.none, .computed(.barrier), .computed(.tokens), .computed(.mean)] {
            let name = if case .computed(let kind) = kind { kind.rawValue } else { "none" }
            rows.append(Row(
                title: "published completion (power 32, cut 0.9, opening 10) of GETAM + PAMR, saliency \(name)",
                preset: preset(224, "getam", [.pamr()]), saliency: kind, completion: LabelCompletion()))
        }
        return rows
    }

    func run() throws {
        let parameters = try ModelLoader.load(path: model).parameters
        let configuration = parameters.configuration
        let names = try TextLines.read(list).map(\.text).enumerated().filter { $0.offset % max(every, 1) == 0 }.map(\.element)
        let wanted = try ImageLabels.read(path: labels)
        let numbers = configuration.classNames.map { ClassList.voc.number(of: $0) }
        let kept = Set([0] + numbers.compactMap { $0 })
        let rows = Self.rows(hasDecoder: parameters.lightDecoder != nil)
        let next = Mutex(0)
        let totals = Mutex(rows.map { _ in (ConfusionMatrix(classes: 21), LevelSweep(levels: (0..<100).map { Double($0) / 100 }, classes: 21)) })
        let failure = Mutex<String?>(nil)
        let product = MatrixProduct.usual
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            let model = VisionTransformer(parameters, compute: Compute(product: product, pool: ThreadPool(threads: 1)))
            while failure.withLock({ $0 == nil }) {
                let index = next.withLock { next in
                    defer { next += 1 }
                    return next
                }
                guard index < names.count else { return }
                do {
                    let name = names[index]
                    let picture = try ImageFile.read(path: "\(images)/\(name).jpg")
                    let mask = try ImageFile.readIndices(path: "\(truth)/\(name).png")
                    let own = (wanted.classes(of: name) ?? []).compactMap { text -> (Int, UInt8)? in
                        guard let index = configuration.classNames.firstIndex(of: text), let number = numbers[index] else { return nil }
                        return (index, number)
                    }
                    var known: [(Preset, PixelMaps)] = []
                    for (position, row) in rows.enumerated() {
                        let pipeline = try LabelPipeline(model: model, preset: row.preset)
                        let maps: PixelMaps
                        if let found = known.first(where: { $0.0 == row.preset }) {
                            maps = found.1
                        } else {
                            maps = try pipeline.classMaps(picture, classes: own.map(\.0))
                            known.append((row.preset, maps))
                        }
                        let activation = try Activation(maps, labels: own.map(\.1))
                        if let completion = row.completion {
                            var source = row.preset
                            source.saliency = row.saliency
                            let saliency = try LabelPipeline(model: model, preset: source).saliency(picture)
                            let result = try completion.labels(activation, saliency: saliency)
                            try totals.withLock { try $0[position].0.add(prediction: result.labels, truth: mask, only: kept) }
                        } else {
                            try totals.withLock { try $0[position].1.add(activation, truth: mask, only: kept) }
                        }
                    }
                } catch {
                    failure.withLock { $0 = "\(error)" }
                }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw ValidationError(failure) }
        try Output.line("\(names.count) pictures; mIoU in percent over \(kept.count) classes; a predicted 255 is a miss\n")
        try Output.line("| step | level | mIoU | 255 predicted |")
        try Output.line("|---|---|---|---|")
        let classes = kept.map(Int.init).sorted()
        for (row, (matrix, sweep)) in zip(rows, totals.withLock({ $0 })) {
            func percent(_ value: Double?) -> String { value.map { String(format: "%.1f", $0 * 100) } ?? "–" }
            if row.completion == nil {
                guard let result = sweep.results(classes: classes) else { continue }
                try Output.line("| \(row.title) | \(sweep.levels[result.best]) (best) | \(percent(result.meanIoU[result.best])) | – |")
            } else {
                let report = EvaluationReport(matrix, classes: classes)
                try Output.line("| \(row.title) | fixed | \(percent(report.meanIoU)) | \(percent(report.ignoredShare)) % |")
            }
        }
    }
}
