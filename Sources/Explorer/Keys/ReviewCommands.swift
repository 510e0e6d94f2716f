import Labels

extension Command {
    /// Commands over decisions, the queue and the sheet.
    static let reviewCommands: [Command] = [
        Command("decide", "accept|reject|flag|undecided", "in a review, decide about the label shown, or those chosen in the sheet",
                candidates: { _ in ReviewDecision.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            .decide(try choice(text, of: ReviewDecision.self, "decide"))
        },
        Command("note", "[TEXT|none]", "in a review, a note of one line about the picture; alone, asks") { (text, _) throws(CommandError) in
            text.isEmpty ? .askNote : .setNote(text == "none" ? "" : text)
        },
        Command("undecided", "next|previous", "in a review, the next picture that is not decided", candidates: { _ in ["next", "previous"] }) {
            (text, _) throws(CommandError) in
            switch text {
            case "next", "": return .stepUndecided(1)
            case "previous": return .stepUndecided(-1)
            default: throw CommandError("undecided: “\(text)” is none of next, previous")
            }
        },
        Command("own", "reset|share", "in a review, the picture's own settings: back to those of all, or for all without their own",
                candidates: { _ in OwnSettings.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            .setOwn(try choice(text, of: OwnSettings.self, "own"))
        },
        Command("sheet", "[toggle|enter [N|NAME]|at N|NAME|choose|page|list|left|right|up|down|first|last|+N|-N]", "pictures with their labels side by side, to decide many at once",
                candidates: { _ in ["toggle", "enter", "choose", "page", "list", "first", "last", "+1", "-1"] + Direction.allCases.map(\.rawValue) }) {
            (text, state) throws(CommandError) in
            switch text {
            case "toggle", "": return .toggleSheet
            case "enter": return .enterSheet(nil)
            case "choose": return .chooseInSheet
            case "page": return .choosePage
            case "list": return .toggleSheetList
            case "first": return .stepInSheet(-1_000_000)
            case "last": return .stepInSheet(1_000_000)
            case _ where text.hasPrefix("enter "): return .enterSheet(try picture(String(text.dropFirst(6).drop { $0 == " " }), in: state, "sheet enter"))
            case _ where text.hasPrefix("at "): return .goInSheet(try picture(String(text.dropFirst(3).drop { $0 == " " }), in: state, "sheet at"))
            default: break
            }
            if let direction = Direction(rawValue: text) { return .moveInSheet(direction) }
            if case .step(let pages)? = number(text) { return .pageInSheet(pages) }
            throw CommandError("sheet: “\(text)” is none of toggle, enter, at PICTURE, choose, page, list, left, right, up, down, first, last, +N, -N")
        },
        Command("queue", "[by ORDER|next|FILTER|all]",
                "which pictures n and p go through: sorted by \(QueueSort.allCases.map(\.rawValue).joined(separator: ", ")), or those that fit, such as cat iou<50 !accepted; alone, asks",
                candidates: { _ in ["all", "next"] + QueueSort.allCases.map { "by " + $0.rawValue } + ReviewDecision.allCases.map(\.title) }) {
            (text, _) throws(CommandError) in
            switch text {
            case "": return .askQueueFilter
            case "all": return .filterQueue("")
            case "next": return .cycleQueueSort
            case _ where text.hasPrefix("by "): return .sortQueue(try choice(String(text.dropFirst(3)), of: QueueSort.self, "queue by"))
            default: return .filterQueue(text)
            }
        },
        Command("deliver", "DIR [FORMAT=PATH …] [report=FILE.html]", "in a review, write the accepted labels to a folder, for other programs too, with a report",
                candidates: { _ in [] }) { (text, _) throws(CommandError) in try delivery(text) },
    ]

    /// A folder, behind which may stand formats with their places and a report.
    private static func delivery(_ text: String) throws(CommandError) -> Action {
        var path = text[...], exports: [LabelFormat: String] = [:], report: String?
        while let word = path.split(separator: " ").last, let sign = word.firstIndex(of: "=") {
            let name = String(word[..<sign]), value = String(word[word.index(after: sign)...])
            guard name == "report" || LabelFormat(rawValue: name) != nil else { break }
            guard !value.isEmpty else { throw CommandError("deliver: \(name)= needs a path") }
            if let format = LabelFormat(rawValue: name) { exports[format] = value } else { report = value }
            path = path[..<word.startIndex]
            while path.last == " " { path.removeLast() }
        }
        guard !path.isEmpty else { throw CommandError("deliver: a folder is needed, such as final coco=final.json report=final.html") }
        return .deliver(path: String(path), exports: exports, report: report)
    }
}
