import Attribution

/// How a map, cut at a level, overlaps the object: intersection over union of the pixels that exceed it and those of the class.
struct LevelOverlap {
    /// Of each pixel that counts, 0 to 1 and whether it shows the class.
    private let scaled: [(value: Float, isInside: Bool)]

    init(_ subject: QualitySubject, truth: TruthRegion) throws(QualityError) {
        let (low, high) = subject.map.range, values = try truth.pixels(of: subject.map)
        scaled = values.indices.compactMap { place in
            truth.inside[place].map { (high > low ? (values[place] - low) / (high - low) : 0, $0) }
        }
    }

    /// The greatest IoU at 0, 0.01 … 0.99, and the least level that has it. Every pixel is put under the last level that it exceeds.
    func best() -> (value: Double, level: Double) {
        let levels = BestOverlap.levels
        var shown = [Int](repeating: 0, count: levels.count + 1), inside = shown, truth = 0
        for pixel in scaled {
            var exceeded = min(max(Int(pixel.value * Float(levels.count)), 0), levels.count)
            while exceeded < levels.count, Double(pixel.value) > levels[exceeded] { exceeded += 1 }
            while exceeded > 0, !(Double(pixel.value) > levels[exceeded - 1]) { exceeded -= 1 }
            shown[exceeded] += 1
            if pixel.isInside {
                inside[exceeded] += 1
                truth += 1
            }
        }
        var best = (value: 0.0, level: 0.0), both = 0, all = 0
        for index in levels.indices.reversed() {
            both += inside[index + 1]
            all += shown[index + 1]
            let either = all + truth - both, value = either > 0 ? Double(both) / Double(either) : 0
            if value > 0, value >= best.value { best = (value, levels[index]) }
        }
        return best
    }

    func value(at level: Double) -> Double {
        var (both, either) = (0, 0)
        for pixel in scaled {
            let isShown = Double(pixel.value) > level
            if isShown && pixel.isInside { both += 1 }
            if isShown || pixel.isInside { either += 1 }
        }
        return either > 0 ? Double(both) / Double(either) : 0
    }
}

/// The best IoU over all levels, 0 to 1: what the map could give, the truth in view.
public struct BestOverlap: QualityMetric {
    public init() {}
    public let identifier = "iou-best"
    public let title = "IoU, best level"
    public let definition =
        "Greatest intersection over union of the class's pixels and those where the map, scaled to 0 to 1 and enlarged bilinearly to the picture, "
        + "exceeds one of the levels 0, 0.01 … 0.99; the level is each map's own, chosen with its truth in view. Pixels whose truth is 255 are left out. 0 to 1."
    public let unit = "IoU"
    public let preference = MetricPreference.higher
    public var needsTruth: Bool { true }
    static let levels = (0..<100).map { Double($0) / 100 }

    public func value(of subject: QualitySubject) throws -> Double { try best(of: subject).value }

    /// The figure and the level that has it, of the map scaled to 0 to 1; of several the least.
    public func best(of subject: QualitySubject) throws -> (value: Double, level: Double) {
        try LevelOverlap(subject, truth: subject.requiredTruth(for: self)).best()
    }
}

/// The IoU at a fixed level, 0 to 1.
public struct Overlap: QualityMetric {
    public init() {}
    public let identifier = "iou"
    public let title = "IoU, fixed level"
    public let definition =
        "Intersection over union of the class's pixels and those where the map, scaled to 0 to 1 and enlarged bilinearly to the picture, exceeds "
        + "a fixed level. Pixels whose truth is 255 are left out. 0 to 1."
    public let unit = "IoU"
    public let preference = MetricPreference.higher
    public var needsTruth: Bool { true }

    public func value(of subject: QualitySubject) throws -> Double {
        try LevelOverlap(subject, truth: subject.requiredTruth(for: self)).value(at: subject.settings.level)
    }
}
