import Labels
import Tensors

/// Which pictures presets are judged by.
public enum SampleChoice: Sendable, Hashable {
    /// So many of those that are gone through, the same for the same seed.
    case random(Int, seed: UInt64)
    /// Those with marks by hand.
    case marked
    /// Those chosen in the sheet.
    case chosen
    /// All that are gone through.
    case queue
    /// By their places in the list.
    case pictures([Int])
    case none
}

extension ExplorerState {
    /// Takes a sample, and has the preset as it stands judged by it.
    mutating func takeSample(_ choice: SampleChoice, _ effects: inout [Effect]) {
        if choice == .none {
            guard let bench else { return refuse("no sample") }
            self.bench = nil
            effects.append(.bench(BenchRequest(serial: bench.serial + 1, model: bench.model, items: [], presets: [], estimates: [], numbers: [])))
            return say("no sample any more")
        }
        if let labelObstacle { return refuse(labelObstacle) }
        guard isMethod else { return refuse("\(methodName) makes no labels: m chooses a method") }
        let wanted: [Int]
        switch choice {
        case .none: return
        case .random: wanted = queueOrder
        case .marked:
            wanted = pictures.indices.filter { adjustments.marks[$0]?.isEmpty == false }
            if wanted.isEmpty { return refuse("no picture has marked classes: space marks one") }
        case .chosen:
            wanted = (sheet?.chosen ?? []).sorted()
            if wanted.isEmpty { return refuse("no picture is chosen in the sheet: P opens it, space chooses") }
        case .queue: wanted = queueOrder
        case .pictures(let places): wanted = places
        }
        guard !wanted.isEmpty else { return refuse("no pictures") }
        var subjects = wanted.compactMap { picture in reference(of: picture).map { Bench.Subject(picture: picture, reference: $0) } }
        guard !subjects.isEmpty else {
            return refuse("nothing to hold labels against: --truth DIR names true masks; or accept or correct some of these first")
        }
        if case .random(let count, let seed) = choice {
            var generator = SplitMix64(seed: seed)
            for place in 0..<min(count, subjects.count) {
                subjects.swapAt(place, place + generator.index(below: subjects.count - place))
            }
            subjects = subjects.prefix(count).sorted { $0.picture < $1.picture }
        }
        guard subjects.count <= Bench.limit else {
            return refuse("\(subjects.count) pictures are more than a sample takes: “:sample 100” takes some of them at random")
        }
        let serial = bench?.serial ?? 0
        bench = Bench(subjects, labelSetup.hasTruth ? .truth : .masks, model: modelIndex, start: preset, after: serial)
        let without = wanted.count - subjects.count
        var text = "sample: \(bench?.title ?? ""), held against " + (labelSetup.hasTruth ? "the truth" : "masks that were accepted or corrected")
        if !labelSetup.hasTruth, without > 0, !choice.isRandom { text += "; \(without) have none" }
        say(text)
    }

    /// What a picture's label is held against: the truth where it is known of pictures, else the mask that was accepted, or what strokes
    /// make of it; nil where there is none.
    private func reference(of picture: Int) -> BenchReference? {
        if labelSetup.hasTruth { return .truth }
        if let entry = review?.entries[picture], entry.decision == .accept {
            if review?.filed.contains(picture) == true, let label = review?.label(of: picture) { return .file(label.path) }
            if let request = labelRequest(entry, of: picture) { return .made(request.preset, classes: request.classes, request.strokes) }
        }
        guard let strokes = strokes[picture], !strokes.isEmpty else { return nil }
        let made = settings(of: picture).map { preset(of: $0) } ?? preset
        return .made(made.nameless, classes: adjustments.marks[picture].map { $0.filter(labelSetup.has).sorted() }, numbered(strokes))
    }

    /// The line that takes the sample again; pictures by their names, as far as those can be typed.
    func sampleLine(_ choice: SampleChoice) -> String {
        switch choice {
        case .random(let count, let seed): return "sample \(count)" + (seed == 1 ? "" : " seed=\(seed)")
        case .marked: return "sample marked"
        case .none: return "sample none"
        case .chosen, .queue, .pictures:
            let names = (bench?.subjects ?? []).map { word(forPicture: $0.picture) }
            let areTyped = names.allSatisfy { Int($0) == nil && !$0.contains(" ") }
            if areTyped, names.count <= 100 { return "sample " + names.joined(separator: " ") }
            return choice == .chosen ? "sample chosen" : "sample queue"
        }
    }
}

extension SampleChoice {
    fileprivate var isRandom: Bool { if case .random = self { true } else { false } }
}
