import Images
import Labels

/// The label that is shown, and what follows from it.
struct ShownLabels: Sendable, Equatable {
    let prepared: PreparedLabels
    /// The preset with the cuts that made it.
    let preset: Preset
    /// The preset's, with the level of this picture.
    let completion: LabelCompletion
    /// Before strokes are painted, as far as refiners have not followed them.
    private let automatic: IndexedImage
    /// Without strokes; nil while that is not there.
    private let plain: IndexedImage?
    let strokes: NumberedStrokes
    let labels: IndexedImage
    /// Of the pixels, 0 to 1, those that differ from the label without strokes; nil while that is not there, and without any.
    let byHand: Double?
    /// The salient pixels before completion; `nil` where saliency is not used.
    let mask: Mask?
    let figures: LabelFigures

    /// - Parameters:
    ///   - strokes: those that hold.
    ///   - plain: prepared without strokes, where it is there.
    ///   - picture: the size of the picture that strokes are in.
    ///   - before: the last one shown, of which as much is taken as is the same.
    init(
        _ prepared: PreparedLabels, preset: Preset, strokes: NumberedStrokes, plain: PreparedLabels?, picture: (width: Int, height: Int),
        before: ShownLabels? = nil
    ) throws(LabelError) {
        self.prepared = prepared
        self.preset = preset
        self.strokes = strokes
        let known = before.flatMap { $0.hasCuts(of: preset) ? $0 : nil }
        if let known, known.prepared.request == prepared.request {
            (mask, completion, automatic) = (known.mask, known.completion, known.automatic)
        } else {
            mask = prepared.mask(preset)
            completion = prepared.completion(preset)
            automatic = try completion.labels(prepared.activation, saliency: mask).labels
        }
        guard !strokes.strokes.isEmpty else {
            (self.plain, byHand) = (prepared.request.strokes.strokes.isEmpty ? automatic : nil, nil)
            labels = automatic
            figures = try LabelFigures(labels, truth: prepared.truth)
            return
        }
        let painted = strokes.painted(on: automatic, pictureWidth: picture.width, pictureHeight: picture.height).labels
        labels = painted
        let unpainted: IndexedImage?
        if let known, known.prepared.request.isSame(besidesStrokes: prepared.request), let plain = known.plain {
            unpainted = plain
        } else if let plain {
            unpainted = try plain.completion(preset).labels(plain.activation, saliency: plain.mask(preset)).labels
        } else {
            unpainted = nil
        }
        self.plain = unpainted
        byHand = unpainted.map { plain in
            Double(zip(plain.indices, painted.indices).count { $0 != $1 }) / Double(max(painted.indices.count, 1))
        }
        figures = try LabelFigures(labels, truth: prepared.truth)
    }

    private func hasCuts(of preset: Preset) -> Bool {
        self.preset.completion == preset.completion && self.preset.saliency == preset.saliency
            && self.preset.saliencyLevel == preset.saliencyLevel
    }

    /// Whether the label would be the same.
    ///
    /// - Parameter hasPlain: whether what is prepared without strokes is there now.
    func isMade(of prepared: PreparedLabels, preset: Preset, strokes: NumberedStrokes, hasPlain: Bool) -> Bool {
        self.prepared.request == prepared.request && hasCuts(of: preset) && self.strokes == strokes && (plain != nil || !hasPlain)
    }

    static func == (a: Self, b: Self) -> Bool { a.preset == b.preset && a.prepared == b.prepared && a.labels == b.labels }
}

/// Pixels whose label has just changed, shown for a moment.
struct LabelFlash: Sendable, Equatable {
    let serial: Int
    /// One a pixel of the label.
    let changed: [Bool]

    /// `nil` where nothing changed or the labels do not compare.
    init?(from old: ShownLabels, to new: ShownLabels, serial: Int) {
        guard old.prepared.request.picture == new.prepared.request.picture,
            old.labels.width == new.labels.width, old.labels.height == new.labels.height,
            old.labels.indices != new.labels.indices
        else { return nil }
        self.serial = serial
        changed = zip(old.labels.indices, new.labels.indices).map { $0 != $1 }
    }
}
