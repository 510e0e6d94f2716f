import GETAM

/// True label maps, read in the numbers of a class list.
struct TruthMaps: Sendable {
    /// Background and the classes of the list.
    let count: Int
    /// What each of a file's numbers is in the class list, 255 where it lacks it; nil where they are the list's own.
    let numbers: [UInt8]?
    /// What says the files' classes in their place; nil where they hold numbers of the list.
    private let legend: MaskLegend?
    /// What the files hold.
    let survey = MaskSurvey()

    /// - Parameters:
    ///   - list: the classes of the files, where they are neither the class list's nor the legend's.
    ///   - legend: what a file beside them says of them.
    ///   - model: asked where the list is the model's.
    /// - Throws: a usage failure where no class of the files is in the class list.
    init(_ classes: ClassList, list: ClassListChoice?, legend: MaskLegend?, model: () throws -> ModelConfiguration) throws {
        count = classes.names.count + 1
        self.legend = list == nil ? legend : nil
        guard let names = try list?.list(model: model).names ?? self.legend?.names else {
            numbers = nil
            return
        }
        let known = names.map { classes.number(of: $0) }
        guard known.contains(where: { $0 != nil }) else {
            throw CommandFailure(
                .usage, "the class list has none of the truth's classes (\(ClassMatch.some(names))); choose another \(list == nil ? "--class-list" : "--truth-list")")
        }
        numbers = [0] + known.map { $0 ?? LabelCompletion.ignored }
    }

    /// The label map at a path.
    ///
    /// - Throws: `FileError`, also where it holds a number that is no class.
    func labels(_ path: String) throws(FileError) -> IndexedImage {
        guard let numbers else { return try Self.labels(path, survey, count: count) }
        let image = if let legend { try legend.labels(path) } else { try ImageFile.readIndices(path: path) }
        if legend == nil { survey.add(image) }
        if let beyond = image.indices.lazy.filter({ Int($0) >= numbers.count && $0 != LabelCompletion.ignored }).max() {
            throw FileError(
                .invalid, path: path,
                "holds class \(beyond), but the truth's class list ends at \(numbers.count - 1); name the right one with --truth-list")
        }
        return IndexedImage(
            width: image.width, height: image.height,
            indices: image.indices.map { Int($0) < numbers.count ? numbers[Int($0)] : LabelCompletion.ignored })
    }

    /// A label map whose numbers all are classes, of so many with the background, or 255.
    static func labels(_ path: String, _ survey: MaskSurvey, count: Int) throws(FileError) -> IndexedImage {
        let labels = try ImageFile.readIndices(path: path)
        survey.add(labels)
        if let beyond = labels.indices.lazy.filter({ Int($0) >= count && $0 != LabelCompletion.ignored }).max() {
            throw FileError(
                .invalid, path: path,
                "holds class \(beyond), but the class list ends at \(count - 1); name the right one with --class-list")
        }
        return labels
    }
}
