/// Colors for values from 0 to 1, each map a table of 256 entries equal to matplotlib's of the same name.
public enum ColorMap: String, Sendable, Hashable, CaseIterable {
    case viridis
    case magma
    /// Looks alike to those who tell red from green and those who do not.
    case cividis
    case jet
    case gray

    /// What is used unless the user asks for another.
    public static let `default` = ColorMap.viridis

    /// Every map, in the order in which they are offered.
    public static var all: [ColorMap] { allCases }

    /// Drawn where there is no value.
    public static let missing = RGBColor(gray: 128)

    /// The color of `value`: 0…1, clamped; `missing` for NaN. Each entry covers 1/256 of the range.
    public func color(_ value: Float) -> RGBColor {
        guard !value.isNaN else { return Self.missing }
        return table[min(Int(min(max(value, 0), 1) * 256), 255)]
    }

    /// The 256 colors, lowest value first.
    public var table: [RGBColor] {
        switch self {
        case .viridis: ColorMapTables.viridis
        case .magma: ColorMapTables.magma
        case .cividis: ColorMapTables.cividis
        case .jet: ColorMapTables.jet
        case .gray: ColorMapTables.gray
        }
    }
}
