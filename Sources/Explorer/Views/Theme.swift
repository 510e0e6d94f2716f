import Glibc

/// Colors and styles of the frame around the pictures, which have colors of their own. Text is drawn in the terminal's own
/// colors, or in colors that have a contrast of 4.5 to the ground, also where a screen rounds them to five bits a channel or
/// to 256 colors: to black and to white where it is not known, else with some to spare, since few terminals are quite black or
/// white; what stands on a ground of its own has it to that. Where there are 16 colors, which every terminal mixes as it
/// likes, or none, style alone tells.
struct Theme: Equatable {
    let mono: Bool
    /// Whether there is no color to be sure of.
    private let isPlain: Bool
    private let ground: Ground

    init(_ depth: ColorDepth, on ground: Ground = .either) {
        mono = depth == .mono
        isPlain = depth.isPlain
        self.ground = ground
    }

    /// One color for each ground.
    private struct Shade {
        let either: UInt32
        let dark: UInt32
        let light: UInt32

        init(_ either: UInt32, dark: UInt32? = nil, light: UInt32? = nil) {
            self.either = either
            self.dark = dark ?? either
            self.light = light ?? either
        }
    }

    private func color(_ shade: Shade) -> Color {
        let packed = switch ground {
        case .either: shade.either
        case .dark: shade.dark
        case .light: shade.light
        }
        return Color(UInt8(packed >> 16 & 255), UInt8(packed >> 8 & 255), UInt8(packed & 255))
    }

    /// - Parameter background: `nil` for the terminal's own; where there are no colors, any other becomes reverse.
    private func look(_ foreground: Shade, on background: Shade? = nil, _ style: Cell.Style = []) -> Cell {
        guard !isPlain else { return Cell(style: background == nil ? style : style.union(.reverse)) }
        return Cell(foreground: color(foreground), background: background.map(color) ?? .standard, style: style)
    }

    private static let green = Shade(0x08846B, dark: 0x2DD4BF, light: 0x0B5F58)
    private static let amber = Shade(0x9C6B31, dark: 0xE0A84E, light: 0x8F5300)

    var text: Cell { Cell() }
    var dim: Cell { look(Shade(0x7B7373, dark: 0x9AA3AF, light: 0x5B6470)) }
    var line: Cell { look(Shade(0x5C6370, dark: 0x6B7280, light: 0x7A828F)) }
    var title: Cell { Cell(style: .bold) }
    var accent: Cell { look(Self.green, .bold) }
    var key: Cell { look(Self.green, isPlain ? .bold : []) }
    var mark: Cell { look(Self.amber, .bold) }
    var warning: Cell { look(Self.amber) }
    var failure: Cell { look(Shade(0xBD525A, dark: 0xFF8A80, light: 0xB42318), .bold) }
    /// The amount a class list row's probability bar stands for.
    var amount: Cell { look(Shade(0x4A6BEF, dark: 0x7AA2F7, light: 0x1D4ED8)) }

    private static let selection = Shade(0x1F6F68), slab = Shade(0x2B303B, light: 0xE5E9F0)

    /// The row of the class looked at, the thumbnail of the layer shown.
    var selected: Cell { look(Shade(0xFFFFFF), on: Self.selection, isPlain ? [] : .bold) }
    var selectedMark: Cell { look(Shade(0xFFDE8C), on: Self.selection, .bold) }
    var selectedAmount: Cell { look(Shade(0xC8ECFF), on: Self.selection) }

    var bar: Cell { look(Shade(0xD8DEE9, light: 0x1F2937), on: Self.slab) }
    var barStrong: Cell { look(Shade(0x7FE3D4, light: 0x0B5F58), on: Self.slab, .bold) }
    var barDim: Cell { look(Shade(0xA5ADBD, light: 0x4B5563), on: Self.slab) }
    var barMark: Cell { look(Shade(0xE7A539, light: 0x87400B), on: Self.slab, .bold) }
}

extension Color {
    /// The brightness that contrasts are made of, 0 to 1: WCAG 2's relative luminance.
    private var luminance: Double {
        func linear(_ value: UInt8) -> Double {
            let share = Double(value) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// Whether black stands out from it more than white.
    var isBright: Bool { luminance > 0.179 }

    /// Black or white, whichever this color stands out from more.
    var ground: Color { isBright ? Color(0, 0, 0) : Color(255, 255, 255) }
}
