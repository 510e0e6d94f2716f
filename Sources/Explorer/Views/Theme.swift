import Glibc

/// Colors and styles of the frame around the pictures. Text is drawn in the terminal's own colors, or in colors that have
/// a contrast of 4.5 to both white and black, also where a screen rounds them to five bits a channel or to 256 colors; what
/// stands on a ground of its own has it to that. Where there are 16 colors, which every terminal mixes as it likes, or none,
/// style alone tells.
struct Theme: Equatable {
    let mono: Bool
    /// Whether there is no color to be sure of.
    private let isPlain: Bool

    init(_ depth: ColorDepth) {
        mono = depth == .mono
        isPlain = mono || depth == .ansi16
    }

    /// - Parameter background: `nil` for the terminal's own; where there are no colors, any other becomes reverse.
    private func look(_ foreground: UInt32, on background: UInt32? = nil, _ style: Cell.Style = []) -> Cell {
        func color(_ packed: UInt32) -> Color {
            Color(UInt8(packed >> 16 & 255), UInt8(packed >> 8 & 255), UInt8(packed & 255))
        }
        guard !isPlain else { return Cell(style: background == nil ? style : style.union(.reverse)) }
        return Cell(foreground: color(foreground), background: background.map(color) ?? .standard, style: style)
    }

    var text: Cell { Cell() }
    var dim: Cell { look(0x7B7373) }
    var line: Cell { look(0x5C6370) }
    var title: Cell { Cell(style: .bold) }
    var accent: Cell { look(0x08846B, .bold) }
    var key: Cell { look(0x08846B, isPlain ? .bold : []) }
    var mark: Cell { look(0x9C6B31, .bold) }
    var warning: Cell { look(0x9C6B31) }
    var failure: Cell { look(0xBD525A, .bold) }
    /// The amount a class list row's probability bar stands for.
    var amount: Cell { look(0x4A6BEF) }

    private static let selection: UInt32 = 0x1F6F68, slab: UInt32 = 0x2B303B

    /// The row of the class looked at, the thumbnail of the layer shown.
    var selected: Cell { look(0xFFFFFF, on: Self.selection, isPlain ? [] : .bold) }
    var selectedMark: Cell { look(0xFFDE8C, on: Self.selection, .bold) }
    var selectedAmount: Cell { look(0xC8ECFF, on: Self.selection) }

    var bar: Cell { look(0xD8DEE9, on: Self.slab) }
    var barStrong: Cell { look(0x7FE3D4, on: Self.slab, .bold) }
    var barDim: Cell { look(0xA5ADBD, on: Self.slab) }
    var barMark: Cell { look(0xE7A539, on: Self.slab, .bold) }
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

    /// Black or white, whichever this color stands out from more.
    var ground: Color { luminance > 0.179 ? Color(0, 0, 0) : Color(255, 255, 255) }
}
