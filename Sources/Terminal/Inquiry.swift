import Explorer

/// What the terminal is asked when it is taken, and what it answers, whenever that is.
struct Inquiry {
    /// The questions, the last of which every terminal answers; none for a terminal that might print them.
    private(set) var bytes: [UInt8] = []
    /// How many answers come in any case.
    static let answers = 2
    private(set) var asksBackground = false
    private(set) var asksGraphics = false
    /// When, in seconds of the screen's clock.
    var asked = -Double.infinity
    private(set) var background: Color?
    /// Seconds until the first answer.
    private(set) var time: Double?
    /// What the terminal says it can do, as DA1 numbers it.
    private(set) var attributes: [Int]?
    /// What it calls itself.
    private(set) var version: String?
    /// What it says of a picture, and after how many seconds.
    private var picture: (answer: String, time: Double)?
    private var isStatusAwaited = false
    private var areAttributesAwaited = false

    init(background: Bool, graphics: Bool, _ traits: TerminalTraits) { ask(background: background, graphics: graphics, traits) }

    /// Asks once more; what is known of the rest stays.
    mutating func askAgain(background: Bool = false, graphics: Bool = false, _ traits: TerminalTraits) {
        if graphics { (picture, version) = (nil, nil) }
        ask(background: background, graphics: graphics, traits)
    }

    private mutating func ask(background: Bool, graphics: Bool, _ traits: TerminalTraits) {
        let asksBackground = background && traits.isEmulator, asksGraphics = graphics && traits.mayShowPixels
        self.asksBackground = self.asksBackground || asksBackground
        self.asksGraphics = self.asksGraphics || asksGraphics
        isStatusAwaited = traits.isEmulator
        areAttributesAwaited = traits.isEmulator
        bytes = traits.isEmulator
            ? (asksGraphics ? TerminalQuestion.graphics + TerminalQuestion.version : [])
                + (asksBackground ? TerminalQuestion.background : []) + TerminalQuestion.status + TerminalQuestion.attributes : []
    }

    /// Takes an answer; false for one that was to something else.
    mutating func take(_ reply: TerminalReply, at now: Double) -> Bool {
        switch reply {
        case .status:
            guard isStatusAwaited else { return false }
            isStatusAwaited = false
            time = now - asked
        case .attributes(let numbers):
            attributes = numbers
            areAttributesAwaited = false
        case .background(let color): background = color
        case .version(let name): version = name
        case .graphics(let answer): picture = (answer, now - asked)
        }
        return true
    }

    // MARK: Pixels

    /// An answer that takes longer, in seconds, comes over a line that is no good for pictures.
    static let patience = KeyDecoder.awaiting

    /// Terminals that are known to have placeholders, by what they call themselves, with the version that brought them: some others
    /// take pictures, but none by placeholders, and say the same of the picture asked about.
    private static let known: [(name: String, since: [Int])] = [("kitty", [0, 28]), ("ghostty", [1, 0])]

    /// Whether the terminal shows pixels, as far as it has answered.
    ///
    /// - Parameter isCatching: whether frames pass through our hands, so that pictures can go before them.
    func graphics(depth: ColorDepth, _ traits: TerminalTraits, isCatching: Bool) -> GraphicsSupport {
        guard depth.hasPictures else { return .impossible("they need 256 colors or more, here are \(depth.title)") }
        guard traits.isTmux || traits.isEmulator else { return .impossible("this terminal might print them as text") }
        guard isCatching else { return .impossible("files are limited in size, and ncurses writes by itself") }
        if traits.isTmux { return .tmux }
        if traits.isScreen { return .impossible("screen passes no pictures on") }
        guard traits.mayShowPixels else { return .unproven("TERM=\(traits.terminal) is not known to show them") }
        guard asksGraphics else { return .notAsked }
        // What was asked before the last question is answered before it, or never.
        guard !areAttributesAwaited else { return .asked }
        guard let picture else { return .unproven("the terminal does not answer that it can") }
        guard picture.answer == "i=\(TerminalQuestion.picture);OK" else {
            return .unproven("the terminal refuses them: \(picture.answer.drop { $0 != ";" }.dropFirst())")
        }
        guard picture.time <= Self.patience else { return .unproven("the terminal took \(Int(picture.time.rounded(.up))) s to answer") }
        guard let version else { return .unproven("the terminal takes pictures, but does not say its name; :graphics kitty tries") }
        guard let known = Self.known.first(where: { version.lowercased().hasPrefix($0.name) }) else {
            return .unproven("\(version) is not known to have placeholders; :graphics kitty tries")
        }
        let numbers = version.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        if numbers.count == 2, numbers.lexicographicallyPrecedes(known.since) { return .unproven("\(version) has no placeholders yet") }
        return .proven(version)
    }
}
