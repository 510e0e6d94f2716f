import Explorer

/// What the terminal is asked when it is taken, and what it answers, whenever that is.
struct Inquiry {
    /// The questions, the last of which every terminal answers; none for a terminal that might print them.
    private(set) var bytes: [UInt8]
    /// How many answers come in any case.
    static let answers = 2
    private(set) var asksBackground: Bool
    /// When, in seconds of the screen's clock.
    var asked = -Double.infinity
    private(set) var background: Color?
    /// Seconds until the first answer.
    private(set) var time: Double?
    /// What the terminal says it can do, as DA1 numbers it.
    private(set) var attributes: [Int]?
    private var isStatusAwaited: Bool

    init(background asks: Bool, _ traits: TerminalTraits) {
        asksBackground = asks && traits.isEmulator
        isStatusAwaited = traits.isEmulator
        bytes = traits.isEmulator
            ? (asksBackground ? TerminalQuestion.background : []) + TerminalQuestion.status + TerminalQuestion.attributes : []
    }

    mutating func askAgain(_ traits: TerminalTraits) { self = Inquiry(background: true, traits) }

    /// Takes an answer; false for one that was to something else.
    mutating func take(_ reply: TerminalReply, at now: Double) -> Bool {
        switch reply {
        case .status:
            guard isStatusAwaited else { return false }
            isStatusAwaited = false
            time = now - asked
        case .attributes(let numbers): attributes = numbers
        case .background(let color): background = color
        case .version, .graphics: break
        }
        return true
    }
}
