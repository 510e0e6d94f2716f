import Labels

/// The tuning bench: pictures that presets are judged by, and what came of it.
struct Bench: Sendable, Equatable {
    /// A picture of the sample, and what its label is held against.
    struct Subject: Sendable, Equatable {
        let picture: Int
        let reference: BenchReference
    }

    let subjects: [Subject]
    let yardstick: PresetFigure.Yardstick
    /// An index into the models.
    let model: Int
    /// The preset that was begun with.
    let start: Preset
    /// What was asked of the pictures last.
    fileprivate(set) var items: [BenchItem] = []
    /// By presets without names.
    fileprivate(set) var scores: [Preset: BenchScore] = [:]
    /// Mean IoU of large pictures reduced, until it is known at their own size.
    fileprivate var estimates: [Preset: Double] = [:]
    /// Presets that are being judged, the first now.
    fileprivate(set) var asked: [Preset] = []
    fileprivate(set) var serial = 0
    /// Answers to what was asked before are of other pictures, or another model.
    fileprivate var firstSerial = 0
    /// Pictures of the first of them that are judged.
    fileprivate(set) var done = 0
    /// The preset that work was stopped at; nil where it goes on.
    fileprivate var stopped: Preset?
    var sweep: Sweep?

    /// Most pictures of a sample.
    static let limit = 1000

    /// - Parameter serial: of what was asked before.
    init(_ subjects: [Subject], _ yardstick: PresetFigure.Yardstick, model: Int, start: Preset, after serial: Int) {
        (self.subjects, self.yardstick, self.model, self.start, self.serial) = (subjects, yardstick, model, start.nameless, serial)
    }

    var isBusy: Bool { !asked.isEmpty }
    /// `10 pictures`.
    var title: String { subjects.count == 1 ? "1 picture" : "\(subjects.count) pictures" }
    /// What figures are called.
    var figureName: String { yardstick == .truth ? "mean IoU" : "agreement" }

    func score(of preset: Preset) -> Double? { scores[preset]?.meanIoU }

    /// Forgets what was found, as the model is another.
    mutating func forget() { (scores, estimates, asked, stopped, firstSerial) = ([:], [:], [], nil, serial + 1) }

    mutating func stop(at preset: Preset) { stopped = preset }

    /// - Returns: whether it had stopped.
    mutating func resume() -> Bool {
        defer { stopped = nil }
        return stopped != nil
    }
}

/// What a label is held against.
public enum BenchReference: Sendable, Hashable {
    case truth
    /// A label map that was accepted.
    case file(String)
    /// What a preset and strokes of a hand make of the picture, of these classes; nil for those that apply.
    case made(Preset, classes: [Int]?, NumberedStrokes)
}

/// A picture that presets are judged by.
public struct BenchItem: Sendable, Hashable {
    let picture: Int
    let path: String
    /// Among the model's logits; nil for those that the label file names or the model predicts.
    let classes: [Int]?
    let predict: Float
    let reference: BenchReference
}

/// Presets to be judged when nothing else is to be done, in this order.
public struct BenchRequest: Sendable, Equatable {
    let serial: Int
    let model: Int
    /// None forgets all that is kept of pictures.
    let items: [BenchItem]
    let presets: [Preset]
    /// Of these first what they reach on large pictures reduced, which is known sooner.
    let estimates: [Preset]
    /// The number of each of the model's classes in label maps.
    let numbers: [UInt8?]
}

/// How well the labels of a preset meet what they are held against.
public struct BenchScore: Sendable, Equatable {
    /// Over all pictures together, 0…1; nil where there is nothing to compare, or no label.
    var meanIoU: Double?
    /// Pictures that were compared.
    var compared = 0
    /// Why there are no labels, or those of a picture are left out; one line.
    var remark: String?
}

