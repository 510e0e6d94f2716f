import Attribution

/// A coordinate along which presets are searched.
public struct PresetKnob: Sendable {
    /// As it is told: `crf.backgroundLevel`.
    public let name: String
    public let group: Group
    private let neighbors: Neighbors
    private let reading: Reading
    private let writing: Writing?

    private typealias Neighbors = @Sendable (_ preset: Preset, _ depth: Int, _ scale: Double) -> [Preset]
    private typealias Reading = @Sendable (_ preset: Preset, _ depth: Int) -> KnobValue?
    private typealias Writing = @Sendable (_ preset: Preset, _ number: Double, _ depth: Int) -> Preset?

    /// - Parameters:
    ///   - reading: what a preset has of it; nil where it has no such setting.
    ///   - writing: a preset with another number of it, nil where it cannot have that; nil for one of words.
    ///   - neighbors: the presets one move away.
    private init(
        name: String, group: Group, reading: @escaping Reading, writing: Writing? = nil, _ neighbors: @escaping Neighbors
    ) {
        (self.name, self.group, self.reading, self.writing, self.neighbors) = (name, group, reading, writing, neighbors)
    }

    /// What a preset has of it; nil where it has no such setting.
    public func value(in preset: Preset, depth: Int) -> KnobValue? { reading(preset, depth) }

    /// Whether it can be given numbers at all.
    public var takesNumbers: Bool { writing != nil }

    /// The preset with a number of this setting, nil where it cannot have that.
    public func setting(_ number: Double, in preset: Preset, depth: Int) -> Preset? {
        guard number.isFinite, let changed = writing?(preset, number, depth) else { return nil }
        do throws(LabelError) { try changed.validate() } catch { return nil }
        return changed
    }

