import Labels

/// Numbers of the preset that are walked, and how far that is.
struct Sweep: Sendable, Equatable {
    /// A number, and its values.
    struct Row: Sendable, Equatable {
        /// ``PresetKnob/name``.
        let knob: String
        let values: [Value]
    }

    /// A value, and the preset that has it.
    struct Value: Sendable, Equatable {
        let value: KnobValue
        let preset: Preset
    }

    /// The preset that values were tried from.
    let base: Preset
    let rows: [Row]
    /// The row that was chosen; nil for the one that gains most.
    var chosen: Int?

    var presets: [Preset] { rows.flatMap { $0.values.map(\.preset) } }
}

/// What is done with a sweep.
public enum SweepAction: Sendable, Hashable {
    /// Of knobs by their names; values are for one alone, none for those around what it is now.
    case begin([String], [SweptValue])
    /// Takes the best value: of a knob, or of the row that is chosen.
    case take(String?)
    /// To the row so many further on.
    case step(Int)
    case choose(Int)
    /// All that was found, in words.
    case list
    case close
}

/// Values as they are typed.
public enum SweptValue: Sendable, Hashable {
    case number(Double)
    case word(String)
    /// From the first to the last; nil for about ten steps.
    case range(Double, Double, step: Double?)
}

extension ExplorerState {
    mutating func sweep(_ action: SweepAction) {
        switch action {
        case .begin(let knobs, let values): beginSweep(knobs, values)
        case .take(let knob): takeBest(knob)
        case .step(let step):
            guard let rows = sweptRows, !rows.isEmpty else { return refuse(Self.noSweep) }
            let now = chosenRow ?? 0, next = ((now + step) % rows.count + rows.count) % rows.count
            chooseRow(next)
        case .choose(let row): chooseRow(row)
        case .list:
            guard let rows = sweptRows else { return refuse(Self.noSweep) }
            show(rows.map { Fact($0.knob, $0.text) }, of: "sweep")
        case .close:
            guard bench?.sweep != nil else { return refuse(Self.noSweep) }
            bench?.sweep = nil
        }
    }

    static let noSweep = "no sweep: “:sweep layers” walks the start layer, “:sweep all” every number"

    // MARK: Beginning

    private mutating func beginSweep(_ names: [String], _ values: [SweptValue]) {
        guard bench != nil else { return refuse("no sample to judge by: “:sample 10” takes ten pictures") }
        if let labelObstacle { return refuse(labelObstacle) }
        let base = preset.nameless, depth = model.depth
        var rows: [Sweep.Row] = []
        for knob in names.compactMap(PresetKnob.named) {
            let from = knob.sized(base, model)
            do throws(CommandError) {
                let presets = try values.isEmpty
                    ? knob.walk(from: from, depth: depth, reach: names.count > 1 ? 3 : 12, most: 24) : knob.presets(values, from: from, depth: depth)
                let row = Sweep.Row(knob: knob.name, values: presets.compactMap { preset in
                    knob.value(in: preset, depth: depth).map { Sweep.Value(value: $0, preset: preset.nameless) }
                })
                if row.values.count > 1 { rows.append(row) }
            } catch { return refuse(error.message) }
        }
        guard !rows.isEmpty else {
            return refuse("\(names.joined(separator: ", ")): the preset has " + (names.count == 1 ? "no such number" : "none of these numbers"))
        }
        _ = bench?.resume()
        bench?.sweep = Sweep(base: base, rows: rows)
        let count = Set(rows.flatMap { $0.values.map(\.preset) }).count
        say("sweeping \(rows.count == 1 ? rows[0].knob : "\(rows.count) numbers"): \(count) presets over \(bench?.title ?? ""); Esc stops")
    }

    // MARK: What was found

    /// A number of the preset as it was swept, as far as it is known.
    struct SweptRow: Equatable {
        let knob: String
        let values: [Sweep.Value]
        /// One a value.
        let figures: [Double?]
        /// Of the preset that values were tried from.
        let base: Double?

        /// Of those that are known; nil where none is.
        var summary: SweepSummary? { SweepSummary(figures.compactMap(\.self)) }
        private var known: [Int] { figures.indices.filter { figures[$0] != nil } }
        var isComplete: Bool { known.count == figures.count }
        /// The place of the best value among all.
        var best: Int? { summary.map { known[$0.best] } }
        /// What the best has more than the preset that values were tried from.
        var gain: Double { best.flatMap { figures[$0] }.flatMap { best in base.map { best - $0 } } ?? 0 }
        /// Whether what was tried is all alike, half a point around the best.
        var isFlat: Bool { summary.map { $0.spread <= SweepSummary.flatness } ?? false }

