import Foundation
import GETAM
import Synchronization

/// `getam label`'s way from a picture to its files.
final class LabelWork: PictureWork {
    private let source: LabelSource
    private let match: ClassMatch
    /// The pictures' saliency maps; nil where the preset takes none from files.
    private let saliency: CompanionFiles?
    private let outputs: LabelOutputs
    /// Where each picture's report goes; nil where none is asked for.
    private let reports: OrderedOutput?
    /// Pictures of this run that the labels do not name.
    private let withoutEntry: [String]
    private let budget: MemoryBudget
    private let counts = Mutex(Counts())

    /// What is counted beside the pictures.
    private struct Counts {
        /// Labeled without any class of the model.
        var withoutClass = 0
        /// How often each label name was skipped.
        var skippedLabels: [String: Int] = [:]
        /// Refined from a part of their pixels, and the least and largest strides.
        var sampled = 0
        var strides: (least: Int, largest: Int) = (.max, 0)
    }

    init(
        source: LabelSource, match: ClassMatch, saliency: CompanionFiles?, outputs: LabelOutputs, reports: OrderedOutput?,
        withoutEntry: [String], budget: MemoryBudget
    ) {
        self.source = source
        self.match = match
        self.saliency = saliency
        self.outputs = outputs
        self.reports = reports
        self.withoutEntry = withoutEntry
        self.budget = budget
    }

    func removeLeftovers(of names: [String]) { outputs.removeLeftovers(of: names) }
    func check(_ name: String) throws { try outputs.check(name) }

    func standing(_ name: String, path: String) throws -> Standing {
        let size = try ImageFile.size(path: path)
        let wanted: LabelOutputs.Wanted =
            source.isPredicted ? .predicted : .classes(try usable(try source.names(of: name) ?? []).found.map(\.number))
        return outputs.standing(name, width: size.width, height: size.height, wanted)
    }

    /// The classes that label names mean, each once, and the names that mean none.
    ///
    /// - Throws: `UnknownClass` for the name of several classes.
    private func usable(_ labels: [String]) throws(UnknownClass) -> (found: [ClassMatch.Found], skipped: [String]) {
        var found: [ClassMatch.Found] = []
        var skipped: [String] = []
        for label in labels {
            guard let known = try match.find(label) else {
                skipped.append(label)
                continue
            }
            if !found.contains(where: { $0.number == known.number }) { found.append(known) }
        }
        return (found, skipped)
    }

    func make(_ name: String, path: String, with pipeline: LabelPipeline) throws {
        let begin = Timings.now()
        let labels = try source.names(of: name)
        var (found, skipped) = try usable(labels ?? [])
        let room = try PictureRoom(path: path, budget) { width, height, classes in
            let memory = try pipeline.memory(width: width, height: height, classes: classes, keepsMaps: self.outputs.keepsMaps)
            let usual = try pipeline.memory(width: 4, height: 3, classes: 0)
            return memory.picture + max(memory.passes - usual.passes, 0)
        }
        defer { room.leave() }
        try room.take(classes: found.count)
        var picture = try ImageFile.read(path: path)
        var trace: Trace?, logits: [Float]?
        if case .predicted(let bound) = source {
            // At the model's own size, where its probabilities mean what `getam classify` says.
            let configuration = pipeline.model.configuration
            let own = LabelPipeline.View(
                size: try pipeline.preset.resize.inputSize(width: picture.width, height: picture.height, for: configuration),
                isMirrored: false)
            let first = try pipeline.trace(picture, own)
            logits = first.logits
            found = match.predicted(configuration.probability(first.logits), above: bound)
            if try !room.takeNow(classes: found.count) {
                // Held while it waits, it would keep others from ending.
                picture = RGBImage(width: 0, height: 0, samples: [])
                room.leave()
                try room.take(classes: found.count)
                picture = try ImageFile.read(path: path)
            }
            if try pipeline.views(width: picture.width, height: picture.height).first == own { trace = first }
        }
        if reports != nil, logits == nil, !found.isEmpty, let view = try pipeline.views(width: picture.width, height: picture.height).first {
            // The pipeline would run this pass too.
            let first = try pipeline.trace(picture, view)
            (trace, logits) = (first, first.logits)
        }
        let saliencyFile = try saliency?.file(of: name)
        let numbers = found.map(\.number)
        let result = try pipeline.labels(
            picture, classes: found.map(\.logit), labels: numbers, trace: trace, saliencyFile: saliencyFile)
        try outputs.write(name, result.labels.labels, result.maps, background: result.background, numbers: numbers)
        if let reports {
            var report = report(name, path, result.labels.labels, found, skipped)
            report.classes = classes(found, logits, pipeline.model.configuration)
            report.milliseconds = Timings.since(begin)
            reports.post(report)
        }
        counts.withLock { [found, skipped] counts in
            if found.isEmpty { counts.withoutClass += 1 }
            if result.stride > 1 {
                counts.sampled += 1
                counts.strides = (min(counts.strides.least, result.stride), max(counts.strides.largest, result.stride))
            }
            for label in skipped { counts.skippedLabels[label, default: 0] += 1 }
        }
    }

