import Files
import Images
import Labels

/// What the command line says about truth and the numbers of classes in label maps.
public struct LabelSetup: Sendable, Equatable {
    /// The number of each of the model's classes in a label map; `nil` for a class that has none.
    public var numbers: [UInt8?]
    /// The name of each number; number 1 is the first.
    public var names: [String]
    /// Whether ground truth is looked for.
    public var hasTruth: Bool

    public init(numbers: [UInt8?], names: [String], hasTruth: Bool = false) {
        self.numbers = numbers
        self.names = names
        self.hasTruth = hasTruth
    }

    /// The model's own order: number 1 is its first class. Classes beyond the 254th have no number.
    public init(model: ModelSummary) {
        self.init(
            numbers: model.classNames.indices.map { $0 < 254 ? UInt8($0 + 1) : nil },
            names: model.classNames.indices.prefix(254).map(model.className))
    }

    /// Whether a class of the model has a number.
    func has(_ index: Int) -> Bool { numbers.indices.contains(index) && numbers[index] != nil }

    /// What a number stands for.
    func name(of number: UInt8) -> String {
        switch number {
        case 0: "background"
        case LabelCompletion.ignored: "ignore"
        default: Int(number) <= names.count ? names[Int(number) - 1] : "\(number)"
        }
    }
}

/// Who says which classes a picture holds.
public enum LabelSource: String, Sendable, Hashable {
    case marked = "by hand"
    case file = "from file"
    case predicted
}

extension ExplorerState {
    /// The picture's classes and who says so: marks first, then the label file, then the classifier.
    var applied: (source: LabelSource, classes: [Int]) {
        func numbered(_ classes: some Sequence<Int>) -> [Int] {
            Set(classes).filter(labelSetup.has).sorted()
        }
        if let marks = adjustments.marks[picture] { return (.marked, numbered(marks)) }
        if record != nil, let classes = namedClasses { return (.file, numbered(classes)) }
        guard let record else { return (.predicted, []) }
        let scores = record.trace.probabilities
        return (.predicted, numbered(scores.indices.filter { scores[$0] >= adjustments.predict }))
    }

    /// Why no class applies, and what to do.
    var classlessReason: String {
        let named = adjustments.marks[picture].map { $0.sorted() } ?? namedClasses ?? []
        guard let first = named.first else { return "no class applies: space marks one" }
        return "\(model.className(first)) has no number in label maps: --class-list gives one"
    }

    /// The label map of the view shown.
    var labelsOnScreen: IndexedImage? { adjustments.view == .decoder ? shownAnswer?.labels : shownFile?.labels ?? shownLabels?.labels }
    /// What it has of each number.
    var figures: LabelFigures? { adjustments.view == .decoder ? shownAnswer?.figures : shownFile?.figures ?? shownLabels?.figures }

    /// The preset as it stands, with the method and the start layer chosen; its name has a star once it was changed.
    public var preset: Preset {
        var preset = adjustments.preset
        preset.method = methodName
        preset.layers = .from(startLayer)
        preset.name = adjustments.origin.name
        if preset != adjustments.origin {
            preset.name += "*"
            // What it reached was not reached so.
            preset.reached = nil
        }
        return preset
    }

    /// The preset as a file holds it: it bears the file's name, unless that is another's.
    func preset(savedTo path: String) -> Preset {
        var preset = self.preset
        preset.name = path.lastPart.withoutEnding(["json"])
        if let figure = presetFigure { preset.reached = figure }
        return preset.truthfullyNamed(path)
    }

    /// What must be prepared for the label that is shown; `nil` until the picture is traced.
    var labelRequest: LabelRequest? { labelRequest(of: labelClasses, numbered(strokesHere.asking)) }

    /// The same without strokes: what they are told from.
    var plainLabelRequest: LabelRequest? { labelRequest(of: applied.classes, numbered(LabelStrokes())) }

    private func labelRequest(of classes: [Int], _ strokes: NumberedStrokes) -> LabelRequest? {
        guard record != nil, let path = picturePath else { return nil }
        return LabelRequest(
            model: modelIndex, picture: picture, path: path, preset: preset, classes: classes,
            numbers: classes.compactMap { labelSetup.numbers[$0] }, strokes: strokes)
    }
}
