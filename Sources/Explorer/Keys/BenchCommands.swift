import Files
import Labels

extension Command {
    /// Commands over the sample and sweeps.
    static let benchCommands: [Command] = [
        Command("sample", "[N [seed=S]|marked|chosen|queue|NAME …|none]",
                "pictures that presets are judged by, live: so many at random, with marks, chosen in the sheet, of the queue, by name; alone, says which",
                candidates: { state in ["10", "marked", "chosen", "queue", "none"] + state.pictures.prefix(500).map(ExplorerState.name(ofPath:)) }) {
            (text, state) throws(CommandError) in
            switch text {
            case "": return .saySample
            case "marked": return .sample(.marked)
            case "chosen": return .sample(.chosen)
            case "queue": return .sample(.queue)
            case "none": return .sample(.none)
            default: return .sample(try sample(text.split(separator: " ").map(String.init), state))
            }
        },
        Command("sweep", "all|NUMBER [VALUE …|FROM..TO[:STEP]]|take [NUMBER]|next|previous|row N|list|off",
                "walk a number of the preset, or all, over the sample: which matters, which is flat; take its best value",
                candidates: { _ in
                    ["all", "take", "next", "previous", "list", "off"] + PresetKnob.Group.allCases.map(\.rawValue)
                        + PresetKnob.all.map(\.name).filter { PresetKnob.Group(rawValue: $0) == nil }
                }) { (text, state) throws(CommandError) in
            switch text {
            case "": throw CommandError("sweep: a number of the preset is needed, such as layers, background or all")
            case "take": return .sweep(.take(nil))
            case "next": return .sweep(.step(1))
            case "previous": return .sweep(.step(-1))
            case "list": return .sweep(.list)
            case "off": return .sweep(.close)
            case _ where text.hasPrefix("take "): return .sweep(.take(try knobs(String(text.dropFirst(5)), state).names.first))
            case _ where text.hasPrefix("row "):
                guard let row = Int(text.dropFirst(4)), (1...1000).contains(row) else {
                    throw CommandError("sweep row: a number from 1 on is needed")
                }
                return .sweep(.choose(row - 1))
            default:
                let (names, rest) = try knobs(text, state)
                let values = try rest.split { $0 == " " || $0 == "," }.map { word throws(CommandError) in try value(String(word)) }
                if names.count > 1, !values.isEmpty {
                    throw CommandError("sweep: values are of one number, and \(text.prefix { $0 != " " }) are several")
                }
                return .sweep(.begin(names, values))
            }
        },
    ]

    /// So many at random, or pictures by name.
    private static func sample(_ words: [String], _ state: ExplorerState) throws(CommandError) -> SampleChoice {
        if let count = Int(words[0]), words.count <= 2 {
            guard (1...Bench.limit).contains(count) else { throw CommandError("sample: from 1 to \(Bench.limit) pictures") }
            guard words.count == 2 else { return .random(count, seed: 1) }
            guard words[1].hasPrefix("seed="), let seed = UInt64(words[1].dropFirst(5)) else {
                throw CommandError("sample: “\(words[1])” is no seed=NUMBER")
            }
            return .random(count, seed: seed)
        }
        var places: [Int] = []
        for word in words {
            guard let place = pictureIndex(word, in: state) else { throw CommandError("sample: no picture “\(word)”") }
            if !places.contains(place) { places.append(place) }
        }
        return .pictures(places)
    }

    /// Other words for numbers of presets: those of thresholds.
    private static let knobSynonyms = ["start": "layers", "level": "background", "completion": "cut", "power": "background"]

    /// The numbers that a text begins with, and what stands behind them.
    private static func knobs(_ text: String, _ state: ExplorerState) throws(CommandError) -> (names: [String], rest: String) {
        func begins(with name: String) -> Bool { text == name || text.hasPrefix(name + " ") }
        func rest(behind name: String) -> String { String(text.dropFirst(name.count).drop { $0 == " " }) }
        if begins(with: "all") { return (group(nil, state), rest(behind: "all")) }
        if let knob = PresetKnob.all.map(\.name).filter(begins).max(by: { $0.count < $1.count }) { return ([knob], rest(behind: knob)) }
        if let group = PresetKnob.Group.allCases.first(where: { begins(with: $0.rawValue) }) {
            return (self.group(group, state), rest(behind: group.rawValue))
        }
        if let word = knobSynonyms.keys.first(where: begins), let knob = knobSynonyms[word] { return ([knob], rest(behind: word)) }
        let names = PresetKnob.all.map(\.name) + PresetKnob.Group.allCases.map(\.rawValue) + ["all"]
        let word = String(text.prefix { $0 != " " }), meant = NearestNames.question(word, among: names)
        throw CommandError("sweep: “\(word)” is no number of a preset" + (meant.isEmpty ? "; Tab lists them" : meant))
    }

    /// What `getam tune` varies unless told otherwise, or one part of it.
    private static func group(_ group: PresetKnob.Group?, _ state: ExplorerState) -> [String] {
        let usual = PresetKnob.Group.allCases.filter { $0 != .method && ($0 != .decoder || state.model.decoder != nil) }
        let groups = group.map { [$0] } ?? usual
        return groups.flatMap(PresetKnob.all(in:)).map(\.name)
    }

    /// The word that stands for several numbers; nil for one.
    static func knobGroup(_ names: [String]) -> String? {
        guard names.count > 1 else { return nil }
        return PresetKnob.Group.allCases.first { PresetKnob.all(in: $0).map(\.name) == names }?.rawValue ?? "all"
    }

    private static func value(_ word: String) throws(CommandError) -> SweptValue {
        func number(_ text: Substring) -> Double? {
            let isPercent = text.hasSuffix("%")
            guard let value = Double(isPercent ? text.dropLast() : text), value.isFinite else { return nil }
            return isPercent ? value / 100 : value
        }
        if let dots = word.firstRange(of: "..") {
            let parts = word[dots.upperBound...].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let step = parts.count == 2 ? number(parts[1]) : nil
            guard let first = number(word[..<dots.lowerBound]), let last = number(parts[0]), parts.count == 1 || step != nil else {
                throw CommandError("sweep: “\(word)” is no FROM..TO or FROM..TO:STEP")
            }
            return .range(first, last, step: step)
        }
        return number(word[...]).map(SweptValue.number) ?? .word(word)
    }
}

extension SweptValue {
    /// As it is typed.
    var word: String {
        switch self {
        case .number(let number): KnobValue.number(number).text
        case .word(let word): word
        case .range(let first, let last, let step): KnobValue.number(first).text + ".." + KnobValue.number(last).text + (step.map { ":" + KnobValue.number($0).text } ?? "")
        }
    }
}
