import Foundation
import GETAM
import Synchronization

/// Pictures on their way to labels, several at a time.
final class LabelBatch: Sendable {
    let names: [String]
    let pictures: FolderIndex
    let source: LabelSource
    let match: ClassMatch
    let saliency: FolderIndex?
    let outputs: LabelOutputs
    let resumes: Bool

    private let next = Atomic<Int>(0)
    private let summary = Mutex(LabelSummary())

    init(
        names: [String], pictures: FolderIndex, source: LabelSource, match: ClassMatch, saliency: FolderIndex?,
        outputs: LabelOutputs, resumes: Bool
    ) {
        self.names = names
        self.pictures = pictures
        self.source = source
        self.match = match
        self.saliency = saliency
        self.outputs = outputs
        self.resumes = resumes
    }

    /// Labels all pictures, one job a pipeline, until done, interrupted, or the output cannot be written.
    func run(_ pipelines: [LabelPipeline]) -> LabelSummary {
        if resumes { outputs.removeLeftovers(of: names) }
        let interruption = Interruption()
        var progress = Progress(total: names.count)
        let group = DispatchGroup()
        for pipeline in pipelines {
            group.enter()
            let thread = Thread { [self] in
                work(pipeline, interruption)
                group.leave()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        while group.wait(timeout: .now() + .milliseconds(200)) == .timedOut {
            let now = summary.withLock { $0 }
            progress.show(done: now.labeled, skipped: now.resumed, failed: now.failures.count)
        }
        progress.finish()
        return summary.withLock { summary in
            summary.milliseconds = progress.elapsed
            summary.signal = interruption.signal
            return summary
        }
    }

    private func work(_ pipeline: LabelPipeline, _ interruption: Interruption) {
        while interruption.signal == nil, summary.withLock({ $0.unwritable == nil }) {
            let position = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard position < names.count else { return }
            do {
                try label(names[position], pipeline)
            } catch {
                summary.withLock { $0.add(error, of: names[position], at: position) }
            }
        }
    }

    private func label(_ name: String, _ pipeline: LabelPipeline) throws {
        guard let path = pictures.file(name) else {
            throw FileError(.missing, path: "\(pictures.path)/\(name)", "no picture of this name (.jpg, .png, .ppm, …)")
        }
        if resumes {
            let size = try ImageFile.size(path: path)
            if outputs.isWhole(name, width: size.width, height: size.height) {
                summary.withLock { $0.resumed += 1 }
                return
            }
        }
        let labels = try source.names(of: name)
        let picture = try ImageFile.read(path: path)
        var found: [ClassMatch.Found] = []
        var skipped: [String] = []
        var trace: Trace?
        if case .predicted(let bound) = source {
            // At the model's own size, where its probabilities mean what `getam classify` says.
            let configuration = pipeline.model.configuration
            let own = LabelPipeline.View(
                size: try pipeline.preset.resize.inputSize(width: picture.width, height: picture.height, for: configuration),
                isMirrored: false)
            let first = try pipeline.trace(picture, own)
            found = match.predicted(configuration.probability(first.logits), above: bound)
            if try pipeline.views(width: picture.width, height: picture.height).first == own { trace = first }
        } else {
            for label in labels ?? [] {
                guard let known = match.find(label) else {
                    skipped.append(label)
                    continue
                }
                if !found.contains(where: { $0.number == known.number }) { found.append(known) }
            }
        }
        var saliencyFile: String?
        if let saliency {
            saliencyFile = saliency.file(name)
            if saliencyFile == nil { throw FileError(.missing, path: "\(saliency.path)/\(name)", "no saliency map of this name (.png, .jpg, .npy)") }
        }
        let numbers = found.map(\.number)
        let result = try pipeline.labels(
            picture, classes: found.map(\.logit), labels: numbers, trace: trace, saliencyFile: saliencyFile)
        try outputs.write(name, result.labels.labels, result.maps, numbers: numbers)
        summary.withLock { summary in
            summary.labeled += 1
            if found.isEmpty { summary.withoutClass += 1 }
            if labels == nil, !source.isPredicted { summary.withoutEntry += 1 }
            for label in skipped { summary.skippedLabels[label, default: 0] += 1 }
        }
    }

    /// All labels of the run, those of an earlier run included, as COCO annotations.
    func writeCOCO(_ path: String, without summary: LabelSummary) throws {
        guard summary.isComplete else { return }
        var document = COCODocument(classNames: match.list.names)
        let failed = Set(summary.failures.map(\.position))
        for (position, name) in names.enumerated() where !failed.contains(position) {
            let file = pictures.file(name).map { String($0.dropFirst(pictures.path.count + 1)) } ?? name
            document.add(try ImageFile.readIndices(path: outputs.label(name)), fileName: file)
        }
        try AtomicFile.write(Array(document.json.utf8), to: path)
    }
}