extension ExplorerState {
    /// Has the preset as it stands judged, the start's, and those of the sweep.
    mutating func settleBench(_ effects: inout [Effect]) {
        guard var bench else { return }
        let items = bench.subjects.map { benchItem($0) }
        if items != bench.items {
            bench.items = items
            bench.forget()
        }
        let current = preset.nameless
        if let stopped = bench.stopped, stopped != current { bench.stopped = nil }
        var seen: Set<Preset> = []
        let wanted = bench.stopped != nil ? [] : ([current, bench.start] + (bench.sweep?.presets ?? [])).filter {
            bench.scores[$0] == nil && seen.insert($0).inserted
        }
        if wanted != bench.asked {
            bench.serial += 1
            bench.asked = wanted
            bench.done = 0
            effects.append(.bench(BenchRequest(
                serial: bench.serial, model: bench.model, items: items, presets: wanted,
                estimates: wanted.filter { ($0 == current || $0 == bench.start) && bench.estimates[$0] == nil }, numbers: labelSetup.numbers)))
        }
        self.bench = bench
    }

    private func benchItem(_ subject: Bench.Subject) -> BenchItem {
        BenchItem(
            picture: subject.picture, path: pictures[subject.picture],
            classes: adjustments.marks[subject.picture].map { $0.filter(labelSetup.has).sorted() }, predict: adjustments.predict,
            reference: subject.reference)
    }

    // MARK: Results

    mutating func benchProgress(serial: Int, done: Int) { if bench?.serial == serial { bench?.done = done } }

    mutating func estimated(serial: Int, _ preset: Preset, _ meanIoU: Double) {
        guard let first = bench?.firstSerial, serial >= first, serial <= bench?.serial ?? 0 else { return }
        bench?.estimates[preset] = meanIoU
        if bench?.asked.first == preset { bench?.done = 0 }
    }

    mutating func judged(serial: Int, _ preset: Preset, _ score: BenchScore) {
        guard let first = bench?.firstSerial, serial >= first, serial <= bench?.serial ?? 0 else { return }
        bench?.scores[preset] = score
        if bench?.asked.first == preset { bench?.done = 0 }
        bench?.asked.removeAll { $0 == preset }
        if let remark = score.remark, preset == self.preset.nameless { notice("sample", remark) }
        if bench?.isBusy == false, bench?.sweep != nil, let verdict = sweepVerdict { say(verdict) }
    }

    // MARK: What is told

    var isBenchBusy: Bool { bench?.isBusy ?? false }

    /// What the preset as it stands reaches, and how far that is from the start: `66.2 +0.8`, `≈66.1 +0.7` before it is known at the pictures'
    /// own size; as far as it is known.
    var benchFigure: String? {
        guard let bench else { return nil }
        let current = preset.nameless
        guard let score = bench.scores[current] else {
            if let estimate = bench.estimates[current] {
                let difference = current == bench.start ? nil : bench.estimates[bench.start].map { Self.points($0, to: estimate) }
                return "≈" + Self.points(estimate) + (difference.map { " " + $0 } ?? "")
            }
            return bench.asked.first == current && bench.done > 0 ? "\(bench.done)/\(bench.subjects.count)" : bench.isBusy ? "…" : "–"
        }
        guard let value = score.meanIoU else { return "–" }
        let difference = current == bench.start ? nil : bench.score(of: bench.start).map { Self.points($0, to: value) }
        return Self.points(value) + (difference.map { " " + $0 } ?? "")
    }

    /// `66.2`, of a share.
    static func points(_ share: Double) -> String { Numbers.fixed(Float(share * 100), digits: 1) }

    /// `+0.8`.
    static func points(_ from: Double, to: Double) -> String {
        let text = Numbers.fixed(Float((to - from) * 100), digits: 1)
        return text == "0.0" ? "±0.0" : text.hasPrefix("-") ? text : "+" + text
    }

    /// What the preset as it stands reached; nil without a sample, and until it is known.
    var presetFigure: PresetFigure? {
        guard let bench, let score = bench.scores[preset.nameless], let value = score.meanIoU else { return nil }
        return PresetFigure(
            meanIoU: value, start: bench.score(of: bench.start), yardstick: bench.yardstick, count: score.compared,
            pictures: bench.subjects.map { Self.name(ofPath: pictures[$0.picture]) })
    }

    /// What the sample is, in words.
    var sampleText: String {
        guard let bench else { return "no sample: “:sample 10” takes ten pictures to judge presets by" }
        let names = bench.subjects.prefix(6).map { Self.name(ofPath: pictures[$0.picture]) }.joined(separator: ", ")
        let figure = benchFigure.map { "\(bench.figureName) \($0)" } ?? ""
        return "\(bench.title), \(figure): \(names)" + (bench.subjects.count > 6 ? " …" : "")
    }
}
