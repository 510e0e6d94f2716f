/// Characters that pictures are made of: so many pixels a cell, in two colors.
public enum GlyphSet: Int, Sendable, Hashable, Comparable, CaseIterable {
    /// Two pixels above each other, each of its own color.
    case half
    /// Two by two.
    case quadrant
    /// Two across, three down.
    case sextant

    /// Pixels of a cell, across and down.
    package var columns: Int { self == .half ? 1 : 2 }
    package var rows: Int { self == .sextant ? 3 : 2 }

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// The finest that a terminal can be trusted with: the console of Linux has no quadrants in its fonts, and what the locale
    /// says is no UTF-8 has few signs as young as sextants.
    ///
    /// - Parameter environment: of the process: `TERM`, and `LC_ALL`, `LC_CTYPE` or `LANG`, the first that is set.
    public static func finest(environment: [String: String]) -> GlyphSet {
        let terminal = environment["TERM"] ?? ""
        if ["linux", "cons", "vt", "dumb"].contains(where: terminal.hasPrefix) { return .half }
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        return locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8") ? .sextant : .quadrant
    }
}

/// The user's wish for ``GlyphSet``.
public enum GlyphChoice: String, Sendable, Hashable, CaseIterable {
    /// Quadrants where the picture is seen and the terminal can be trusted with them; half blocks for maps alone, which they
    /// show as well, each pixel in its own color.
    case auto
    case half, quadrant, sextant

    /// `nil` for `auto`.
    var set: GlyphSet? {
        switch self {
        case .auto: nil
        case .half: .half
        case .quadrant: .quadrant
        case .sextant: .sextant
        }
    }
}