        /// The first and the last value around the best that do as well.
        var plateau: (first: KnobValue, last: KnobValue)? {
            summary.map { (values[known[$0.plateau.lowerBound]].value, values[known[$0.plateau.upperBound]].value) }
        }

        /// What is to be known of it, without its name.
        var text: String {
            guard let best, let figure = figures[best], let summary else { return "…" }
            if isFlat, values.count > 1 {
                let numbers = values.map(\.value).filter { $0.number != nil }
                let range = numbers.count > 1 ? " from \(numbers[0].text) to \(numbers[numbers.count - 1].text)" : ""
                return "flat" + range + (isComplete ? "" : " …")
            }
            var text = "\(values[best].value.text): \(ExplorerState.points(figure))"
            if let base { text += " " + ExplorerState.points(base, to: figure) }
            if summary.isFlat, let plateau, plateau.first != plateau.last { text += ", alike from \(plateau.first.text) to \(plateau.last.text)" }
            return text + (isComplete ? "" : " …")
        }
    }

    /// The numbers that are swept: once all is known what matters most comes first.
    var sweptRows: [SweptRow]? {
        guard let bench, let sweep = bench.sweep else { return nil }
        let base = bench.score(of: sweep.base)
        let rows = sweep.rows.map { row in
            SweptRow(knob: row.knob, values: row.values, figures: row.values.map { bench.score(of: $0.preset) }, base: base)
        }
        if bench.isBusy { return rows }
        return rows.enumerated().sorted { ($1.element.gain, $0.offset) < ($0.element.gain, $1.offset) }.map(\.element)
    }

    /// Among ``sweptRows``.
    var chosenRow: Int? {
        guard let rows = sweptRows else { return nil }
        if let chosen = bench?.sweep?.chosen, let knob = bench?.sweep?.rows[chosen].knob { return rows.firstIndex { $0.knob == knob } }
        return rows.indices.max { (rows[$0].gain, $1) < (rows[$1].gain, $0) }
    }

    private mutating func chooseRow(_ place: Int) {
        guard let rows = sweptRows, rows.indices.contains(place) else { return refuse(Self.noSweep) }
        let row = rows[place]
        let chosen = bench?.sweep?.rows.firstIndex { $0.knob == row.knob }
        bench?.sweep?.chosen = chosen
        say("\(row.knob) \(row.text)")
    }

    /// Which number matters and which does not; nil until something is known.
    var sweepVerdict: String? {
        guard let bench, let rows = sweptRows else { return nil }
        let known = rows.filter { $0.best != nil }
        guard !known.isEmpty else { return nil }
        if known.count == 1 {
            let row = known[0]
            if row.isFlat { return "\(row.knob) is \(row.text): not worth tuning" }
            return "\(row.knob) \(row.text)" + (row.gain > 0 ? "; Enter takes it" : "; nothing is better than now")
        }
        let flat = known.filter(\.isFlat).map(\.knob), best = known[chosenRow.flatMap { $0 < known.count ? $0 : nil } ?? 0]
        var parts: [String] = []
        if let most = known.max(by: { ($0.summary?.spread ?? 0) < ($1.summary?.spread ?? 0) }), !most.isFlat {
            parts.append("\(most.knob) matters most, \(Self.points(most.summary?.spread ?? 0)) between worst and best")
        }
        if best.gain > 0, !best.isFlat {
            parts.append("\(best.knob) \(best.text), Enter takes it")
        } else if !bench.isBusy, known.allSatisfy({ $0.gain <= 0 }) {
            parts.append("nothing is better than now")
        }
        if !flat.isEmpty { parts.append("flat: " + flat.joined(separator: ", ")) }
        return parts.joined(separator: "; ")
    }

    // MARK: Taking

