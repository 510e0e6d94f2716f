import Files
import Images
import Labels

/// What was done, as command lines that do it again: a text to be sent, replayed and read.
///
/// A line is a command as it is typed after the colon; empty lines and lines that begin with `#` are remarks. Pictures stand there
/// by name or position and files without their folders, so that it replays where both lie elsewhere.
public struct Session: Sendable, Equatable {
    /// Lines that bring about what the explorer began with, and remarks.
    public var opening: [String] = []
    /// What was done since. The last may still change; those before it do not.
    public private(set) var lines: [String] = []

    private static let limit = 100_000

    /// The whole text.
    public var text: String { (opening + lines).map { $0 + "\n" }.joined() }

    /// Adds a line; of drags and of sizes of the screen in a row the last counts.
    mutating func add(_ line: String) {
        let replaced = ["drag ", "screen "]
        if let last = lines.last, replaced.contains(where: { last.hasPrefix($0) && line.hasPrefix($0) }) { lines.removeLast() }
        guard lines.count < Self.limit else { return }
        lines.append(line)
    }

    /// Takes back the last line where that writes a file: it was not to be written.
    mutating func dropWriting(of path: String) {
        if let last = lines.last, last.contains(Session.name(ofFile: path)) { lines.removeLast() }
    }

    /// A file as sessions name it: as it was typed, without folders of this machine.
    public static func name(ofFile path: String) -> String { path.hasPrefix("/") || path.hasPrefix("~") ? path.lastPart : path }

    /// The lines of a session's text, with their numbers; remarks left out.
    public static func lines(of text: String) -> [Script.Line] {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().compactMap { index, line in
            let line = String(line.drop { $0 == " " || $0 == "\t" })
            return line.isEmpty || line.hasPrefix("#") ? nil : Script.Line(line, number: index + 1)
        }
    }
}

/// A session to be written.
public struct SessionRequest: Sendable, Equatable {
    /// As typed.
    public let path: String
    /// Whether an existing file may be replaced.
    public var overwrite = false
    public let text: String
}

extension ExplorerState {
    /// Begins a session with what is shown at first, where that is not what the program begins with by itself. For a state that
    /// has not been started.
    ///
    /// - Parameters:
    ///   - remarks: what is to be known of the program and its options.
    ///   - preset: the one that was asked for, by its name or its file's; `nil` where none was.
    public mutating func openSession(remarks: [String], preset: String?) {
        var lines = remarks.map { "# " + DisplayText.sanitized($0) }
        lines.append("screen \(columns) \(rows)")
        if pictures.count > 1 { lines.append("image " + word(forPicture: picture)) }
        if let preset { lines.append("preset load " + Session.name(ofFile: preset)) }
        let origin = adjustments.origin
        if methodName != origin.method || preset == nil && methodName != Preset.getam.method { lines.append("method " + methodName) }
        if adjustments.startLayer != origin.layers.range(depth: model.depth)?.lowerBound { lines.append("start \(adjustments.startLayer)") }
        let usual = Adjustments(startLayer: 0)
        if adjustments.blend != usual.blend { lines.append("blend \(adjustments.blend.rawValue)") }
        if adjustments.opacity != usual.opacity { lines.append("opacity \(adjustments.opacity)") }
        if adjustments.colorMap != usual.colorMap { lines.append("colormap \(adjustments.colorMap.rawValue)") }
        if adjustments.predict != usual.predict { lines.append("predict \(adjustments.predict)") }
        for index in marks.sorted() { lines.append("mark " + model.word(forClass: index)) }
        if let index = classToSelect { lines.append("class " + model.word(forClass: index)) }
        if case .layer(let index) = layer { lines.append("layer \(index)") }
        if adjustments.view != usual.view { lines.append("view \(adjustments.view.rawValue)") }
        session.opening = lines
    }

    /// A picture by its name, or by its number where the name means another or cannot be typed.
    func word(forPicture index: Int) -> String {
        let name = Self.name(ofPath: pictures[index])
        let isTyped = name == pictures[index].lastPart && name.first != " " && name.last != " " && Int(name) == nil
        return isTyped && Command.pictureIndex(name, in: self) == index ? name : "\(index + 1)"
    }

    /// Writes the session up to now.
    mutating func saveSession(path: String, _ effects: inout [Effect]) {
        if let obstacle = path.obstacle(toText: "a session is") { return complain(obstacle) }
        effects.append(.saveSession(SessionRequest(path: path, text: session.text)))
        say("writing \(path) …")
    }
}
