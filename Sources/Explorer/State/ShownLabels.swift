import Images
import Labels

/// The label that is shown, and what follows from it.
struct ShownLabels: Sendable, Equatable {
    let prepared: PreparedLabels
    /// The preset with the cuts that made it.
    let preset: Preset
    let labels: IndexedImage
    /// The salient pixels before completion; `nil` where saliency is not used.
    let mask: Mask?
    /// Of the picture, 0 to 1, one a number.
    let shares: [Float]
    /// Intersection over union of each number with the truth; empty without it.
    let overlaps: [UInt8: Double]
    let meanOverlap: Double?

    init(_ prepared: PreparedLabels, preset: Preset) throws(LabelError) {
        self.prepared = prepared
        self.preset = preset
        mask = prepared.mask(preset)
        labels = try prepared.completion(preset).labels(prepared.activation, saliency: mask).labels
        var counts = [Int](repeating: 0, count: 256)
        labels.indices.withUnsafeBufferPointer { for index in $0 { counts[Int(index)] += 1 } }
        let pixels = max(labels.indices.count, 1)
        shares = counts.map { Float($0) / Float(pixels) }
        guard let truth = prepared.truth else {
            overlaps = [:]
            meanOverlap = nil
            return
        }
        var matrix = ConfusionMatrix(classes: 255)
        try matrix.add(prediction: labels, truth: truth)
        let report = EvaluationReport(matrix)
        var overlaps: [UInt8: Double] = [:]
        for (index, value) in report.iou { if let value { overlaps[UInt8(index)] = value } }
        self.overlaps = overlaps
        meanOverlap = report.meanIoU
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