    private mutating func takeBest(_ name: String?) {
        guard let rows = sweptRows else { return refuse(Self.noSweep) }
        let place = name.map { name in rows.firstIndex { $0.knob == name } } ?? chosenRow
        guard let place, let knob = PresetKnob.named(rows[place].knob) else {
            return refuse("sweep: \(name ?? "") was not swept; " + rows.map(\.knob).joined(separator: ", ") + " were")
        }
        let row = rows[place]
        guard let best = row.best, let figure = row.figures[best] else { return refuse("not yet: nothing of \(row.knob) is known") }
        let wanted = row.values[best], now = preset
        guard knob.value(in: knob.sized(now, model), depth: model.depth) != wanted.value else {
            return refuse("\(row.knob): nothing that was tried is better than \(wanted.value.text), which it is")
        }
        if let base = row.base, figure <= base { return refuse("\(row.knob): nothing that was tried is better than before") }
        guard let taken = knob.preset(wanted.value, from: now, model) else {
            return refuse("\(row.knob): the preset has no such number any more")
        }
        guard follow(taken) else { return refuse("\(row.knob): the model cannot follow that preset") }
        let gain = row.base.map { " " + Self.points($0, to: figure) } ?? ""
        say("\(row.knob) \(wanted.value.text): \(Self.points(figure))\(gain); u takes it back")
    }

    /// Changes the settings to those of a preset, which stays the one that was taken before, changed. - Returns: whether that can be.
    private mutating func follow(_ preset: Preset) -> Bool {
        guard let method = methods.firstIndex(where: { $0.identifier == preset.method }), obstacle(to: method) == nil,
            let layers = preset.layers.range(depth: model.depth)
        else { return false }
        change {
            let name = $0.preset.name
            $0.preset = preset
            $0.preset.name = name
            $0.method = method
            $0.startLayer = layers.lowerBound
        }
        return true
    }
}

extension PresetKnob {
    /// A preset with the model's own size named where this is what changes.
    func sized(_ preset: Preset, _ model: ModelSummary) -> Preset {
        guard name == "size", preset.size == nil, let input = model.configuration?.inputSize else { return preset }
        var sized = preset
        sized.size = max(input.width, input.height)
        return sized
    }

    /// The preset with a value; nil where it cannot have that.
    fileprivate func preset(_ value: KnobValue, from preset: Preset, _ model: ModelSummary) -> Preset? {
        let from = sized(preset, model), depth = model.depth
        if let number = value.number, let set = setting(number, in: from, depth: depth), self.value(in: set, depth: depth) == value { return set }
        return walk(from: from, depth: depth, reach: 100, most: 100).first { self.value(in: $0, depth: depth) == value }
    }

    /// The presets with values as they are typed, and the preset itself, in order.
    fileprivate func presets(_ values: [SweptValue], from preset: Preset, depth: Int) throws(CommandError) -> [Preset] {
        var found = [preset]
        let around = walk(from: preset, depth: depth, reach: 100, most: 100)
        guard value(in: preset, depth: depth) != nil else { throw CommandError("\(name): the preset has no such number") }
        func add(_ number: Double) throws(CommandError) {
            guard let changed = setting(number, in: preset, depth: depth) else {
                let kind = takesNumbers ? "cannot be \(KnobValue.number(number).text)" : "takes no numbers, but " + words(around, depth)
                throw CommandError("\(name) \(kind)")
            }
            found.append(changed)
        }
        for value in values {
            switch value {
            case .number(let number): try add(number)
            case .word(let word):
                guard let changed = around.first(where: { self.value(in: $0, depth: depth)?.text == word }) else {
                    throw CommandError("\(name): “\(word)” is none of " + words(around, depth))
                }
                found.append(changed)
            case .range(let first, let last, let step):
                let isWhole = setting(first + 0.5, in: preset, depth: depth) == nil && setting(first, in: preset, depth: depth) != nil
                let step = step ?? (isWhole ? max(((last - first) / 24).rounded(.up), 1) : (last - first) / 10)
                guard step > 0, first < last, (last - first) / step < 100 else {
                    throw CommandError("\(name): a range is FROM..TO or FROM..TO:STEP, of at most 100 values")
                }
                for place in 0...Int((last - first) / step + 1e-6) { try add(((first + Double(place) * step) * 1e9).rounded() / 1e9) }
            }
        }
        var seen: Set<KnobValue> = []
        return found.compactMap { preset in value(in: preset, depth: depth).map { (value: $0, preset: preset) } }
            .filter { seen.insert($0.value).inserted }.sorted { $0.value < $1.value }.map(\.preset)
    }

    private func words(_ presets: [Preset], _ depth: Int) -> String {
        presets.compactMap { value(in: $0, depth: depth)?.text }.joined(separator: ", ")
    }
}
