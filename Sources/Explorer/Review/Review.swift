import Images
import Labels

/// How a picture's label is made, as far as each picture of a review has it for itself.
struct LabelSettings: Sendable, Equatable {
    var preset: Preset
    /// As ``Adjustments/origin``.
    var origin: Preset
    var startLayer: Int
    /// An index into the methods.
    var method: Int
    var predict: Float
}

/// A label map that lies in the folder of a review, at most about 500 pixels on the long side.
public struct StoredLabel: Sendable, Equatable {
    let picture: Int
    let labels: IndexedImage
    let figures: LabelFigures
    /// Its size here over its own.
    let scale: Double
    /// By what it was made, and the names of its classes; `nil` where it does not say.
    let preset: Preset?
    let classes: [String]?
}

/// A folder of labels that is looked through: what was decided of each picture, and what labels go by there.
struct Review: Sendable, Equatable {
    /// Where labels and decisions are.
    let folder: String
    /// What the outputs of each picture are called; `nil` for one that no other name is left for.
    var names: [String?] = []
    /// What is known of each picture that anything is known of.
    var entries: [Int: ReviewEntry] = [:]
    /// Pictures with a label in the folder.
    var filed: Set<Int> = []
    /// What pictures go by that have no settings of their own.
    var common: LabelSettings
    var own: [Int: LabelSettings] = [:]
    /// What labels in the folder were made by.
    var fileSettings: [Int: LabelSettings] = [:]
    /// What can be undone and redone of pictures that are not looked at.
    var histories: [Int: (undo: [Adjustments], redo: [Adjustments])] = [:]
    /// The picture that the settings are of now.
    var current: Int?
    /// Labels read lately, the newest last.
    var stored: [StoredLabel] = []
    /// Pictures whose label cannot be read.
    var unreadable: Set<Int> = []
    /// Labels that are being written.
    var writing = 0
    /// In seconds since 1970, as far as anybody said.
    var clock = 0.0
    /// Decisions made or changed, for what follows from them.
    var version = 0

    /// How many of ``stored`` are kept.
    static let storedLimit = 24
    /// Seconds without a key from which on nobody is there.
    static let longestPause = 60.0

    init(folder: String, common: LabelSettings) {
        self.folder = folder
        self.common = common
    }

    func decision(of picture: Int) -> ReviewDecision { entries[picture]?.decision ?? .undecided }
    func name(of picture: Int) -> String? { names.indices.contains(picture) ? names[picture] : nil }
    func label(of picture: Int) -> ReviewedLabel? { name(of: picture).map { ReviewedLabel(folder: folder, name: $0) } }
    func storedLabel(of picture: Int) -> StoredLabel? { stored.last { $0.picture == picture } }

    /// How far the review is.
    var counts: ReviewCounts { ReviewCounts(entries.values, of: names.count) }

    static func == (a: Review, b: Review) -> Bool {
        a.folder == b.folder && a.names == b.names && a.entries == b.entries && a.filed == b.filed && a.common == b.common && a.own == b.own
            && a.fileSettings == b.fileSettings && a.current == b.current && a.stored == b.stored && a.unreadable == b.unreadable
            && a.writing == b.writing && a.clock == b.clock && a.version == b.version
            && a.histories.mapValues(\.undo) == b.histories.mapValues(\.undo) && a.histories.mapValues(\.redo) == b.histories.mapValues(\.redo)
    }
}

/// What a review begins with.
public struct ReviewStart: Sendable {
    let folder: String
    let names: [String]
    let entries: [ReviewEntry]
    let filed: Set<Int>

    /// - Parameters:
    ///   - names: what each picture's outputs are called.
    ///   - log: what was decided before.
    ///   - filed: the pictures with a label in the folder.
    public init(folder: String, names: [String], log: ReviewLog, filed: Set<Int>) {
        (self.folder, self.names, entries, self.filed) = (folder, names, log.entries, filed)
    }
}

extension ExplorerState {
    /// Whether labels are reviewed.
    public var isReviewing: Bool { review != nil }

    /// Goes through labels of a folder. For a state that has not been started, after all else was set.
    public mutating func begin(_ start: ReviewStart) {
        var review = Review(folder: start.folder, common: settingsNow)
        review.names = start.names
        review.filed = start.filed
        self.review = review
        var places: [String: Int] = [:]
        for (place, name) in start.names.enumerated() where places[name] == nil { places[name] = place }
        for entry in start.entries {
            guard let picture = places[entry.picture] else { continue }
            self.review?.entries[picture] = entry
            restore(entry, of: picture)
        }
        savedMarks = adjustments.marks
        if adjustments.view == .overlay, labelObstacle == nil { (adjustments.view, activeThreshold) = (.label, .background) }
        if !pictures.isEmpty, self.review?.decision(of: picture) != .undecided, let next = nextUndecided(from: picture, 1) { picture = next }
    }

