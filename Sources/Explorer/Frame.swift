/// A color of a cell: 24-bit RGB, or whatever the terminal shows by default.
public struct Color: Sendable, Hashable {
    /// `0xRRGGBB`, or the value of ``standard``.
    public let packed: UInt32

    /// The terminal's own foreground or background.
    public static let standard = Color(packed: 0xFF00_0000)

    public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        packed = UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue)
    }

    private init(packed: UInt32) { self.packed = packed }

    public var isStandard: Bool { self == Self.standard }
    public var red: UInt8 { UInt8(truncatingIfNeeded: packed >> 16) }
    public var green: UInt8 { UInt8(truncatingIfNeeded: packed >> 8) }
    public var blue: UInt8 { UInt8(truncatingIfNeeded: packed) }
}

/// One character position of the screen.
public struct Cell: Sendable, Hashable {
    /// How the text is drawn; carries meaning where there is no color.
    public struct Style: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let bold = Style(rawValue: 1)
        public static let dim = Style(rawValue: 2)
        public static let reverse = Style(rawValue: 4)
        public static let underline = Style(rawValue: 8)
    }

    /// What stands in the cell. U+0000 marks the right half of the two-column character to its left.
    public var scalar: Unicode.Scalar
    public var foreground: Color
    public var background: Color
    public var style: Style

    public init(
        _ scalar: Unicode.Scalar = " ", foreground: Color = .standard, background: Color = .standard, style: Style = []
    ) {
        self.scalar = scalar
        self.foreground = foreground
        self.background = background
        self.style = style
    }
}

/// A picture in pixels, for terminals that show such.
public struct PixelImage: Sendable, Equatable {
    /// What stands in those of its cells that nothing else is drawn over.
    public static let cell = Cell("\u{10EEEE}")

    /// The cells that it fills.
    public let rect: CellRect
    public let width: Int
    /// Pixels from the top of the cells to their bottom.
    public let height: Int
    /// `0xRRGGBB`, row by row from the top; the rows that are missing at the bottom are clear.
    public let pixels: [UInt32]

    public init(rect: CellRect, width: Int, height: Int, pixels: [UInt32]) {
        self.rect = rect
        self.width = width
        self.height = height
        self.pixels = pixels
    }
}

/// A whole screen of cells, row by row from the top.
public struct Frame: Sendable, Equatable {
    public let columns: Int
    public let rows: Int
    /// `rows × columns` cells.
    public var cells: [Cell]
    /// Where half blocks are pixels of a picture: screens of few colors mix their grays there.
    public var pictures: [CellRect] = []
    /// Where the terminal shows pixels: pictures that lie in the cells left to them, ``PixelImage/cell``.
    public var images: [PixelImage] = []
    /// Where the text cursor stands, while a line is being typed.
    public var cursor: (column: Int, row: Int)?

    public init(columns: Int, rows: Int, fill: Cell = Cell()) {
        self.columns = max(columns, 0)
        self.rows = max(rows, 0)
        cells = Array(repeating: fill, count: self.columns * self.rows)
    }

    /// The cell at a position inside the frame.
    public subscript(column: Int, row: Int) -> Cell {
        get { cells[row * columns + column] }
        set { cells[row * columns + column] = newValue }
    }

    public static func == (a: Frame, b: Frame) -> Bool {
        a.columns == b.columns && a.rows == b.rows && a.cells == b.cells && a.pictures == b.pictures
            && a.images == b.images && a.cursor?.column == b.cursor?.column && a.cursor?.row == b.cursor?.row
    }
}
