import Attribution
import Files
import Images
import Labels
import VisionTransformer

extension Engine {
    // MARK: Labels in the folder

    /// Reads the label of a picture that lies in the folder of the review.
    func readLabel(_ path: String, _ job: Job) throws {
        let labels = try ImageFile.readIndices(path: path), size = try ImageFile.size(path: job.path)
        guard labels.width == size.width, labels.height == size.height else {
            throw FileError(.invalid, path: path, "is \(labels.width)×\(labels.height), but the picture is \(size.width)×\(size.height)")
        }
        let notes = (try? PNGText.read(path)) ?? [:]
        let (small, scale) = Self.small(labels)
        let truth = try? settings.truth?.labels(of: job.path, width: size.width, height: size.height).resized(width: small.width, height: small.height)
        post(.labelRead(StoredLabel(
            picture: job.picture, labels: small, figures: try LabelFigures(small, truth: truth), scale: scale,
            preset: notes["getam preset"].flatMap { try? Preset.decode($0, path: path) },
            classes: notes["getam classes"].map(Self.classNames))))
    }

    /// As large as labels are worked on.
    private static func small(_ labels: IndexedImage) -> (labels: IndexedImage, scale: Double) {
        let scale = min(Double(LabelMemo.longSide) / Double(max(labels.width, labels.height, 1)), 1)
        return (
            labels.resized(
                width: max(Int((Double(labels.width) * scale).rounded()), 1), height: max(Int((Double(labels.height) * scale).rounded()), 1)), scale
        )
    }

    /// The names in `8 cat, 12 dog`.
    private static func classNames(_ note: String) -> [String] {
        var names: [String] = []
        for part in note.split(separator: ",").map({ $0.drop { $0 == " " } }) {
            let number = part.prefix { $0.isASCII && $0.isWholeNumber }
            // A name may hold commas.
            if number.isEmpty || part.dropFirst(number.count).first != " " {
                if let last = names.popLast() { names.append("\(last), \(part)") }
            } else {
                names.append(String(part.dropFirst(number.count + 1)))
            }
        }
        return names
    }

    // MARK: Labels that were accepted

    /// Makes a label at the picture's own size, unless it is there. - Returns: why that could not be done; `nil` where it was.
    func write(_ request: ReviewLabelRequest) -> String? {
        guard !request.label.isAccepted(request.entry), let mark = request.entry.label else { return nil }
        do {
            guard let model = models.withLock({ $0.first }) else { return nil }
            let picture = try ImageFile.read(path: request.path)
            let labels = try LabelPipeline(model: model.transformer, preset: request.preset).labels(
                picture, classes: request.classes, labels: request.numbers,
                saliencyFile: SaliencyFolder.file(for: request.path, request.preset, in: settings.saliencyFolder), strokes: request.strokes
            ).labels.labels
            let classes = zip(request.numbers, request.classes).map { "\($0) \(model.summary.className($1))" }.joined(separator: ", ")
            try request.label.write(
                labels, mark: mark,
                notes: [
                    ("Software", "getam \(settings.programVersion)"), ("getam model", model.summary.name), ("getam preset", request.preset.recordless.json),
                    ("getam classes", classes),
                ])
            return nil
        } catch { return "\(error)" }
    }

    func deliver(_ request: DeliveryRequest) -> Action {
        do {
            let path = request.path.expandingHome
            for subject in request.subjects where ReviewedLabel(folder: path, name: subject.name).path.isSameFile(as: subject.path) {
                return .exportFailed(message: "\(subject.path): is a picture and would be written over; name another folder")
            }
            for place in request.exports.map({ (what: $0.format.rawValue, path: $0.path) }) + (request.report.map { [("report", $0)] } ?? []) {
                guard let what = settings.input(place.path.expandingHome, .overlay) else { continue }
                return .exportFailed(message: "\(place.path): is an input (\(what)) and would be written over; name another file")
            }
            let exports = try request.exports.map { place in
                try place.format.export(to: place.path.expandingHome, classNames: request.classNames, program: "getam \(settings.programVersion)")
            }
            let outcome = try ReviewDelivery(
                folder: request.folder, output: path, report: request.report?.expandingHome, classNames: request.classNames
            ).deliver(request.subjects.map { .init(name: $0.name, picture: $0.path, entry: $0.entry) }, to: exports)
            return .delivered(text: "\(request.path): \(outcome.text)", remarks: outcome.remarks)
        } catch { return .exportFailed(message: "\(error)") }
    }

    // MARK: All pictures