    // MARK: Reports

    func leftOut(_ name: String, path: String) {
        guard let reports else { return }
        do {
            let (found, skipped) = try usable(try source.names(of: name) ?? [])
            var report = report(name, path, try ImageFile.readIndices(path: outputs.label(name)), found, skipped)
            report.classes = source.isPredicted ? nil : classes(found, nil, nil)
            report.resumed = true
            reports.post(report)
        } catch { failed(name, path: path, error) }
    }

    func failed(_ name: String, path: String?, _ error: any Error) {
        reports?.post(PictureReport(name, path: path, error))
    }

    private func report(
        _ name: String, _ path: String, _ label: IndexedImage, _ found: [ClassMatch.Found], _ skipped: [String]
    ) -> PictureReport {
        var report = PictureReport(name, path: path)
        (report.width, report.height) = (label.width, label.height)
        report.output = outputs.label(name)
        report.skipped = skipped.isEmpty ? nil : skipped
        report.areas = PictureReport.areas(
            PictureReport.counts(label.indices.lazy.map { Int($0) }), wanted: found.map { Int($0.number) }
        ) { match.list.name(of: UInt8(clamping: $0)) }
        return report
    }

    private func classes(
        _ found: [ClassMatch.Found], _ logits: [Float]?, _ configuration: ModelConfiguration?
    ) -> [PictureReport.Class] {
        let probabilities = logits.flatMap { configuration?.probability($0) }
        return found.map { one in
            PictureReport.Class(
                index: one.logit, name: match.list.name(of: one.number), logit: logits?[one.logit],
                probability: probabilities?[one.logit], number: Int(one.number))
        }
    }

    /// Lines for the summary.
    var remarks: [String] {
        counts.withLock { counts in
            var lines: [String] = []
            if !counts.skippedLabels.isEmpty {
                let names = counts.skippedLabels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) (\($0.value))" }
                lines.append(
                    "labels skipped: \(counts.skippedLabels.values.reduce(0, +)) that the model or the class list lacks: \(ClassMatch.some(names))")
            }
            if !withoutEntry.isEmpty {
                lines.append("\(withoutEntry.count) pictures have no entry among the labels: \(ClassMatch.some(withoutEntry))")
            }
            if let strangers = source.labels?.entriesWithoutPicture, strangers > 0 {
                lines.append("\(strangers) entries among the labels are of none of the pictures")
            }
            if let elsewhere = source.labels?.elsewhere, !elsewhere.isEmpty {
                lines.append("\(elsewhere.count) labels are of pictures in other folders than they say: \(ClassMatch.some(elsewhere))")
            }
            if counts.sampled > 0 {
                let (least, largest) = counts.strides
                lines.append(
                    "\(counts.sampled) large or very colorful \(counts.sampled == 1 ? "picture" : "pictures") refined more coarsely, by one pixel in \(least * least)"
                        + (largest > least ? " to \(largest * largest)" : ""))
            }
            if counts.withoutClass > 0 {
                lines.append("\(counts.withoutClass) pictures without a usable label: background, unknown where salient")
            }
            return lines
        }
    }
}
