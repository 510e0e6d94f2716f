import Images
import Labels

/// The label that is shown, and what follows from it.
struct ShownLabels: Sendable, Equatable {
    let prepared: PreparedLabels
    /// The preset with the cuts that made it.
    let preset: Preset
    /// The preset's, with the level of this picture.
    let completion: LabelCompletion
    let labels: IndexedImage
    /// The salient pixels before completion; `nil` where saliency is not used.
    let mask: Mask?
    let figures: LabelFigures

    init(_ prepared: PreparedLabels, preset: Preset) throws(LabelError) {
        self.prepared = prepared
        self.preset = preset
        mask = prepared.mask(preset)
        completion = prepared.completion(preset)
        labels = try completion.labels(prepared.activation, saliency: mask).labels
        figures = try LabelFigures(labels, truth: prepared.truth)
    }

    /// Whether the label would be the same.
    func isMade(of prepared: PreparedLabels, preset: Preset) -> Bool {
        self.prepared.request == prepared.request && self.preset.completion == preset.completion
            && self.preset.saliency == preset.saliency && self.preset.saliencyLevel == preset.saliencyLevel
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