    /// Takes what an entry says of a picture's label.
    private mutating func restore(_ entry: ReviewEntry, of picture: Int) {
        if let preset = entry.preset, let settings = settings(of: preset) { review?.own[picture] = settings }
        if let names = entry.classes {
            adjustments.marks[picture] = Set(names.compactMap { name in models[0].classNames.firstIndex(of: DisplayText.sanitized(name)) })
        }
        if let strokes = entry.strokes { self.strokes[picture] = strokes }
    }

    // MARK: Settings

    /// The settings as they stand.
    var settingsNow: LabelSettings {
        LabelSettings(
            preset: adjustments.preset, origin: adjustments.origin, startLayer: adjustments.startLayer, method: adjustments.method,
            predict: adjustments.predict)
    }

    /// Those of a preset; `nil` where the model cannot follow it.
    func settings(of preset: Preset) -> LabelSettings? {
        guard let method = methods.firstIndex(where: { $0.identifier == preset.method }), let layers = preset.layers.range(depth: models[0].depth)
        else { return nil }
        var origin = preset
        origin.layers = .from(layers.lowerBound)
        return LabelSettings(
            preset: preset, origin: origin, startLayer: layers.lowerBound, method: method, predict: adjustments.predict)
    }

    /// The preset that settings amount to.
    func preset(of settings: LabelSettings) -> Preset {
        var preset = settings.preset
        preset.method = methods.indices.contains(settings.method) ? methods[settings.method].identifier : preset.method
        preset.layers = .from(min(settings.startLayer, models[0].depth - 1))
        preset.name = settings.origin.name
        if preset.nameless != settings.origin.nameless {
            preset.name += "*"
            preset.reached = nil
        }
        return preset
    }

    /// What a picture goes by where nobody has changed anything.
    func base(of picture: Int) -> LabelSettings? { review.map { $0.fileSettings[picture] ?? $0.common } }

    /// What a picture goes by.
    func settings(of picture: Int) -> LabelSettings? {
        if picture == review?.current { return labelSettings }
        return review?.own[picture] ?? base(of: picture)
    }

    /// The settings as they stand, a method that is only looked at left out.
    private var labelSettings: LabelSettings {
        var result = settingsNow
        if !adjustments.view.isOfLabel, let review, let current = review.current {
            result.method = (review.own[current] ?? base(of: current))?.method ?? result.method
        }
        return result
    }

    private func areAlike(_ a: LabelSettings?, _ b: LabelSettings?) -> Bool {
        guard let a, let b else { return a == nil && b == nil }
        return preset(of: a).nameless == preset(of: b).nameless && a.predict == b.predict
    }

    /// Whether a picture's label is the one in the folder, as nobody has changed what it is made by.
    func followsFile(_ picture: Int) -> Bool {
        guard let review, review.filed.contains(picture), !review.unreadable.contains(picture) else { return false }
        if let label = review.entries[picture]?.label, label != ReviewEntry.onFile { return false }
        guard strokes[picture]?.isEmpty ?? true, adjustments.marks[picture] == nil else { return false }
        return picture == review.current ? areAlike(labelSettings, base(of: picture)) : review.own[picture] == nil
    }

    /// The label in the folder, where that is shown.
    var shownFile: StoredLabel? {
        guard adjustments.view == .label, followsFile(picture) else { return nil }
        return review?.storedLabel(of: picture)
    }

    /// Whether the label in the folder is to be read.
    var wantsFile: Bool {
        guard adjustments.view == .label, followsFile(picture) else { return false }
        return review?.storedLabel(of: picture) == nil
    }

    mutating func setOwn(_ change: OwnSettings) {
        guard let review, let base = base(of: picture) else { return refuse(Self.noReview) }
        switch change {
        case .reset:
            guard !areAlike(settingsNow, base) || adjustments.marks[picture] != nil else { return refuse("this picture has no settings of its own") }
            let picture = self.picture
            self.change {
                $0.take(base)
                $0.marks[picture] = nil
            }
            say("back to what " + (review.fileSettings[picture] == nil ? "all pictures go by" : "its label was made by"))
        case .share:
            let (shared, picture) = (settingsNow, self.picture)
            self.review?.common = shared
            self.review?.own[picture] = nil
            let count = pictures.count - (self.review?.own.count ?? 0)
            say("all pictures without settings of their own go by these: \(count)")
        }
    }

    static let noReview = "no review: getam explore --review DIR begins one"
}

/// What becomes of a picture's own settings.
public enum OwnSettings: String, Sendable, Hashable, CaseIterable {
    /// The picture goes by what it went by before they were changed.
    case reset
    /// All pictures without settings of their own go by them.
    case share
}

extension Adjustments {
    mutating func take(_ settings: LabelSettings) {
        preset = settings.preset
        origin = settings.origin
        startLayer = settings.startLayer
        method = settings.method
        predict = settings.predict
    }
}
