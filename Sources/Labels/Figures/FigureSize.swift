/// How wide a figure is.
public enum FigureWidth: Sendable, Hashable {
    case millimetres(Double)
    /// Of a PNG, at its resolution; of an SVG, 96 of them an inch.
    case pixels(Int)

    /// `180`, `180mm`, `18cm`, `7in` or `2000px`; nil where the text is none of these.
    public init?(_ text: String) {
        let unit = ["mm", "cm", "in", "px"].first(where: text.hasSuffix)
        let number = String(text.dropLast(unit?.count ?? 0))
        guard let value = Double(number), !number.contains("x") else { return nil }
        switch unit {
        case "px":
            guard let count = Int(number) else { return nil }
            self = .pixels(count)
        case "cm": self = .millimetres(value * 10)
        case "in": self = .millimetres(value * 25.4)
        default: self = .millimetres(value)
        }
    }

    /// As it is typed.
    public var text: String {
        switch self {
        case .millimetres(let value): FigureSize.number(value)
        case .pixels(let count): "\(count)px"
        }
    }

    static let millimetres = 20.0...2000.0
    static let pixels = 16...65_535
}

/// How large a figure is made, where something is said of it.
public struct FigureSize: Sendable, Hashable {
    public var width: FigureWidth?
    /// Pixels of a PNG along an inch.
    public var dotsPerInch: Double?

    public init(width: FigureWidth? = nil, dotsPerInch: Double? = nil) {
        (self.width, self.dotsPerInch) = (width, dotsPerInch)
    }

    /// Why a figure cannot be made so; nil where it can.
    public func obstacle(to format: FigureFormat) -> String? {
        switch width {
        case .millimetres(let value)? where !FigureWidth.millimetres.contains(value): return "width must be from 20 to 2000 millimetres"
        case .pixels(let count)? where !FigureWidth.pixels.contains(count): return "width must be from 16 to 65535 pixels"
        default: break
        }
        guard let dotsPerInch else { return nil }
        if !(20...2400).contains(dotsPerInch) { return "dpi must be from 20 to 2400" }
        return format == .svg ? "dpi goes with a PNG: an SVG has no pixels of its own" : nil
    }

    /// In millimetres.
    public func width(of format: FigureFormat) -> Double {
        switch width {
        case nil: FigureOutput.standardWidth
        case .millimetres(let value)?: value
        case .pixels(let count)?: Double(count) * 25.4 / (format == .svg ? 96 : dotsPerInch ?? FigureOutput.standardDotsPerInch)
        }
    }

    /// The options of `getam figure` that say it.
    public var words: [String] {
        (width.map { $0 == .millimetres(FigureOutput.standardWidth) ? [] : ["--width", $0.text] } ?? [])
            + (dotsPerInch.map { ["--dpi", Self.number($0)] } ?? [])
    }

    static func number(_ value: Double) -> String { value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)" }
}

extension FigureOutput {
    /// A figure of some size.
    public init(_ format: FigureFormat, _ size: FigureSize, program: String, command: String?) {
        self.init(
            format, width: size.width(of: format), dotsPerInch: size.dotsPerInch ?? Self.standardDotsPerInch, program: program, command: command)
    }
}
