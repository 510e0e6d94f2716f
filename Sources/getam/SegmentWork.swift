import GETAM

/// `getam segment`'s way from a picture to its file.
struct SegmentWork: PictureWork {
    /// What is written for a picture.
    enum Format: String, CaseIterable, Sendable { case png, npy }

    /// Where it is written.
    enum Place: Sendable {
        case file(String)
        case folder(OutputFolder, accepted: Set<NameKey> = [])

        /// The pictures whose labels were accepted in a review.
        var accepted: Set<NameKey> { if case .folder(_, let accepted) = self { accepted } else { [] } }

        func file(_ name: String) -> String {
            switch self {
            case .file(let path): path
            case .folder(let folder, _): folder.file(name)
            }
        }

        /// A file that the user names may be a device; in a folder files are written, and nothing else is touched.
        func write(_ bytes: [UInt8], _ name: String) throws(FileError) {
            switch self {
            case .file(let path): try AtomicFile.write(bytes, to: path)
            case .folder(let folder, _): try folder.write(bytes, name)
            }
        }
    }

    let segmentation: MultiScaleSegmentation
    let format: Format
    let place: Place
    let certainty: CertaintyOutputs
    /// The number that stands in a label map for each label of the model, background first; nil for a class that the list
    /// lacks, which no pixel gets.
    let numbers: [Int?]
    /// What a label map says of its making.
    let notes: [PNGEncoder.Text]
    /// The name of a number of the label maps.
    let labelName: @Sendable (Int) -> String
    /// Where each picture's report goes; nil where none is asked for.
    let reports: OrderedOutput?
    /// Bytes that a picture of a width and height takes.
    let need: @Sendable (_ width: Int, _ height: Int) -> Int
    let budget: MemoryBudget

    /// The labels of the model that pixels may get, and their numbers.
    private var kept: [Int] { numbers.indices.filter { numbers[$0] != nil } }
    private var keptNumbers: [Int] { numbers.compactMap(\.self) }

    func removeLeftovers(of names: [String]) {
        if case .folder(let folder, _) = place { folder.removeLeftovers(of: names) }
        certainty.removeLeftovers(of: names)
    }

    func check(_ name: String) throws {
        if case .folder(let folder, _) = place { try folder.check(name) }
        try certainty.check(name)
    }

    /// Label maps are the same if their notes say so; arrays of probabilities have none and are the same if they are whole.
    func standing(_ name: String, path: String) throws -> Standing {
        let size = try ImageFile.size(path: path), file = place.file(name)
        guard AtomicFile.exists(file) else { return .nothing }
        if format == .png, place.accepted.contains(NameKey(name)) { return .same }
        guard certainty.stand(name, width: size.width, height: size.height) else { return .nothing }
        switch format {
        case .npy:
            guard let found = try? NumPyFile.wholeShape(path: file), found == [kept.count, size.height, size.width] else { return .nothing }
            return .same
        case .png:
            guard let map = try? ImageFile.readIndices(path: file), map.width == size.width, map.height == size.height,
                Set(map.indices.lazy.map { Int($0) }).isSubset(of: keptNumbers)
            else { return .nothing }
            guard let found = try? PNGText.read(file), OutputNotes.agree(notes, found) else { return .other }
            return .same
        }
    }

    func make(_ name: String, path: String, with model: SegmentationModel) throws {
        let begin = Timings.now()
        let room = try PictureRoom(path: path, budget) { width, height, _ in need(width, height) }
        defer { room.leave() }
        try room.take(classes: 0)
        let picture = try ImageFile.read(path: path)
        let maps = try segmentation.probabilities(of: picture, keeping: kept, by: model)
        // Before what the picture is known by, so that where that is these are too.
        try certainty.write(name, maps, background: nil)
        let keptNumbers = keptNumbers
        let largest = format == .png || reports != nil ? maps.largest : []
        switch format {
        case .npy:
            try place.write(NumPyFile.encode(shape: [maps.classes.count, maps.height, maps.width], maps.values), name)
        case .png:
            let labels = IndexedImage(
                width: maps.width, height: maps.height, indices: largest.map { UInt8(truncatingIfNeeded: keptNumbers[$0]) })
            try place.write(PNGEncoder.encode(labels, text: notes), name)
        }
        guard let reports else { return }
        var report = report(name, path, width: maps.width, height: maps.height)
        report.areas = areas(PictureReport.counts(largest.lazy.map { keptNumbers[$0] }, count: (keptNumbers.max() ?? 0) + 1))
        report.milliseconds = Timings.since(begin)
        reports.post(report)
    }

    // MARK: Reports

    func leftOut(_ name: String, path: String) {
        guard let reports else { return }
        do {
            let size = try ImageFile.size(path: path)
            var report = report(name, path, width: size.width, height: size.height)
            report.resumed = true
            if format == .png {
                let map = try ImageFile.readIndices(path: place.file(name))
                report.areas = areas(PictureReport.counts(map.indices.lazy.map { Int($0) }))
            }
            reports.post(report)
        } catch { failed(name, path: path, error) }
    }

    func failed(_ name: String, path: String?, _ error: any Error) {
        reports?.post(PictureReport(name, path: path, error))
    }

    private func report(_ name: String, _ path: String, width: Int, height: Int) -> PictureReport {
        var report = PictureReport(name, path: path)
        (report.width, report.height, report.output) = (width, height, place.file(name))
        return report
    }

    private func areas(_ counts: [Int]) -> [PictureReport.Area] {
        PictureReport.areas(counts) { labelName($0) }
    }
}
