import GETAM
import Training

/// The pictures of a run and the classes that label files name for them.
struct TrainingData {
    let set: TrainingSet
    /// Pictures that the run is judged on and does not learn from; nil where none are asked for.
    let validation: TrainingSet?
    /// What was left out, for the user.
    private(set) var remarks: [String] = []

    /// - Parameters:
    ///   - judged: pictures to validate on, which are left out of those to learn from.
    ///   - saliency: the folder of the pictures' saliency maps, where they are read, and folders in it that are not searched.
    ///   - configuration: of the model that is trained; its classes are those to learn.
    /// - Throws: a failure where no picture has an entry, or no entry names a class.
    init(
        _ list: PictureList, judged: PictureList?, labels path: String, saliency: String?, leavingOut others: [String],
        of configuration: ModelConfiguration
    ) throws {
        let classes = configuration.distinctClassNames
        let source = try LabelSource.read(path: path, classes: classes, of: PictureNames(list.known + (judged?.known ?? [])))
        func labeled(_ pictures: [PictureList.Picture], what: String) throws -> LabeledPictures {
            let found = try LabeledPictures(pictures, source, path: path) { name throws(UnknownClass) in
                do throws(UnknownClass) { return try configuration.classIndex(name) } catch where error.candidates.isEmpty { return nil }
            }
            try found.check(path: path, classes: classes, what: what, role: "a class to learn")
            return found
        }
        var pictures = list.pictures
        if let judged {
            let held = Set(judged.paths.compactMap(FileIdentity.init))
            pictures.removeAll { picture in (try? picture.path()).flatMap(FileIdentity.init).map(held.contains) ?? false }
            let count = list.pictures.count - pictures.count
            if count > 0 { remarks.append("\(Self.count(count)) to validate on and \(count == 1 ? "does" : "do") not train") }
            guard !pictures.isEmpty else {
                throw CommandFailure(.usage, "--validate: names all \(count) pictures; some must be left to train on")
            }
        }
        let learned = try labeled(pictures, what: "pictures")
        remarks += learned.remarks("that are not learned")
        let maps = try saliency.map { folder in
            CompanionFiles(
                try PictureFiles(folder: folder, endings: ImageFile.extensions.union(["npy"]), leavingOut: others),
                of: learned.entries.map { ($0.picture.name, $0.picture.name) }, missing: "no saliency map of this name (.png, .jpg, .npy)")
        }
        set = try Self.set(learned, "", maps, &remarks)
        guard let judged else {
            validation = nil
            return
        }
        let found = try labeled(judged.pictures, what: "pictures to validate on")
        remarks += found.remarks("that are not learned").map { "--validate: \($0)" }
        validation = try Self.set(found, "--validate: ", nil, &remarks)
    }

    /// The pictures that are there and whose classes are known.
    ///
    /// - Throws: a failure where there is none.
    private static func set(
        _ labeled: LabeledPictures, _ source: String, _ saliency: CompanionFiles?, _ remarks: inout [String]
    ) throws -> TrainingSet {
        var pictures: [TrainingSet.Picture] = [], missing: [FileError] = [], unreadable: [FileError] = [], plain: [FileError] = []
        for entry in labeled.entries {
            switch (entry.picture.file, entry.classes) {
            case (.failure(let error), _): missing.append(error)
            case (_, .failure(let error)): unreadable.append(error)
            case (.success(let path), .success(let classes)):
                do throws(FileError) {
                    let map = try saliency?.file(of: entry.picture.name)
                    pictures.append(.init(name: entry.picture.name, path: path, classes: classes, saliency: map))
                } catch { plain.append(error) }
            }
        }
        if pictures.isEmpty, let error = plain.first {
            throw CommandFailure(
                .missingInput, source + (plain.count > 1 ? "none of the \(plain.count) pictures has a saliency map: " : "") + error.description)
        }
        if pictures.isEmpty, let error = missing.first ?? unreadable.first {
            let count = missing.isEmpty ? unreadable.count : missing.count
            let reason = missing.isEmpty ? "the labels of none of the \(count) pictures can be read: " : "none of the \(count) pictures is there: "
            throw CommandFailure(missing.isEmpty ? .badData : .missingInput, source + (count > 1 ? reason : "") + error.description)
        }
        if !missing.isEmpty { remarks.append(source + "\(count(missing.count)) not there and left out: \(ClassMatch.some(missing.map(\.description), 1))") }
        if !unreadable.isEmpty {
            remarks.append(source + "\(count(unreadable.count)) left out for labels that cannot be read: \(ClassMatch.some(unreadable.map(\.description), 1))")
        }
        if !plain.isEmpty {
            remarks.append(source + "\(count(plain.count)) left out for want of a saliency map: \(ClassMatch.some(plain.map(\.description), 1))")
        }
        return TrainingSet(pictures)
    }

    private static func count(_ count: Int) -> String { "\(count) \(count == 1 ? "picture is" : "pictures are")" }
}
