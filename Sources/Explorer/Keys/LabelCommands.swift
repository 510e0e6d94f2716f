import Labels

extension Command {
    /// The commands that tune labels.
    static let labelCommands: [Command] = [
        Command(
            "background", "NUMBER|power N|level X|band LOW HIGH|otsu|mixture|bas|next", "what a class must exceed to stand before the background",
            threshold: .background, candidates: { _ in ["next", "power 32", "level 0.3", "band 0.1 0.25"] + AutomaticLevel.allCases.map(\.rawValue) }
        ) { (text, _) throws(CommandError) in
            if text == "next" { return .cycleBackground }
            if let kind = AutomaticLevel(rawValue: text) { return .setBackground(.automatic(kind)) }
            let words = text.split(separator: " ").map(String.init)
            if words.count == 1, let value = Float(words[0]), value.isFinite { return .setThreshold(.background, value) }
            let numbers = words.dropFirst().map { (words[0] == "power" ? Double($0) : Fraction($0)?.value) ?? -1 }
            switch (words.first, numbers.count) {
            case ("power", 1) where numbers[0] > 0 && numbers[0] <= 400: return .setBackground(.power(numbers[0]))
            case ("level", 1) where (0...1).contains(numbers[0]): return .setBackground(.level(numbers[0]))
            case ("band", 2) where numbers[0] >= 0 && numbers[0] <= numbers[1] && numbers[1] <= 1:
                return .setBackground(.band(low: numbers[0], high: numbers[1]))
            default: throw CommandError("background: “\(text)” is no number, power up to 400, level or band from 0 to 1, otsu, mixture, bas or next")
            }
        },
        Command(
            "completion", "0…1|off", "the quantile above which unsalient pixels are completed",
            threshold: .completion, candidates: { _ in ["off", "0.9"] }
        ) { (text, _) throws(CommandError) in
            .setThreshold(.completion, text == "off" ? 1 : try fraction(text, "completion"))
        },
        Command(
            "saliency", "0…1|otsu|none|files|KIND|next", "the level of saliency, or how it is found",
            threshold: .saliency, candidates: { _ in ["next", "none", "files", "otsu"] + SaliencySetting.ComputedSaliency.allCases.map(\.rawValue) }
        ) { (text, _) throws(CommandError) in
            switch text {
            case "next": return .cycleSaliency
            case "none": return .setSaliency(.none)
            case "files": return .setSaliency(.files())
            case "otsu": return .setThreshold(.saliency, 0)
            default: break
            }
            if let kind = SaliencySetting.ComputedSaliency(rawValue: text) { return .setSaliency(.computed(kind)) }
            return .setThreshold(.saliency, try fraction(text, "saliency"))
        },
        Command("opening", "PIXELS|off", "the side of the square that regions must hold", threshold: .opening, candidates: { _ in ["off", "10"] }) {
            (text, _) throws(CommandError) in .setThreshold(.opening, try count(text, "opening"))
        },
        Command("pamr", "N|off", "iterations of pixel-adaptive refinement", threshold: .pamr, candidates: { _ in ["off", "10"] }) {
            (text, _) throws(CommandError) in .setThreshold(.pamr, try count(text, "pamr"))
        },
        Command(
            "source", "maps|decoder|0…1", "what class maps are made of: the method's maps, the decoder's answer, or a share of it",
            candidates: { _ in ["maps", "decoder", "0.5"] }
        ) { (text, _) throws(CommandError) in
            switch text {
            case "maps": .setDecoderShare(0)
            case "decoder": .setDecoderShare(1)
            default: .setDecoderShare(Double(try fraction(text, "source")))
            }
        },
        Command(
            "decoder", "all|applied|toggle", "which classes the decoder view may show",
            candidates: { _ in DecoderScope.allCases.map(\.rawValue) + ["toggle"] }
        ) { (text, _) throws(CommandError) in
            text == "toggle" ? .toggleScope : .setScope(try choice(text, of: DecoderScope.self, "decoder", and: ["toggle"]))
        },
        Command("predict", "0…1|N%", "the probability from which a class applies where nothing else says so",
                candidates: { _ in ["0.5"] }) { (text, _) throws(CommandError) in
            .setPrediction(try fraction(text, "predict"))
        },
        Command("histogram", "on|off|toggle", "the histogram of the map, with the cut in it",
                candidates: { _ in ["on", "off", "toggle"] }) { (text, _) throws(CommandError) in
            try onOff(text, "histogram", toggle: .toggleHistogram) { .setHistogram($0) }
        },
        Command("quality", "on|off|toggle", "how good the map is: insertion and deletion, with truth its overlap and that of all methods",
                candidates: { _ in ["on", "off", "toggle"] }) { (text, _) throws(CommandError) in
            try onOff(text, "quality", toggle: .toggleQuality) { .setQuality($0) }
        },
    ]

    private static func count(_ text: String, _ what: String) throws(CommandError) -> Float {
        if text == "off" { return 0 }
        guard let value = Int(text), (0...100).contains(value) else {
            throw CommandError("\(what): “\(text)” is no number from 0 to 100, or off")
        }
        return Float(value)
    }
}
