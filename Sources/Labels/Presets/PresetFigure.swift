/// What a preset's labels had in common with masks that were known, where it was tuned.
public struct PresetFigure: Sendable, Hashable {
    /// Over all pictures together, 0…1.
    public var meanIoU: Double
    /// Of the preset that was begun with, over the same pictures; nil where that is not known.
    public var start: Double?
    public var yardstick: Yardstick
    /// How many pictures were compared.
    public var count: Int
    /// Their names; of many the first ``namesLimit``.
    public var pictures: [String]

    /// What labels are held against.
    public enum Yardstick: String, Sendable, Hashable, CaseIterable {
        /// True label maps.
        case truth
        /// Masks that were accepted or corrected by hand.
        case masks
    }

    public static let namesLimit = 200

    public init(meanIoU: Double, start: Double? = nil, yardstick: Yardstick, count: Int, pictures: [String]) {
        (self.meanIoU, self.start, self.yardstick, self.count) = (meanIoU, start, yardstick, count)
        self.pictures = Array(pictures.prefix(Self.namesLimit))
    }
}
