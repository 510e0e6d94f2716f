import Attribution
import Quality

/// A map whose quality is asked for.
public struct QualityQuestion: Sendable, Hashable {
    let record: RecordKey
    let map: PatchMap
    /// The class it speaks for.
    let classIndex: Int
    let className: String
    /// The class's number in label maps, where its truth is looked for.
    let number: UInt8?
    /// Whether the overlap with the truth is enough.
    var isOverlap = false
}

/// How good a map is.
public struct QualityAnswer: Sendable, Equatable {
    /// In the order they are told.
    var figures: [QualityFigure] = []
    var insertion: ScoreCurve?
    var deletion: ScoreCurve?
    /// IoU at the best level, 0 to 1, and that level, of the map's own range.
    var overlap: (value: Double, level: Double)?
    /// Why there is no figure of some kind; one line each.
    var remarks: [String] = []

    public static func == (a: Self, b: Self) -> Bool {
        a.figures == b.figures && a.insertion == b.insertion && a.deletion == b.deletion && a.remarks == b.remarks
            && a.overlap?.value == b.overlap?.value && a.overlap?.level == b.overlap?.level
    }
}

/// A figure of a map, as it is told.
struct QualityFigure: Sendable, Equatable {
    let name: String
    let value: Double
    let preference: MetricPreference
}

extension ExplorerState {
    /// Why nothing is said of how good the map is; `nil` where something can be.
    var qualityObstacle: String? {
        guard model.hasClasses else { return ModelSummary.headless }
        if !ablations.isEmpty { return "not with heads left out" }
        if shownTable != nil { return "a table, no map" }
        guard let shown else { return absence }
        return shown.map.colors != nil || shown.map.classes != nil ? "no map of one value a patch" : nil
    }

    /// What is asked of the map shown; `nil` until all of it is there, and where nothing can be said.
    var qualityQuestion: QualityQuestion? {
        guard qualityShown, !showsGrid, qualityObstacle == nil, let key = mapKey, isComplete(key, picture: picture),
            let map = judgedMap(of: key)
        else { return nil }
        return question(map)
    }

    private func question(_ map: PatchMap, isOverlap: Bool = false) -> QualityQuestion? {
        guard let index = selectedClass else { return nil }
        let number = labelSetup.hasTruth && labelSetup.has(index) ? labelSetup.numbers[index] : nil
        return QualityQuestion(
            record: recordKey, map: map, classIndex: index, className: model.className(index), number: number, isOverlap: isOverlap)
    }

    /// How good the map shown is, as far as that is known.
    var quality: QualityAnswer? { qualityQuestion.flatMap { record?.qualities[$0] } }

    /// A method beside the others: its overlap with the truth, `nil` until that is known.
    struct MethodOverlap: Sendable, Equatable {
        let method: Int
        let value: Double?
    }

    /// All map methods that are one pass or were computed already, of the class and layers shown: the best first.
    var methodOverlaps: [MethodOverlap] {
        guard comparesMethods else { return [] }
        let known = comparedMethods.map { method -> MethodOverlap in
            let map = mapKey(ofMethod: method).flatMap { judgedMap(of: $0) }
            let asked = map.flatMap { question($0, isOverlap: true) }
            return MethodOverlap(method: method, value: asked.flatMap { record?.qualities[$0]?.overlap?.value })
        }
        return known.sorted { ($1.value ?? -1, $0.method) < ($0.value ?? -1, $1.method) }
    }

    /// Whether the methods are set beside each other: with a truth that has the class.
    var comparesMethods: Bool { qualityQuestion?.number != nil && quality?.overlap != nil }

    private var comparedMethods: [Int] {
        methods.indices.filter { method in
            guard methods[method].isMethod, model.obstacles[methods[method].identifier] == nil else { return false }
            return !methods[method].takesManyPasses || mapKey(ofMethod: method).map { isComplete($0, picture: picture) } ?? false
        }
    }

    /// What a method's map of the place shown is of.
    private func mapKey(ofMethod method: Int) -> MapKey? {
        var place = place
        place.method = method
        return mapKey(of: place)
    }

    /// The map that is shown of a key in the layer chosen; `nil` until all of it is there.
    private func judgedMap(of key: MapKey) -> PatchMap? {
        guard let maps = record?.maps[key], maps.allSatisfy({ $0 != nil }) else { return nil }
        if case .layer(let layer) = layer { return maps.indices.contains(layer) ? maps[layer]?.map : nil }
        return fusedMap(of: maps, by: methods[key.method].fusion)
    }

    /// What is missing of the figures: those of the map shown, then a method after the other.
    var missingOfQuality: Work.Task? {
        guard let question = qualityQuestion else { return nil }
        guard quality != nil else { return .judge(question) }
        guard comparesMethods else { return nil }
        for method in comparedMethods {
            guard let key = mapKey(ofMethod: method) else { continue }
            guard isComplete(key, picture: picture) else {
                let task = Work.Task.map(picture: picture, keys: [key], heads: key.heads)
                if suppressed.contains(task) { continue }
                return task
            }
            guard let map = judgedMap(of: key), let overlap = self.question(map, isOverlap: true) else { continue }
            if record?.qualities[overlap] == nil, !suppressed.contains(.judge(overlap)) { return .judge(overlap) }
        }
        return nil
    }

    /// What is being found out, for those who wait: how far the passes are.
    var qualityProgress: String? {
        guard let work, case .judge(let question) = work.task, !question.isOverlap, work.total > 0 else { return nil }
        return "\(work.done) of \(work.total) passes"
    }

    mutating func setQuality(_ on: Bool) {
        qualityShown = on
        guard on, let obstacle = qualityObstacle, record != nil else { return say(on ? "quality on" : "quality off") }
        say("quality on; of this: \(obstacle)")
    }
}