    /// The preset itself and those that moves along this coordinate lead to, one a value: numbers ascending, then words. None where it
    /// has no such setting.
    ///
    /// - Parameters:
    ///   - reach: moves away from the preset, at most.
    ///   - most: values at most; those near the preset come first.
    public func walk(from preset: Preset, depth: Int, reach: Int, most: Int = 32) -> [Preset] {
        guard let own = value(in: preset, depth: depth) else { return [] }
        var found: [KnobValue: Preset] = [own: preset], edge = [preset]
        for _ in 0..<max(reach, 0) {
            var next: [Preset] = []
            for place in edge {
                // Layers are stepped one by one; other steps are those of a search's beginning.
                for moved in moves(place, depth, group == .layers ? 0.5 : 1) where found.count < most {
                    guard let value = value(in: moved, depth: depth), found[value] == nil else { continue }
                    found[value] = moved
                    next.append(moved)
                }
            }
            edge = next
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    /// The one of a name.
    public static func named(_ name: String) -> PresetKnob? { all.first { $0.name == name } }

    /// The presets beside one along this coordinate; none where it has no such number.
    ///
    /// - Parameters:
    ///   - depth: blocks of the model.
    ///   - scale: how long steps are, 1 at first.
    func moves(_ preset: Preset, _ depth: Int, _ scale: Double) -> [Preset] { neighbors(preset, depth, scale).filter { $0 != preset } }

    /// What is searched together.
    public enum Group: String, Sendable, Hashable, CaseIterable {
        /// What counts as background, completion and opening.
        case levels
        case layers, fusion
        /// Refiners, their order and numbers.
        case refiners
        /// Size, scales, mirror image and tiles, and how maps are scaled.
        case views
        /// The share of the decoder's answer.
        case decoder
        case method
    }

    /// All of a group, in the order they are tried.
    public static func all(in group: Group) -> [PresetKnob] { all.filter { $0.group == group } }

    public static let all: [PresetKnob] = levels + layers + fusion + refiners + views + decoder + method

    // MARK: Levels

    private static let levels: [PresetKnob] = [
        PresetKnob(
            name: "background", group: .levels,
            reading: { preset, _ in
                switch preset.completion.background {
                case .power(let number), .level(let number): .number(number)
                case .automatic(let kind): .word(kind.rawValue)
                case .band(let low, let high): .word("\(low)–\(high)")
                }
            },
            writing: { preset, number, _ in
                switch preset.completion.background {
                case .power: preset.with { $0.completion.background = .power(number) }
                case .level, .automatic: preset.with { $0.completion.background = .level(number) }
                case .band: nil
                }
            }
        ) { preset, _, scale in
            let backgrounds: [LabelCompletion.Background] =
                switch preset.completion.background {
                case .power(let power): steps(power, by: { $0 * (1 + scale) }, { $0 / (1 + scale) }, within: 1...256).map { .power($0) }
                case .level(let level): steps(level, by: 0.1 * scale, within: 0...1).map { .level($0) } + [.automatic(.otsu), .automatic(.mixture)]
                case .automatic(let kind):
                    [.level(0.4)] + [AutomaticLevel.otsu, .mixture].filter { $0 != kind }.map { .automatic($0) }
                case .band(let low, let high):
                    steps(low, by: 0.1 * scale, within: 0...high).map { .band(low: $0, high: high) }
                        + steps(high, by: 0.1 * scale, within: low...1).map { .band(low: low, high: $0) }
                }
            return backgrounds.map { value in preset.with { $0.completion.background = value } }
        },
        PresetKnob(
            name: "cut", group: .levels, reading: { preset, _ in preset.completion.completionCut.map(KnobValue.number) ?? .word("off") },
            writing: { preset, number, _ in preset.with { $0.completion.completionCut = number } }
        ) { preset, _, scale in
            guard let cut = preset.completion.completionCut else { return [] }
            return steps(cut, by: 0.05 * scale, within: 0...1).map { value in preset.with { $0.completion.completionCut = value } }
                + [preset.with { $0.completion.completionCut = nil }]
        },
        PresetKnob(
            name: "opening", group: .levels, reading: { preset, _ in .number(Double(preset.completion.openingSize)) },
            writing: whole { preset, number, _ in preset.with { $0.completion.openingSize = number } }
        ) { preset, _, scale in
            let side = preset.completion.openingSize, step = max(Int(6 * scale), 1)
            return [side - step, side + step].map { max($0, 0) }.map { value in preset.with { $0.completion.openingSize = value < 2 ? 0 : value } }
        },
    ]

    // MARK: Layers and fusion

    private static let layers: [PresetKnob] = [
        PresetKnob(
            name: "layers", group: .layers,
            reading: { preset, depth in preset.layers.range(depth: depth).map { .number(Double($0.lowerBound)) } },
            writing: whole { preset, number, depth in (0..<depth).contains(number) ? preset.with { $0.layers = .from(number) } : nil }
        ) { preset, depth, scale in
            guard let first = preset.layers.range(depth: depth)?.lowerBound else { return [] }
            let step = max(Int(2 * scale), 1)
            return [first + step, first - step].filter { (0..<depth).contains($0) }.map { value in preset.with { $0.layers = .from(value) } }
        }
    ]

    private static let fusion: [PresetKnob] = [
        PresetKnob(name: "fusion", group: .fusion, reading: { preset, _ in .word(preset.fusion.rawValue) }) { preset, _, _ in
            LayerFusion.Kind.allCases.filter { $0 != preset.fusion }.map { kind in preset.with { $0.fusion = kind } }
        }
    ]

    // MARK: Refiners

    private static let refiners: [PresetKnob] = [
        PresetKnob(
            name: "patch refiner", group: .refiners, reading: { preset, _ in kinds(preset.refiners.filter(\.worksOnPatches)) }
        ) { preset, _, _ in
            let onPatches = preset.refiners.filter(\.worksOnPatches), others = preset.refiners.filter { !$0.worksOnPatches }
            let kinds: [RefinerSetting] = [
                .patchAffinity(layers: .fused, normalization: .sinkhorn, steps: 2), .classAffinity(), .affinityWalk(), .coupledDiffusion(),
                .imagePrototypes,
            ]
            return ([[]] + kinds.map { [$0] }).filter { $0 != onPatches }.map { choice in preset.with { $0.refiners = choice + others } }
        },
        refiner("affinity.layers", reading: { if case .patchAffinity(let layers, _, _) = $0 { .word(layers.word) } else { nil } }) { refiner, _ in
            guard case .patchAffinity(let layers, let normalization, let steps) = refiner else { return [] }
            return [.all, .fused, .last(4), .last(2)].filter { $0 != layers }.map { .patchAffinity(layers: $0, normalization: normalization, steps: steps) }
        },
        refiner(
            "affinity.normalization",
            reading: { if case .patchAffinity(_, let normalization, _) = $0 { .word(normalization.rawValue) } else { nil } }
        ) { refiner, _ in
            guard case .patchAffinity(let layers, let normalization, let steps) = refiner else { return [] }
            return RefinerSetting.AffinityNormalization.allCases.filter { $0 != normalization }.map {
                .patchAffinity(layers: layers, normalization: $0, steps: steps)
            }
        },
        refiner(
            "affinity.steps", reading: { if case .patchAffinity(_, _, let steps) = $0 { .number(Double(steps)) } else { nil } },
            writing: { refiner, number in
                guard case .patchAffinity(let layers, let normalization, _) = refiner, let steps = Int(exactly: number) else { return nil }
                return .patchAffinity(layers: layers, normalization: normalization, steps: steps)
            }
        ) { refiner, _ in
            guard case .patchAffinity(let layers, let normalization, let steps) = refiner else { return [] }
            return [steps + 1, steps - 1].filter { (1...8).contains($0) }.map { .patchAffinity(layers: layers, normalization: normalization, steps: $0) }
        },
        PresetKnob(
            name: "pixel refiner", group: .refiners, reading: { preset, _ in kinds(preset.refiners.filter { !$0.worksOnPatches }) }
        ) { preset, _, _ in
            let onPatches = preset.refiners.filter(\.worksOnPatches), others = preset.refiners.filter { !$0.worksOnPatches }
            let kinds: [RefinerSetting] = [.denseCRF(DenseCRFSetting(.light, backgroundLevel: 0.5, sharpness: 10)), .pamr(), .par(), .geodesic()]
            return ([[]] + kinds.map { [$0] }).filter { $0 != others }.map { choice in preset.with { $0.refiners = onPatches + choice } }
        },
        field("crf.backgroundLevel", \.backgroundLevel) { crf, scale in
            steps(crf.backgroundLevel, by: 0.1 * scale, within: 0.02...0.98).map { value in crf.with { $0.backgroundLevel = value } }
        },
        field("crf.sharpness", \.sharpness) { crf, scale in
            steps(crf.sharpness, by: { $0 * (1 + 0.5 * scale) }, { $0 / (1 + 0.5 * scale) }, within: 0.5...100).map { value in crf.with { $0.sharpness = value } }
        },
        field("crf.appearanceWidth", \.appearanceWidth) { crf, scale in
            steps(crf.appearanceWidth, by: { $0 * (1 + 0.5 * scale) }, { $0 / (1 + 0.5 * scale) }, within: 5...400).map { value in crf.with { $0.appearanceWidth = value } }
        },
        field("crf.appearanceColor", \.appearanceColor) { crf, scale in
            steps(crf.appearanceColor, by: { $0 * (1 + 0.5 * scale) }, { $0 / (1 + 0.5 * scale) }, within: 1...60).map { value in crf.with { $0.appearanceColor = value } }
        },
        field("crf.appearanceWeight", \.appearanceWeight) { crf, scale in
            steps(crf.appearanceWeight, by: { $0 * (1 + 0.5 * scale) }, { $0 / (1 + 0.5 * scale) }, within: 0.5...60).map { value in crf.with { $0.appearanceWeight = value } }
        },
    ]

    // MARK: Views, decoder, method

    private static let views: [PresetKnob] = [
        PresetKnob(
            name: "size", group: .views, reading: { preset, _ in preset.size.map { .number(Double($0)) } },
            writing: whole { preset, number, _ in preset.with { $0.size = number } }
        ) { preset, _, scale in
            guard let size = preset.size else { return [] }
            let step = max(Int(112 * scale), 16)
            return [size + step, size - step].filter { (96...1024).contains($0) }.map { value in preset.with { $0.size = value } }
        },
        PresetKnob(name: "flip", group: .views, reading: { preset, _ in .word(preset.flip ? "on" : "off") }) { preset, _, _ in [preset.with { $0.flip.toggle() }] },
        PresetKnob(
            name: "scales", group: .views, reading: { preset, _ in .word(preset.scales.map { "\($0)" }.joined(separator: ",")) }
        ) { preset, _, _ in
            [[1], [1, 0.75], [1, 1.25], [1, 0.5, 1.5]].filter { $0 != preset.scales }.map { value in preset.with { $0.scales = value } }
        },
        PresetKnob(name: "tiles", group: .views, reading: { preset, _ in .word(preset.tiles?.rawValue ?? "off") }) { preset, _, _ in
            [nil, .mean, .maximum].filter { $0 != preset.tiles }.map { value in preset.with { $0.tiles = value } }
        },
        PresetKnob(name: "share", group: .views, reading: { preset, _ in .word(preset.share ? "on" : "off") }) { preset, _, _ in [preset.with { $0.share.toggle() }] },
        PresetKnob(name: "normalization", group: .views, reading: { preset, _ in .word(preset.normalization.rawValue) }) { preset, _, _ in
            MapNormalization.allCases.filter { $0 != preset.normalization }.map { value in preset.with { $0.normalization = value } }
        },
    ]

    private static let decoder: [PresetKnob] = [
        PresetKnob(
            name: "decoder", group: .decoder, reading: { preset, _ in .number(preset.decoder) },
            writing: { preset, number, _ in preset.with { $0.decoder = number } }
        ) { preset, _, scale in
            steps(preset.decoder, by: 0.25 * scale, within: 0...1).map { value in preset.with { $0.decoder = value } }
        }
    ]

    private static let method: [PresetKnob] = [
        PresetKnob(name: "method", group: .method, reading: { preset, _ in .word(preset.method) }) { preset, _, _ in
            MapMethods.all.filter { $0 is any ClassMethod && !($0 is any PictureMethod) && $0.identifier != preset.method }.map { method in
                preset.with { $0.method = method.identifier }
            }
        }
    ]

    // MARK: Moves

    /// A number and its neighbors, rounded to four places so that the same number comes of any way to it.
    private static func steps(_ value: Double, by step: Double, within range: ClosedRange<Double>) -> [Double] {
        steps(value, by: { $0 + step }, { $0 - step }, within: range)
    }

    private static func steps(
        _ value: Double, by up: (Double) -> Double, _ down: (Double) -> Double, within range: ClosedRange<Double>
    ) -> [Double] {
        [up(value), down(value)].map { min(max(($0 * 10_000).rounded() / 10_000, range.lowerBound), range.upperBound) }.filter { $0 != value }
    }

    /// A setting of the refiners; of the first that has it.
    private static func refiner(
        _ name: String, reading: @escaping @Sendable (RefinerSetting) -> KnobValue?,
        writing: (@Sendable (RefinerSetting, Double) -> RefinerSetting?)? = nil,
        _ moves: @escaping @Sendable (RefinerSetting, Double) -> [RefinerSetting]
    ) -> PresetKnob {
        @Sendable func place(_ preset: Preset) -> Int? { preset.refiners.firstIndex { reading($0) != nil } }
        var write: Writing?
        if let writing {
            write = { preset, number, _ in
                guard let place = place(preset), let changed = writing(preset.refiners[place], number) else { return nil }
                return preset.with { $0.refiners[place] = changed }
            }
        }
        return PresetKnob(
            name: name, group: .refiners, reading: { preset, _ in place(preset).flatMap { reading(preset.refiners[$0]) } }, writing: write
        ) { preset, _, scale in
            guard let place = place(preset) else { return [] }
            return moves(preset.refiners[place], scale).map { value in preset.with { $0.refiners[place] = value } }
        }
    }

    private static func field(
        _ name: String, _ number: WritableKeyPath<DenseCRFSetting, Double> & Sendable,
        _ moves: @escaping @Sendable (DenseCRFSetting, Double) -> [DenseCRFSetting]
    ) -> PresetKnob {
        refiner(
            name, reading: { if case .denseCRF(let crf) = $0 { .number(crf[keyPath: number]) } else { nil } },
            writing: { refiner, value in
                if case .denseCRF(let crf) = refiner { .denseCRF(crf.with { $0[keyPath: number] = value }) } else { nil }
            }
        ) { refiner, scale in
            if case .denseCRF(let crf) = refiner { moves(crf, scale).map { .denseCRF($0) } } else { [] }
        }
    }

    /// Takes whole numbers alone.
    private static func whole(_ writing: @escaping @Sendable (_ preset: Preset, _ number: Int, _ depth: Int) -> Preset?) -> Writing {
        { preset, number, depth in Int(exactly: number).flatMap { writing(preset, $0, depth) } }
    }

    /// Refiners by what they are called.
    private static func kinds(_ refiners: [RefinerSetting]) -> KnobValue {
        .word(refiners.isEmpty ? "none" : refiners.map(\.kind).joined(separator: "+"))
    }
}

extension Preset {
    fileprivate func with(_ change: (inout Preset) -> Void) -> Preset {
        var preset = self
        change(&preset)
        return preset
    }
}

extension DenseCRFSetting {
    fileprivate func with(_ change: (inout DenseCRFSetting) -> Void) -> DenseCRFSetting {
        var setting = self
        change(&setting)
        return setting
    }
}
