import Checkpoints
import Files

/// What was decided of a picture's label.
public enum ReviewDecision: String, Sendable, Hashable, CaseIterable {
    /// Nothing yet.
    case undecided
    /// The label is right, and is delivered.
    case accept
    /// There will be no label of this picture.
    case reject
    /// To be looked at again.
    case flag

    /// As it is told: `accepted`.
    public var title: String {
        switch self {
        case .undecided: "undecided"
        case .accept: "accepted"
        case .reject: "rejected"
        case .flag: "flagged"
        }
    }
}

/// All that a review knows of a picture: a line of its log.
public struct ReviewEntry: Sendable, Equatable {
    /// What the picture's outputs are called: its path in the pictures' folder, without extension.
    public let picture: String
    public var decision = ReviewDecision.undecided
    /// One line.
    public var note = ""
    /// The names of the classes that the label is made of; nil where the picture has none of its own.
    public var classes: [String]?
    /// How the label is made; nil where the picture goes by what all go by.
    public var preset: Preset?
    /// What was corrected by hand; nil for nothing.
    public var strokes: LabelStrokes?
    /// The label that was accepted: ``onFile``, or what ``labelMark`` said of its making.
    public var label: String?
    /// Spent on the picture, in all.
    public var seconds: Double = 0
    /// When it was decided or changed last, in seconds since 1970.
    public var time: Double = 0

    /// The label that lay beside the log and was left as it was.
    public static let onFile = "file"

    public init(picture: String) { self.picture = picture }

    /// Whether the label is made otherwise than those of other pictures.
    public var hasOwnSettings: Bool { classes != nil || preset != nil || strokes != nil }

    /// Whether nothing was decided, written or changed.
    public var isBlank: Bool { decision == .undecided && note.isEmpty && !hasOwnSettings }

    /// Sixteen digits that say by what the label is made: the same for the same classes, preset and strokes.
    public var labelMark: String {
        var hash = Fingerprint()
        let making: JSONValue = .object([
            "classes": classes.map { .array($0.map { .string($0) }) } ?? .null, "preset": preset?.nameless.value ?? .null,
            "strokes": heldStrokes?.value ?? .null,
        ])
        var text = making.text()
        text.withUTF8 { hash.add(UnsafeRawBufferPointer($0)) }
        return hash.text
    }

    /// The strokes that are not undone; nil for none.
    private var heldStrokes: LabelStrokes? { strokes.flatMap { $0.isEmpty ? nil : try? LabelStrokes(Array($0.held)) } }

    /// Whether two entries say the same, whenever and however long they were made.
    public func saysSame(as other: ReviewEntry) -> Bool {
        var (one, two) = (self, other)
        (one.seconds, one.time) = (0, 0)
        (two.seconds, two.time) = (0, 0)
        return one == two
    }
}

// MARK: - Lines

extension ReviewEntry {
    /// The entry as a line of JSON, with its end.
    package var line: String {
        var members: [String: JSONValue] = ["picture": .string(picture), "decision": .string(decision.rawValue)]
        if !note.isEmpty { members["note"] = .string(note) }
        if let classes { members["classes"] = .array(classes.map { .string($0) }) }
        if let preset { members["preset"] = preset.value }
        if let strokes { members["strokes"] = strokes.value }
        if let label { members["label"] = .string(label) }
        if seconds > 0 { members["seconds"] = .number((seconds * 10).rounded() / 10) }
        members["time"] = .string(Timestamp.text(time))
        return JSONValue.object(members).text() + "\n"
    }

    /// The entry of a line.
    ///
    /// - Parameters:
    ///   - line: without its end.
    ///   - place: the file and the number of the line, for errors.
    init(line: UnsafeRawBufferPointer, place: String) throws(FileError) {
        let value: JSONValue
        do throws(JSONParser.Failure) { value = try JSONParser.parse(line) } catch {
            throw FileError(.invalid, path: place, "is not valid JSON: \(error)")
        }
        var fields = try PresetFields(value, path: place, name: nil)
        guard let picture = try fields.text("picture"), !picture.isEmpty else { throw fields.failure("picture", "is missing") }
        self.init(picture: picture)
        decision = try fields.choice("decision") ?? .undecided
        note = try fields.text("note") ?? ""
        classes = try fields.texts("classes")
        preset = try fields.value("preset").map { (value) throws(FileError) in try Preset.decode(value, path: place) }
        strokes = try fields.value("strokes").map { (value) throws(FileError) in try LabelStrokes.decode(value, path: place, name: "strokes") }
        label = try fields.text("label")
        seconds = try fields.number("seconds") ?? 0
        guard seconds >= 0, seconds.isFinite else { throw fields.failure("seconds", "must be 0 or more") }
        if let text = try fields.text("time") {
            guard let known = Timestamp.seconds(text) else { throw fields.failure("time", "must be as in 2026-01-31T12:00:00.000Z") }
            time = known
        }
        try fields.finish()
    }
}
