import Images
import Labels

/// What was found out of a picture beside what is looked at.
public struct SurveyedPicture: Sendable, Equatable {
    let picture: Int
    /// The classes of its label among the model's, ascending.
    var classes: [Int] = []
    /// The most probable class and its probability; `nil` where the model was not asked.
    var top: (index: Int, probability: Float)?
    /// Of each number in its label, 0 to 1; empty where there is none.
    var areas: [UInt8: Double] = [:]
    var doubt: LabelDoubt?
    /// Of the pixels, those on which the decoder's label and that of the maps differ.
    var disagreement: Double?
    /// Mean IoU with the truth.
    var overlap: Double?
    var thumbnail: LabelThumbnail?
    /// Why it could not be read; one line.
    var failure: String?
    /// Whether its label is to be asked of the model yet.
    var isPartial = false

    init(picture: Int) { self.picture = picture }

    public static func == (a: Self, b: Self) -> Bool {
        a.picture == b.picture && a.classes == b.classes && a.top?.index == b.top?.index && a.top?.probability == b.top?.probability
            && a.areas == b.areas && a.doubt == b.doubt && a.disagreement == b.disagreement && a.overlap == b.overlap
            && a.thumbnail == b.thumbnail && a.failure == b.failure && a.isPartial == b.isPartial
    }
}

/// A picture and its label in small.
struct LabelThumbnail: Sendable, Equatable {
    let picture: PicturePyramid
    let labels: IndexedImage

    /// Pixels of the longer side.
    static let side = 72

    init(_ picture: RGBImage, _ labels: IndexedImage) {
        let small = picture.forDisplay(longSide: Self.side)
        self.picture = PicturePyramid(small)
        self.labels = labels.resized(width: small.width, height: small.height)
    }
}

/// A picture that is to be surveyed.
struct SurveyItem: Sendable, Equatable {
    let picture: Int
    let path: String
    /// The label in the folder, where that is the picture's.
    let label: String?
    /// Its classes; `nil` for those that the label file names or the model predicts.
    let classes: [Int]?
    let preset: Preset
    let predict: Float
}

/// Pictures to be looked at when nothing else is to be done, in this order.
public struct SurveyRequest: Sendable, Equatable {
    var items: [SurveyItem]
    /// The number of each of the model's classes in label maps.
    let numbers: [UInt8?]
    /// Whether labels are made, and how sure they are; else the model is asked for classes alone.
    let makesLabels: Bool
}

/// What is known of all pictures, as far as work in the background has come.
struct Survey: Sendable, Equatable {
    private(set) var figures: [Int: SurveyedPicture] = [:]
    /// How many are known whole.
    private(set) var complete = 0
    /// Grows with every change of ``figures``.
    private(set) var version = 0
    /// What was asked for last: the first pictures, and how often something was forgotten.
    private(set) var asked: (front: [Int], forgotten: Int, isOn: Bool) = ([], 0, false)
    private var forgotten = 0
    /// The pictures whose thumbnails are kept, the newest last.
    private var drawn: [Int] = []
    private static let thumbnailLimit = 1500

    mutating func take(_ found: SurveyedPicture) {
        var found = found
        // What was read of the file stays until the model has said more.
        if found.isPartial, let known = figures[found.picture], !known.isPartial { (found.doubt, found.disagreement, found.top) = (known.doubt, known.disagreement, known.top) }
        complete += (found.isPartial ? 0 : 1) - (figures[found.picture]?.isPartial == false ? 1 : 0)
        figures[found.picture] = found
        version += 1
        guard found.thumbnail != nil else { return }
        drawn.append(found.picture)
        while drawn.count > Self.thumbnailLimit { figures[drawn.removeFirst()]?.thumbnail = nil }
    }

    /// Forgets what was found of a picture whose label is another now.
    mutating func forget(_ picture: Int, unlessSame entry: ReviewEntry) {
        guard entry.hasOwnSettings, entry.label == nil || entry.label != ReviewEntry.onFile, let known = figures[picture] else { return }
        if !known.isPartial { complete -= 1 }
        figures[picture] = nil
        version += 1
        forgotten += 1
    }

    /// Whether other things are to be asked for than were, with these pictures first.
    mutating func isNew(front: [Int], isOn: Bool) -> Bool {
        guard asked.isOn != isOn || asked.forgotten != forgotten || !Set(front).isSubset(of: asked.front) else { return false }
        asked = (front, forgotten, isOn)
        return true
    }

    static func == (a: Survey, b: Survey) -> Bool { a.figures == b.figures && a.version == b.version && a.forgotten == b.forgotten }
}

extension ExplorerState {
    /// Has pictures looked at in the background, those first that the sheet shows.
    mutating func settleSurvey(_ effects: inout [Effect]) {
        let isOn = review != nil || sheet != nil || queue.needsFigures
        guard isOn, model.hasClasses, !pictures.isEmpty else { return }
        let front = sheet == nil ? [] : sheetPictures.filter { survey.figures[$0]?.thumbnail == nil && survey.figures[$0]?.failure == nil }
        guard survey.isNew(front: front, isOn: isOn) else { return }
        var seen = Set(front)
        let rest = queueOrder.filter { survey.figures[$0].map(\.isPartial) ?? true && seen.insert($0).inserted }
        let others = pictures.indices.filter { survey.figures[$0].map(\.isPartial) ?? true && seen.insert($0).inserted }
        // Most pictures go by the same.
        let common = preset(of: review?.common ?? settingsNow)
        effects.append(.survey(SurveyRequest(
            items: (front + rest + others).map { surveyItem($0, common) }, numbers: labelSetup.numbers, makesLabels: review != nil || sheet != nil)))
    }

    private func surveyItem(_ picture: Int, _ common: Preset) -> SurveyItem {
        let isOwn = review.map { $0.current == picture || $0.own[picture] != nil || $0.fileSettings[picture] != nil } ?? false
        let own = isOwn ? settings(of: picture) : nil
        return SurveyItem(
            picture: picture, path: pictures[picture], label: followsFile(picture) ? review?.label(of: picture)?.path : nil,
            classes: adjustments.marks[picture].map { $0.filter(labelSetup.has).sorted() }, preset: own.map { preset(of: $0) } ?? common, predict: (own ?? review?.common ?? settingsNow).predict)
    }
}