    /// Looks at a picture in the background: first its label in the folder, where it goes by that; then what the model makes of it.
    func survey(_ item: SurveyItem, _ numbers: [UInt8?], makesLabels: Bool, _ job: Job, _ model: EngineModel) throws {
        var found = SurveyedPicture(picture: item.picture)
        let original = try ImageFile.read(path: item.path)
        func checkpoint() throws { if isStale(job) { throw CancellationError() } }
        try checkpoint()
        if let path = item.label {
            let labels = try ImageFile.readIndices(path: path)
            try take(Self.small(labels).labels, of: item, original, numbers, into: &found)
            found.isPartial = true
            post(.surveyed(found))
            try checkpoint()
        }
        let transformer = model.transformer
        let trace = try ownTrace(original, transformer, job)
        let probabilities = model.probability(trace.logits)
        found.top = probabilities.indices.max { probabilities[$0] < probabilities[$1] }.map { ($0, probabilities[$0]) }
        let classes = classes(item.classes, of: item.path, predict: item.predict, numbers) { probabilities }
        if item.label == nil { found.classes = classes }
        found.isPartial = false
        guard makesLabels, !classes.isEmpty else {
            if makesLabels, item.label == nil {
                let small = original.forDisplay(longSide: LabelThumbnail.side)
                found.thumbnail = LabelThumbnail(small, IndexedImage(width: small.width, height: small.height, indices: Array(repeating: 0, count: small.width * small.height)))
            }
            return post(.surveyed(found))
        }
        // Of a label in the folder the classes that are in it.
        let inFile = item.label == nil ? [] : classes.filter { found.classes.contains($0) }
        let wanted = inFile.isEmpty ? classes : inFile
        let request = LabelRequest(
            picture: item.picture, path: item.path, preset: item.preset, classes: wanted, numbers: wanted.compactMap { numbers[$0] })
        var memo = LabelMemo()
        let prepared = try LabelPreparation(
            model: transformer, settings: settings, request: request, own: trace, isCancelled: { self.isStale(job) }, post: { _ in }, generation: 0
        ).run([:], &memo)
        let shown = try ShownLabels(
            prepared, preset: item.preset, strokes: request.strokes, plain: nil, picture: (original.width, original.height))
        found.doubt = LabelDoubt(prepared.maps, background: shown.completion.background)
        if item.label == nil { try take(shown.labels, of: item, original, numbers, into: &found) }
        if transformer.parameters.hasDecoder {
            try checkpoint()
            let answer = try MultiScaleSegmentation.usual(for: transformer.parameters).probabilities(
                of: original, guide: original.forDisplay(longSide: LabelMemo.longSide), by: SegmentationModel(transformer), isCancelled: { self.isStale(job) })
            found.disagreement = LabelDoubt.disagreement(
                shown.labels, answer.labels(classes: wanted, numbers: wanted.compactMap { numbers[$0] }))
        }
        post(.surveyed(found))
    }

    /// The pass that classes are predicted by.
    func ownTrace(_ original: RGBImage, _ transformer: VisionTransformer, _ job: Job) throws -> Trace {
        let configuration = transformer.configuration
        let size = try settings.resize.inputSize(width: original.width, height: original.height, for: configuration, side: settings.size)
        return try transformer.forward(
            original.modelInput(size, configuration.preprocessing), progress: { _ in }, isCancelled: { isStale(job) })
    }

    /// The classes that apply to a picture: marks, else what the label file names, else what is predicted; ascending.
    ///
    /// - Parameter numbers: of each class in label maps; those without have none.
    func classes(
        _ marks: [Int]?, of path: String, predict: Float, _ numbers: [UInt8?], probabilities: () throws -> [Float]
    ) rethrows -> [Int] {
        let known = try marks ?? (try? settings.imageClasses?(path))?.classes ?? {
            let probabilities = try probabilities()
            return probabilities.indices.filter { probabilities[$0] >= predict }
        }()
        return known.filter { numbers.indices.contains($0) && numbers[$0] != nil }.sorted()
    }

    /// What a label map says of its picture.
    private func take(
        _ labels: IndexedImage, of item: SurveyItem, _ original: RGBImage, _ numbers: [UInt8?], into found: inout SurveyedPicture
    ) throws {
        let truth = try? settings.truth?.labels(of: item.path, width: original.width, height: original.height)
            .resized(width: labels.width, height: labels.height)
        let figures = try LabelFigures(labels, truth: truth)
        found.overlap = figures.meanOverlap
        for number in 0..<256 where figures.shares[number] > 0 { found.areas[UInt8(number)] = Double(figures.shares[number]) }
        found.classes = numbers.indices.filter { index in numbers[index].map { $0 != 0 && figures.shares[Int($0)] > 0 } ?? false }
        found.thumbnail = LabelThumbnail(original, labels)
    }
}
