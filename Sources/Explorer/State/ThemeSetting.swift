/// Which ground text is drawn for.
public enum ThemeChoice: String, Sendable, Hashable, CaseIterable {
    /// As the environment or the terminal tells.
    case auto
    case dark, light
}

/// The ground that the colors around the pictures are made for.
enum Ground: Sendable, Hashable {
    /// Not known: colors that can be read on either.
    case either
    case dark, light
}

/// The theme, and where it comes from: what the user asks for goes before what the environment says, and that before the
/// terminal's answer.
public struct ThemeSetting: Sendable, Equatable {
    public private(set) var choice: ThemeChoice
    private var isTyped = false
    /// `COLORFGBG`, where that tells anything.
    private let environment: (value: String, ground: Ground)?
    /// The terminal's own background, once it is known.
    var background: Color?

    /// - Parameter colorFGBG: the variable, which some terminals set to the numbers of their colors, `15;0`.
    public init(_ choice: ThemeChoice = .auto, colorFGBG: String? = nil) {
        self.choice = choice
        environment = colorFGBG.flatMap { value in Self.ground(colorFGBG: value).map { (value, $0) } }
    }

    /// Whether nothing but the terminal's answer can tell.
    public var needsBackground: Bool { choice == .auto && environment == nil }

    mutating func choose(_ choice: ThemeChoice) {
        self.choice = choice
        isTyped = true
    }

    var ground: Ground {
        switch choice {
        case .dark: .dark
        case .light: .light
        case .auto: environment?.ground ?? background.map { $0.isBright ? .light : .dark } ?? .either
        }
    }

    /// What it is and why.
    var text: String {
        let name = switch ground {
        case .dark: "dark"
        case .light: "light"
        case .either: "for dark and light"
        }
        if choice != .auto { return name + (isTyped ? ", as :theme asks" : ", as --theme asks") }
        if let environment { return name + ", as COLORFGBG=\(environment.value) says" }
        return name + (background == nil ? ": the terminal has not said" : ", as the terminal's background is")
    }

    /// By the last number: 0 to 6 and 8 are dark.
    private static func ground(colorFGBG value: String) -> Ground? {
        guard value.contains(";"), let last = value.split(separator: ";").last, let number = Int(last), (0...255).contains(number) else {
            return nil
        }
        return number <= 6 || number == 8 ? .dark : .light
    }

    public static func == (a: ThemeSetting, b: ThemeSetting) -> Bool {
        a.choice == b.choice && a.isTyped == b.isTyped && a.background == b.background
            && a.environment?.value == b.environment?.value
    }
}
