import Files
import Labels

/// All that is needed to write marks to a label file.
public struct MarksRequest: Sendable, Equatable {
    /// As typed.
    public let path: String
    /// Whether an existing file may be replaced.
    public var overwrite = false
    /// A line `name class,class` a picture, as `--labels` reads them.
    public let text: String
    /// The marks that it holds.
    let marks: [Int: Set<Int>]
    /// Whether the explorer ends then, and how.
    var then: End?

    enum End: Sendable, Equatable { case quit, interrupt }

    /// Why a file cannot have this name; `nil` where it can.
    var obstacle: String? { path.obstacle(toText: "labels are") }
}

extension String {
    /// Why a text cannot be written to this path; `nil` where it can: its ending must not stand for another format.
    func obstacle(toText what: String) -> String? {
        let others: Set = ["json", "npy", "npz", "xml", "csv", "png", "jpg", "jpeg", "pgm", "ppm"]
        guard let ending, others.contains(ending) else { return nil }
        return "\(self): \(what) written as text; name the file .txt"
    }
}

/// A file to be written that may stand in the way of another.
public enum FileRequest: Sendable, Equatable {
    case export(ExportRequest)
    case marks(MarksRequest)
    case figure(FigureRequest)
    case session(SessionRequest)

    public var path: String {
        switch self {
        case .export(let request): request.path
        case .marks(let request): request.path
        case .figure(let request): request.path
        case .session(let request): request.path
        }
    }
}

extension ExplorerState {
    /// Whether marks would be lost at the end.
    public var hasUnsavedMarks: Bool { adjustments.marks != savedMarks }
    /// Whether anything would.
    public var hasUnsavedWork: Bool { hasUnsavedMarks || hasUnsavedStrokes }

    mutating func quit(interrupted: Bool, _ effects: inout [Effect]) {
        // Asked once: who asks to leave a second time means it.
        if case .confirmQuit = mode {} else if hasUnsavedWork { return mode = .confirmQuit(interrupted: interrupted) }
        effects.append(interrupted ? .interrupt : .quit)
    }

    mutating func askMarksPath() {
        var end: MarksRequest.End?
        if case .confirmQuit(let interrupted) = mode { end = interrupted ? .interrupt : .quit }
        mode = .prompt(Prompt(.marksPath(end), text: "labels.txt"))
    }

    mutating func saveMarks(path: String, then end: MarksRequest.End? = nil, _ effects: inout [Effect]) {
        guard !path.isEmpty else { return refuse("no path, nothing written") }
        guard !adjustments.marks.isEmpty else { return refuse("no class of any picture is marked: nothing to save") }
        let request = MarksRequest(path: path, text: markLines, marks: adjustments.marks, then: end)
        if let obstacle = request.obstacle { return complain(obstacle) }
        effects.append(.saveMarks(request))
        say("writing \(path) …")
    }

    mutating func marksSaved(_ request: MarksRequest, _ effects: inout [Effect]) {
        savedMarks = request.marks
        say("wrote \(request.path): the marks of \(request.marks.count) \(request.marks.count == 1 ? "picture" : "pictures")")
        switch request.then {
        case .quit: effects.append(.quit)
        case .interrupt: effects.append(.interrupt)
        case nil: break
        }
    }

    /// How many pictures have marks, and what was said once of how many.
    var marksText: String {
        let count = adjustments.marks.count
        let marks = "\(count == 1 ? "1 picture has" : "\(count) pictures have") marks, " + (hasUnsavedMarks ? "not saved" : "nothing to save")
        let notices = noticed.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return ([marks] + notices).joined(separator: "; ")
    }

    /// A line for each picture with marks, in their order.
    private var markLines: String {
        adjustments.marks.keys.sorted().filter(pictures.indices.contains).map { picture in
            LabelLine.text(
                picture: uniqueName(of: picture), classes: (adjustments.marks[picture] ?? []).sorted().map(model.className)) + "\n"
        }.joined()
    }

    /// As much of a picture's path, from its end, as tells it from the others: no whole path, unless nothing less does.
    private func uniqueName(of picture: Int) -> String {
        let parts = Self.parts(pictures[picture])
        var rivals = pictures.indices.filter { $0 != picture && pictures[$0].lastPart == pictures[picture].lastPart }
        var count = 1
        while !rivals.isEmpty, count < parts.count {
            count += 1
            rivals.removeAll { Self.parts(pictures[$0]).suffix(count) != parts.suffix(count) }
        }
        return parts.suffix(count).joined(separator: "/")
    }

    private static func parts(_ path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    }
}
