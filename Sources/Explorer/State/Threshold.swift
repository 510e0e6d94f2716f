import Labels

/// The values that `[` and `]` step, one of them active at a time. Which are there depends on the view.
///
/// A new threshold is one more case and its lines below; keys, commands, hints and undo follow.
public enum Threshold: String, Sendable, Hashable, CaseIterable {
    /// The first layer of the fused map.
    case start
    /// The display threshold.
    case cut
    case opacity
    /// Of the classes over the picture.
    case fill
    /// The background's power, its level, or the upper level of the band.
    case background
    /// The quantile of label completion.
    case completion
    /// The level of computed saliency, or the threshold of saliency files.
    case saliency
    /// The side of the opening's square.
    case opening
    /// Iterations of PAMR.
    case pamr

    public var title: String {
        switch self {
        case .start: "start layer"
        case .cut: "threshold"
        case .opacity: "opacity"
        case .fill: "fill"
        case .background: "background"
        case .completion: "completion cut"
        case .saliency: "saliency"
        case .opening: "opening"
        case .pamr: "PAMR iterations"
        }
    }

    /// As in the title line.
    var shortTitle: String {
        switch self {
        case .start: "start"
        case .cut: "threshold"
        case .opacity: "opacity"
        case .fill: "fill"
        case .background: "bg"
        case .completion: "cut"
        case .saliency: "sal"
        case .opening: "open"
        case .pamr: "pamr"
        }
    }

    /// How much one key press changes it.
    func step(in adjustments: Adjustments) -> Float {
        switch self {
        case .start, .opening, .pamr: return 1
        case .cut, .opacity, .fill, .saliency: return 0.05
        case .completion: return 0.02
        case .background:
            if case .power = adjustments.preset.completion.background { return 4 }
            return 0.02
        }
    }

    /// The values it can take in a model of a depth.
    func limits(depth: Int, in adjustments: Adjustments) -> ClosedRange<Float> {
        switch self {
        case .start: return 0...Float(max(depth - 1, 0))
        case .cut, .opacity, .fill, .completion, .saliency: return 0...1
        case .opening, .pamr: return 0...100
        case .background:
            if case .power = adjustments.preset.completion.background { return 1...400 }
            return 0...1
        }
    }

    /// Why it cannot be changed now; one line.
    func obstacle(in adjustments: Adjustments) -> String? {
        self == .saliency && adjustments.preset.saliency == .none ? "no saliency is used: t chooses one" : nil
    }

    func value(in adjustments: Adjustments) -> Float {
        let preset = adjustments.preset
        switch self {
        case .start: return Float(adjustments.startLayer)
        case .cut: return adjustments.cut
        case .opacity: return adjustments.opacity
        case .fill: return adjustments.fill
        case .background:
            switch preset.completion.background {
            case .power(let value), .level(let value), .band(_, let value): return Float(value)
            case .automatic: return 0.5
            }
        case .completion: return Float(preset.completion.completionCut ?? 1)
        case .saliency:
            if case .files(let threshold) = preset.saliency { return Float(threshold) }
            return Float(preset.saliencyLevel ?? 0)
        case .opening: return Float(preset.completion.openingSize)
        case .pamr: return Float(Self.pamrIterations(preset))
        }
    }

    /// Sets a value that lies within the limits.
    func set(_ value: Float, in adjustments: inout Adjustments) {
        let fine = (Double(value) * 1000).rounded() / 1000
        switch self {
        case .start: adjustments.startLayer = Int(value.rounded())
        case .cut: adjustments.cut = (value * 1000).rounded() / 1000
        case .opacity: adjustments.opacity = (value * 1000).rounded() / 1000
        case .fill: adjustments.fill = (value * 1000).rounded() / 1000
        case .background:
            switch adjustments.preset.completion.background {
            case .power: adjustments.preset.completion.background = .power(max(fine, 0.001))
            case .level, .automatic: adjustments.preset.completion.background = .level(fine)
            case .band(let low, _): adjustments.preset.completion.background = .band(low: min(low, fine), high: fine)
            }
        case .completion: adjustments.preset.completion.completionCut = fine < 1 ? fine : nil
        case .saliency:
            switch adjustments.preset.saliency {
            case .none: break
            case .files: adjustments.preset.saliency = .files(threshold: fine)
            case .computed: adjustments.preset.saliencyLevel = fine > 0 ? fine : nil
            }
        case .opening:
            // A side of 1 changes nothing: it is stepped over.
            let side = Int(value.rounded()), before = adjustments.preset.completion.openingSize
            adjustments.preset.completion.openingSize = side == 1 ? (before == 0 ? 2 : 0) : side
        case .pamr: Self.setPAMR(Int(value.rounded()), in: &adjustments.preset)
        }
    }

    /// The value as shown: `6`, `0.40` or `off`, `60%`.
    ///
    /// - Parameter isShort: leaves out the words that the number tells as well, and ends of words.
    func text(in adjustments: Adjustments, isShort: Bool = false) -> String {
        func fixed(_ value: Double) -> String { Numbers.fixed(Float(value), digits: 2) }
        let preset = adjustments.preset
        switch self {
        case .start: return "\(adjustments.startLayer)"
        case .cut: return adjustments.cut > 0 ? Numbers.fixed(adjustments.cut, digits: 2) : "off"
        case .opacity: return "\(Int((adjustments.opacity * 100).rounded()))%"
        case .fill: return adjustments.fill > 0 ? "\(Int((adjustments.fill * 100).rounded()))%" : "off"
        case .background:
            let (word, number) =
                switch preset.completion.background {
                case .power(let power): ("power ", Numbers.fixed(Float(power), digits: power == power.rounded() ? 0 : 1))
                case .level(let level): ("level ", fixed(level))
                case .automatic(let kind): ("level ", kind.rawValue)
                case .band(let low, let high): ("band ", "\(fixed(low))–\(fixed(high))")
                }
            return isShort ? number : word + number
        case .completion: return preset.completion.completionCut.map(fixed) ?? "off"
        case .saliency:
            switch preset.saliency {
            case .none: return "off"
            case .files(let threshold): return "files \(fixed(threshold))"
            case .computed(let kind):
                let name = isShort ? DisplayText.truncated(kind.rawValue, to: 7) : kind.rawValue
                return name + " " + (preset.saliencyLevel.map(fixed) ?? "otsu")
            }
        case .opening: return preset.completion.openingSize > 1 ? "\(preset.completion.openingSize)" : "off"
        case .pamr:
            let iterations = Self.pamrIterations(preset)
            return iterations > 0 ? "\(iterations)" : "off"
        }
    }

    private static func pamrIterations(_ preset: Preset) -> Int {
        for case .pamr(let iterations, _) in preset.refiners { return iterations }
        return 0
    }

    /// None takes the refiner away; the first one stands before the CRF, after those on patches.
    private static func setPAMR(_ iterations: Int, in preset: inout Preset) {
        let place = preset.refiners.firstIndex { if case .pamr = $0 { true } else { false } }
        guard let place else {
            guard iterations > 0 else { return }
            let first = preset.refiners.firstIndex { !$0.worksOnPatches } ?? preset.refiners.count
            return preset.refiners.insert(.pamr(iterations: iterations), at: first)
        }
        guard iterations > 0, case .pamr(_, let dilations) = preset.refiners[place] else {
            preset.refiners.remove(at: place)
            return
        }
        preset.refiners[place] = .pamr(iterations: iterations, dilations: dilations)
    }
}
