import GETAM

/// `getam segment`'s way from a picture to its file.
struct SegmentWork: PictureWork {
    /// What is written for a picture.
    enum Format: String, CaseIterable, Sendable { case png, npy }

    /// Where it is written.
    enum Place: Sendable {
        case file(String)
        case folder(OutputFolder)

        func file(_ name: String) -> String {
            switch self {
            case .file(let path): path
            case .folder(let folder): folder.file(name)
            }
        }
    }

    let segmentation: MultiScaleSegmentation
    let crf: DenseCRF?
    let format: Format
    let place: Place
    /// Labels of the model, background included.
    let labels: Int
    /// What a label map says of its making.
    let notes: [PNGEncoder.Text]

    func removeLeftovers(of names: [String]) {
        if case .folder(let folder) = place { folder.removeLeftovers(of: names) }
    }

    /// Label maps are the same if their notes say so; arrays of probabilities have none and are the same if they are whole.
    func standing(_ name: String, path: String) throws -> Standing {
        let size = try ImageFile.size(path: path), file = place.file(name)
        guard AtomicFile.exists(file) else { return .nothing }
        switch format {
        case .npy:
            guard let found = try? NumPyFile.wholeShape(path: file), found == [labels, size.height, size.width] else { return .nothing }
            return .same
        case .png:
            guard let map = try? ImageFile.readIndices(path: file), map.width == size.width, map.height == size.height,
                map.indices.allSatisfy({ Int($0) < labels })
            else { return .nothing }
            guard let found = try? PNGText.read(file), OutputNotes.agree(notes, found) else { return .other }
            return .same
        }
    }

    func make(_ name: String, path: String, with model: SegmentationModel) throws {
        let picture = try ImageFile.read(path: path)
        var maps = try segmentation.probabilities(of: picture, by: model)
        if let crf { maps = crf.refine(maps, guide: picture, compute: model.transformer.compute) }
        let file = place.file(name)
        switch format {
        case .npy:
            try AtomicFile.write(
                NumPyFile.encode(shape: [maps.classes.count, maps.height, maps.width], maps.values), to: file)
        case .png:
            let labels = IndexedImage(
                width: maps.width, height: maps.height, indices: maps.largest.map { UInt8(truncatingIfNeeded: $0) })
            try AtomicFile.write(PNGEncoder.encode(labels, text: notes), to: file)
        }
    }
}
