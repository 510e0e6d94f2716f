/// Colors and styles of the frame around the pictures. Text is drawn in the terminal's own colors, so that it reads on
/// light and dark screens; where there is no color, style alone tells.
struct Theme: Equatable {
    let mono: Bool

    init(_ depth: ColorDepth) { mono = depth == .mono }

    private func color(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Color { mono ? .standard : Color(red, green, blue) }

    var text: Cell { Cell() }
    var dim: Cell { mono ? Cell() : Cell(foreground: color(0x80, 0x86, 0x90)) }
    var line: Cell { mono ? Cell() : Cell(foreground: color(0x5C, 0x63, 0x70)) }
    var title: Cell { Cell(style: .bold) }
    var accent: Cell { Cell(foreground: color(0x2E, 0xB8, 0xA6), style: .bold) }
    var key: Cell { Cell(foreground: color(0x2E, 0xB8, 0xA6), style: mono ? .bold : []) }
    var mark: Cell { Cell(foreground: color(0xE0, 0x9A, 0x2D), style: .bold) }
    var warning: Cell { Cell(foreground: color(0xE0, 0x9A, 0x2D)) }
    var failure: Cell { Cell(foreground: color(0xE5, 0x5B, 0x5B), style: .bold) }
    /// The row of the class looked at, the thumbnail of the layer shown.
    var selected: Cell {
        mono
            ? Cell(style: .reverse)
            : Cell(foreground: color(0xFF, 0xFF, 0xFF), background: color(0x1F, 0x6F, 0x68), style: .bold)
    }
    var bar: Cell {
        mono
            ? Cell(style: .reverse)
            : Cell(foreground: color(0xD8, 0xDE, 0xE9), background: color(0x2B, 0x30, 0x3B))
    }
    var barStrong: Cell {
        mono
            ? Cell(style: [.reverse, .bold])
            : Cell(foreground: color(0x7F, 0xE3, 0xD4), background: color(0x2B, 0x30, 0x3B), style: .bold)
    }
    var barDim: Cell {
        mono
            ? Cell(style: .reverse)
            : Cell(foreground: color(0x8F, 0x98, 0xA8), background: color(0x2B, 0x30, 0x3B))
    }
    /// The amount a class list row's probability bar stands for.
    var amount: Cell { Cell(foreground: color(0x4F, 0x8F, 0xC0)) }
}
