/// When a key is listened to.
public enum KeyContext: Sendable, Hashable {
    case browse
    /// In browsing, where labels are reviewed; other keys are those of ``browse``.
    case review
    /// With the brush in hand; other keys are those without.
    case paint
    /// With a sweep on the screen; other keys are those without.
    case sweep
    /// Over the sheet of pictures.
    case sheet
    case prompt, palette, report, chooseExport, chooseCopy, chooseLock, confirm, confirmQuit
}

/// What one is at, as far as the line of hints goes by it.
public enum HintFocus: Sendable, Hashable, CaseIterable {
    case maps, labels, panes, grid, review
}

/// One row of the keymap table.
public struct KeyBinding: Sendable {
    /// The heading that the help lists it under.
    public enum Section: String, Sendable, CaseIterable {
        case maps = "Maps"
        case thresholds = "Thresholds"
        case view = "View"
        case painting = "Painting"
        case panes = "Panes and grids"
        case probe = "Probe"
        case pictures = "Pictures and files"
        case review = "Reviewing"
        case program = "Program"
        case typing = "While typing"
        case choosing = "Questions, lists and reports"
    }

    public let keys: [Key]
    public let action: Action
    /// For the help and the man page.
    public let description: String
    public let context: KeyContext
    public let section: Section
    /// The `:` command that does the same; `nil` where there is nothing to type (moving in a prompt).
    public let command: String?
    /// A word for the line of hints; `nil` keeps it out.
    public let hint: String?
    /// When it is one of the hints.
    let focus: Set<HintFocus>

    init(
        _ keys: [Key], _ action: Action, _ section: Section, _ description: String, command: String? = nil,
        hint: String? = nil, at focus: Set<HintFocus> = [.maps], context: KeyContext = .browse
    ) {
        self.focus = focus
        self.keys = keys
        self.action = action
        self.description = description
        self.context = context
        self.section = section
        self.command = command
        self.hint = hint
    }

    /// All keys as the help writes them.
    public var keyNames: String { keys.map(\.name).joined(separator: " ") }
}
