import Attribution
@testable import Explorer
import Images

/// The screen of a training run made of formulas.
struct ScriptedTraining {
    var state: TrainingState
    private(set) var effects: [TrainingEffect] = []

    init(
        columns: Int = 80, rows: Int = 24, depth: ColorDepth = .trueColor, probes: Int = 4, hasDecoder: Bool = true, steps: Int = 0,
        names: [String] = Array(ScriptedExplorer.classNames.prefix(4))
    ) {
        state = TrainingState(
            run: "runs/voc-\u{1B}[31m", recipe: "getam", steps: 2600, classNames: names, depth: 12, fused: 6...11, hasDecoder: hasDecoder,
            probes: (0..<probes).map { TrainingProbe(name: "photo-\($0)", picture: ScriptedExplorer.trace($0).picture) },
            colorDepth: depth, columns: columns, rows: rows)
        for step in 0..<max(steps, 0) { send(.stepped(Self.figures(step + 1))) }
    }

    mutating func send(_ action: TrainingAction) { effects += update(&state, action) }

    mutating func press(_ key: Key) {
        if let action = state.action(for: .key(key)) { send(action) }
    }

    /// Single characters, and words for the others.
    mutating func press(_ keys: String) {
        for word in keys.split(separator: " ") {
            let key: Key = switch word {
            case "space": .character(" ")
            case "esc": .escape
            case "enter": .enter
            case "^c": .control("c")
            default: .character(word.first ?? " ")
            }
            press(key)
        }
    }

    /// The effects since this was asked last.
    mutating func takeEffects() -> [TrainingEffect] {
        defer { effects = [] }
        return effects
    }

    var screen: [String] { view(state).lines }

    /// A loss that falls, and its parts; the 700th step was left out.
    static func figures(_ step: Int) -> TrainingFigures {
        let loss = 0.7 / (1 + Double(step) / 300)
        return TrainingFigures(
            step: step,
            values: [
                TrainingFigure("loss", step == 700 ? .nan : loss + (step > 1100 ? 0.3 : 0)), TrainingFigure("softMargin", loss),
                TrainingFigure("segmentation", step > 1100 ? 0.3 : 0), TrainingFigure("gradientNorm", 1 + loss),
                TrainingFigure("learningRate", 1e-4 * (1 - Double(step) / 2600)),
            ],
            rate: 48.54, left: Double(2600 - step) * 0.33)
    }

    /// Two classes named and another, hills for maps, discs for label and answer.
    static func reading(_ place: Int, step: Int, hasDecoder: Bool = true) -> TrainingReading {
        func disc(_ number: UInt8, _ radius: Int) -> IndexedImage {
            IndexedImage(width: 80, height: 60, indices: (0..<80 * 60).map { pixel in
                let dx = pixel % 80 - 30 - 5 * place, dy = pixel / 80 - 30, square = dx * dx + dy * dy
                return square < radius * radius ? number : square < (radius + 3) * (radius + 3) ? 255 : 0
            })
        }
        return TrainingReading(
            step: step, classes: [0, 2, 1], named: 2, probabilities: [0.93, 0.41, 0.07],
            maps: [0, 2, 1].map { index in (0..<12).map { ScriptedExplorer.map(classIndex: index, method: 0, layer: $0) } },
            label: disc(1, 14), answer: hasDecoder ? disc(3, 18) : nil)
    }
}
