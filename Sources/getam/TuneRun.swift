import Foundation
import GETAM

/// The search at work.
struct TuneRun {
    /// A preset that was better than all before it.
    struct Step: Encodable {
        let evaluation: Int
        let knob: String
        let mIoU: Double
    }

    private var coordinates: CoordinateSearch
    private let pictures: TunedPictures
    private let log: TuneLog
    private let budget: Int
    /// Presets tried, those of the log among them.
    private(set) var evaluations = 0
    private(set) var startScore: Double?
    private(set) var steps: [Step] = []
    /// Whether nothing was left to be tried.
    private(set) var isDone = false

    init(_ coordinates: CoordinateSearch, _ pictures: TunedPictures, _ log: TuneLog, budget: Int) {
        (self.coordinates, self.pictures, self.log, self.budget) = (coordinates, pictures, log, budget)
    }

    var best: (preset: Preset, score: Double)? { coordinates.best }

    /// Tries presets on some pictures until none is left, or as many as there may be.
    mutating func search(on places: [Int]) throws {
        while evaluations < budget {
            guard let candidate = coordinates.next() else { return isDone = true }
            let knob = coordinates.knob ?? "start", before = best?.score
            evaluations += 1
            let score = try figure(of: candidate, knob, on: places)
            coordinates.tell(score)
            if evaluations == 1 { startScore = score }
            guard let score else { continue }
            let isBetter = before.map { score > $0 } ?? true
            if isBetter, before != nil { steps.append(Step(evaluation: evaluations, knob: knob, mIoU: score)) }
            Report.line(String(format: "%d/%d  %6.2f %%  %@%@", evaluations, budget, score * 100, knob, isBetter && before != nil ? "  better" : ""))
        }
    }

    private func figure(of preset: Preset, _ knob: String, on places: [Int]) throws -> Double? {
        if let known = log.figure(of: preset) { return known }
        let score: Double?
        do {
            score = try pictures.score(preset, on: places, knob)
        } catch is LabelError where best != nil {
            // A move that does not fit the model or itself.
            score = nil
        }
        try log.add(preset, score, knob: knob)
        return score
    }
}

/// What `getam tune` prints.
struct TuneReport: Encodable {
    /// Mean IoU on the pictures tuned on and on those held out, 0 to 1.
    struct Figures: Encodable {
        let tuned: Double?
        let heldOut: Double?
    }

    let tunedPictures: Int
    let heldOutPictures: Int
    let evaluations: Int
    let isDone: Bool
    var start = Figures(tuned: nil, heldOut: nil)
    var best = Figures(tuned: nil, heldOut: nil)
    var steps: [TuneRun.Step] = []

    init(pictures: (tuned: Int, heldOut: Int), evaluations: Int, isDone: Bool) {
        (tunedPictures, heldOutPictures, self.evaluations, self.isDone) = (pictures.tuned, pictures.heldOut, evaluations, isDone)
    }

    func text(preset path: String) -> String {
        func percent(_ value: Double?) -> String { value.map { String(format: "%10.2f %%", $0 * 100) } ?? "           –" }
        var text = "mean IoU            tuned on    held out\n"
        text += "start           \(percent(start.tuned))\(percent(start.heldOut))\n"
        text += "best            \(percent(best.tuned))\(percent(best.heldOut))\n"
        text += "\(tunedPictures) pictures tuned on, \(heldOutPictures) held out; \(evaluations) presets tried"
            + (isDone ? ", nothing left to try" : ", as many as --budget allows") + "; \(path.printable)\n"
        if steps.isEmpty { text += "none was better than the start\n" }
        for step in steps { text += String(format: "  after %d  %6.2f %%  ", step.evaluation, step.mIoU * 100) + step.knob + "\n" }
        return text
    }
}
