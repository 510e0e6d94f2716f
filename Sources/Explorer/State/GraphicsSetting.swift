/// Whether pictures are drawn in pixels.
public enum GraphicsChoice: String, Sendable, Hashable, CaseIterable {
    /// Where the terminal proves that it can.
    case auto
    case off
    /// By kitty's graphics protocol with Unicode placeholders, whatever the terminal says.
    case kitty
}

/// What is known of a terminal's pixels: kitty's graphics protocol with Unicode placeholders.
public enum GraphicsSupport: Sendable, Hashable {
    /// The terminal was not asked, and might be.
    case notAsked
    /// Asked, and not known yet.
    case asked
    /// It says that it can, and is one that does: its name.
    case proven(String)
    /// Why it is not done unless wished for.
    case unproven(String)
    /// Inside tmux, which must be told to let pictures through, and loses some.
    case tmux
    /// Why it cannot be, whatever is wished.
    case impossible(String)
}

/// Whether pictures are drawn in pixels, and why: what the user asks for goes before what the terminal answers.
public struct GraphicsSetting: Sendable, Equatable {
    public private(set) var choice: GraphicsChoice
    private var isTyped = false
    public var support: GraphicsSupport

    public init(_ choice: GraphicsChoice = .auto, support: GraphicsSupport = .impossible("not on a terminal")) {
        self.choice = choice
        self.support = support
    }

    /// Pixels of all pictures of a frame: with few hundred kilobytes a frame is soon there.
    static let pixelLimit = 160_000
    /// Columns and rows of a picture: there are signs for no more.
    public static let mostCells = 297

    mutating func choose(_ choice: GraphicsChoice) {
        self.choice = choice
        isTyped = true
    }

    public var isOn: Bool {
        switch (choice, support) {
        case (.off, _), (_, .impossible): false
        case (.kitty, _), (.auto, .proven): true
        case (.auto, _): false
        }
    }

    /// What it is and why.
    var text: String {
        let asks = isTyped ? ", as :graphics asks" : ", as --graphics asks"
        switch (choice, support) {
        case (.off, _): return "off" + asks
        case (_, .impossible(let why)): return "off: \(why)"
        case (.kitty, .tmux): return "kitty" + asks + "; tmux needs “set -g allow-passthrough on”"
        case (.kitty, _): return "kitty" + asks
        case (.auto, .proven(let name)): return "kitty, as \(name) answers"
        case (.auto, .tmux): return "off: in tmux pictures get lost; :graphics kitty draws them all the same"
        case (.auto, .unproven(let why)): return "off: \(why)"
        case (.auto, .asked): return "off: not known yet whether the terminal shows pixels"
        case (.auto, .notAsked): return "off: the terminal was not asked"
        }
    }
}
