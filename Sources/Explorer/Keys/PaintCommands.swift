import Labels

extension Command {
    /// The commands over strokes, regions and the truth.
    static let paintCommands: [Command] = [
        Command(
            "paint", "[on|off|toggle|DIRECTION|X Y|dot|line|fill|box|delete|only|more|less|undo|redo|clear]",
            "the brush of the label view: take it, move it, paint with it; undo and redo strokes",
            candidates: { _ in ["on", "off", "toggle"] + Direction.allCases.map(\.rawValue) + paintWords.map(\.word) }
        ) { (text, _) throws(CommandError) in
            switch text {
            case "on": return .paint(.set(true))
            case "off": return .paint(.set(false))
            case "toggle", "": return .paint(.toggle)
            default: break
            }
            if let direction = Direction(rawValue: text) { return .paint(.move(direction)) }
            if let known = paintWords.first(where: { $0.word == text }) { return .paint(known.action) }
            guard let points = try? points(text.split { $0 == " " }, "paint"), points.count == 1 else {
                throw CommandError("paint: “\(text)” is none of on, off, toggle, a direction, X Y, " + paintWords.map(\.word).joined(separator: ", "))
            }
            return .paint(.goTo(points[0]))
        },
        Command("brush", "N|+N|-N", "the brush's radius in pixels of the picture; 0 is one pixel",
                candidates: { _ in ["0", "4", "16", "+1", "-1"] }) { (text, _) throws(CommandError) in
            if text.hasPrefix("+") || text.hasPrefix("-"), let steps = Int(text), (-1000...1000).contains(steps) { return .paint(.resize(steps)) }
            guard let radius = Double(text), LabelStroke.radiusLimits.contains(radius) else {
                throw CommandError("brush: “\(text)” is no radius from 0 to 10000, +N or -N")
            }
            return .paint(.setRadius(radius))
        },
        Command(
            "target", "CLASS|background|ignore|automatic|listed N", "what the brush paints; automatic takes strokes back, listed N is a class of the legend",
            candidates: { state in targetWords + state.labelSetup.names }
        ) { (text, state) throws(CommandError) in
            let words = text.split(separator: " ")
            if words.count == 2, words[0] == "listed", let place = Int(words[1]) { return .paint(.setListedTarget(place)) }
            return .paint(.setTarget(try target(text, in: state, "target")))
        },
        Command("spread", "on|off|toggle", "whether refiners carry strokes to pixels alike, or they are exact",
                candidates: { _ in ["on", "off", "toggle"] }) { (text, _) throws(CommandError) in
            try onOff(text, "spread", toggle: .paint(.toggleSpread)) { .paint(.setSpread($0)) }
        },
        Command(
            "stroke", "line|box|fill X,Y … [radius=N] [mode=exact|constraint|add|take] [as CLASS|background|ignore|automatic]",
            "correct the label at pixels of the picture", candidates: { _ in ["line ", "box ", "fill "] }
        ) { (text, state) throws(CommandError) in .paint(.add(try stroke(text, in: state))) },
        Command(
            "tidy", "largest|holes|least N|smooth [N] [all]", "put the brush's class in order, or all: keep the largest region, fill holes, drop regions below N pixels, smooth outlines by N",
            candidates: { _ in ["largest", "holes", "least 100", "smooth 3", "largest all", "holes all", "least 100 all", "smooth 3 all"] }
        ) { (text, state) throws(CommandError) in
            var words = text.split(separator: " ").map(String.init)
            let isAll = words.last == "all"
            if isAll { words.removeLast() }
            let number = words.count == 2 ? Int(words[1]) : nil
            let kind: LabelTidying
            switch (words.first, words.count) {
            case ("largest", 1): kind = .largest
            case ("holes", 1): kind = .holes
            case ("least", 2) where number.map { (0...1_000_000_000).contains($0) } ?? false: kind = .least(area: number ?? 0)
            case ("smooth", 1): kind = .smooth(radius: max(Int(state.tool?.radius ?? 3), 1))
            case ("smooth", 2) where number.map { (0...1000).contains($0) } ?? false: kind = .smooth(radius: number ?? 0)
            default: throw CommandError("tidy: “\(text)” is none of largest, holes, least PIXELS, smooth [RADIUS], behind which all may stand")
            }
            return .paint(isAll ? .tidyAll(kind) : .tidy(kind))
        },
        Command("regions", "[N delete|only|as CLASS]", "list the label's regions with class and area, or change one", candidates: { _ in [] }) {
            (text, state) throws(CommandError) in
            let words = text.split(separator: " ", maxSplits: 2).map(String.init)
            if words.isEmpty { return .paint(.list) }
            if words.count >= 2, let place = Int(words[0]) {
                switch (words[1], words.count) {
                case ("delete", 2): return .paint(.ofRegion(place, .delete))
                case ("only", 2): return .paint(.ofRegion(place, .only))
                case ("as", 3): return .paint(.ofRegion(place, .become(try target(words[2], in: state, "regions"))))
                default: break
                }
            }
            throw CommandError("regions: “\(text)” is no N delete, N only or N as CLASS")
        },
        Command("truth", "off|outline|error|next", "the truth over what is shown: its borders, or what the label misses, has too much, and what does not count",
                candidates: { _ in ["next"] + TruthLook.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            text == "next" || text.isEmpty ? .cycleTruth : .setTruth(try choice(text, of: TruthLook.self, "truth", and: ["next"]))
        },
    ]

    private static let paintWords: [(word: String, action: PaintAction)] = [
        ("dot", .dot), ("line", .line), ("fill", .fill), ("box", .box), ("delete", .delete), ("only", .only), ("more", .more), ("less", .less),
        ("undo", .undo), ("redo", .redo), ("clear", .clear),
    ]

    private static let targetWords = ["background", "ignore", "automatic"]

    private static func target(_ text: String, in state: ExplorerState, _ what: String) throws(CommandError) -> StrokeTarget {
        switch text {
        case "background": return .background
        case "ignore": return .ignored
        case "automatic": return .automatic
        case "": throw CommandError("\(what): a class, background, ignore or automatic is needed")
        default: break
        }
        if state.labelNumber(of: text) != nil { return .named(text) }
        let index = try classIndex(text, in: state)
        guard let target = state.target(ofClass: index) else {
            throw CommandError("\(what): \(state.model.className(index)) has no number in label maps: --class-list gives one")
        }
        return target
    }

    /// Points as `X,Y` words, or one as two words.
    private static func points(_ words: [Substring], _ what: String) throws(CommandError) -> [StrokePoint] {
        var words = words
        if words.count == 2, words.allSatisfy({ !$0.contains(",") }) { words = ["\(words[0]),\(words[1])"[...]] }
        return try words.map { word throws(CommandError) in
            let numbers = word.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
            guard numbers.count == 2, let x = numbers[0], let y = numbers[1] else { throw CommandError("\(what): “\(word)” is no pixel X,Y of the picture") }
            return StrokePoint(x: x, y: y)
        }
    }

    private static func stroke(_ text: String, in state: ExplorerState) throws(CommandError) -> LabelStroke {
        // A class's name goes to the end of the line.
        var head = text[...], name: String?
        if let range = text.ranges(of: " as ").first {
            head = text[..<range.lowerBound]
            name = text[range.upperBound...].trimmed
        }
        var words = head.split(separator: " "), radius: Double?, mode: StrokeMode?
        while let word = words.last, let sign = word.firstIndex(of: "=") {
            let value = String(word[word.index(after: sign)...])
            switch word[..<sign] {
            case "radius" where radius == nil:
                guard let number = Double(value), LabelStroke.radiusLimits.contains(number) else { throw CommandError("stroke: radius: “\(value)” is not from 0 to 10000") }
                radius = number
            case "mode" where mode == nil: mode = try choice(value, of: StrokeMode.self, "stroke: mode")
            default: throw CommandError("stroke: “\(word)” is none of radius=N, mode=MODE")
            }
            words.removeLast()
        }
        guard let kind = words.first, ["line", "box", "fill"].contains(kind) else {
            throw CommandError("stroke: line, box or fill is needed, such as line 310,95 322,140 radius=6 as cat")
        }
        let points = try points(Array(words.dropFirst()), "stroke"), shape: LabelStroke.Shape
        switch (kind, points.count) {
        case ("line", 1...): shape = .line(points, radius: radius ?? state.tool?.radius ?? 0)
        case ("box", 2): shape = .rectangle(points[0], points[1])
        case ("fill", 1): shape = .region(points[0])
        default: throw CommandError("stroke: " + (kind == "line" ? "a line has one point X,Y or more" : kind == "box" ? "a box has two corners X,Y" : "fill has one pixel X,Y"))
        }
        if radius != nil, kind != "line" { throw CommandError("stroke: radius is for lines") }
        let wanted: StrokeTarget
        if let name {
            wanted = try target(name, in: state, "stroke")
        } else if let known = state.tool?.target ?? state.selectedClass.flatMap(state.target(ofClass:)) {
            wanted = known
        } else {
            throw CommandError("stroke: “as CLASS”, background, ignore or automatic is needed")
        }
        do throws(LabelError) {
            return try LabelStroke(wanted, shape, mode: kind == "fill" ? .exact : mode ?? state.tool?.mode ?? .constraint)
        } catch { throw CommandError("stroke: \(error)") }
    }
}

extension Substring {
    /// Without blanks around it.
    fileprivate var trimmed: String {
        var text = drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
