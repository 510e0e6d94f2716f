import Files
import Images

/// A figure: pictures in rows and columns under their captions, bars of their colors with numbers, and what made it.
public struct FigureSheet: Sendable {
    /// A picture or a color of the grid.
    public struct Cell: Sendable {
        enum Content {
            case picture(RGBImage)
            case color(RGBColor)
        }

        let content: Content
        /// Height by width.
        let aspect: Double
        /// A line below, such as the range of the colors; empty for none.
        let note: String

        /// The picture is kept with all its pixels, of which there must be some.
        public init(_ picture: RGBImage, note: String = "") {
            content = .picture(picture)
            aspect = Double(picture.height) / Double(max(picture.width, 1))
            self.note = note
        }

        /// - Parameter aspect: height by width.
        public init(_ color: RGBColor, aspect: Double, note: String = "") {
            content = .color(color)
            self.aspect = aspect
            self.note = note
        }
    }

    public struct Row: Sendable {
        public var caption: String
        /// A cell a column; nil where there is none.
        public var cells: [Cell?]

        public init(_ caption: String, _ cells: [Cell?]) {
            self.caption = caption
            self.cells = cells
        }
    }

    /// A bar of colors.
    public struct Bar: Sendable {
        let title: String
        let colors: [RGBColor]
        /// Under the bar, evenly from its left to its right.
        let ticks: [String]

        public init(_ title: String, _ colors: [RGBColor], ticks: [String]) {
            self.title = title
            self.colors = colors
            self.ticks = ticks
        }
    }

    /// A color and what it stands for.
    public struct Swatch: Sendable {
        let name: String
        let color: RGBColor

        public init(_ name: String, _ color: RGBColor) {
            self.name = name
            self.color = color
        }
    }

    public var columns: [String]
    public var rows: [Row]
    public var bars: [Bar] = []
    public var swatches: [Swatch] = []
    /// What all cells have in common.
    public var legend: String = ""

    /// - Parameter columns: the captions over the columns.
    public init(columns: [String], rows: [Row]) {
        self.columns = columns
        self.rows = rows
    }

    /// How wide a cell is in a figure of some width, both in millimetres.
    public static func cellWidth(columns: Int, of width: Double) -> Double {
        (width - 2 * margin - rowCaption - gap * Double(columns - 1)) / Double(max(columns, 1))
    }

    /// The width of a cell that can just be seen.
    public static let narrowestCell = 4.0

    // In millimetres; 2.5 are 7 points, the least that journals take for lettering.
    static let margin = 1.0, rowCaption = 4.0
    private static let gap = 1.0
    private static let font = 2.5, smallFont = 1.9
    /// The height of a cell by its width at most; what is taller is drawn narrower.
    private static let tallest = 1.25

    /// The page, whose height follows.
    ///
    /// - Parameter textWidth: how wide a text is at a font size of 1.
    func page(width: Double, textWidth: @escaping (String) -> Double) -> FigurePage {
        var page = FigurePage(width: width, textWidth: textWidth)
        let cell = Self.cellWidth(columns: columns.count, of: width), left = Self.margin + Self.rowCaption
        func x(_ column: Int) -> Double { left + Double(column) * (cell + Self.gap) }
        var y = Self.margin + Self.font
        func fit(_ texts: [String], size: Double, width: Double) -> Fit { Fit(texts, size: size, width: width, textWidth) }
        let heading = fit(columns, size: Self.font, width: cell)
        for (column, text) in heading.texts.enumerated() {
            page.text(text, x: x(column) + cell / 2, y: y, size: heading.size, anchor: .middle)
        }
        y += 1.2
        let heights = rows.map { row in cell * min(row.cells.compactMap { $0?.aspect }.max() ?? 1, Self.tallest) }
        let captions = fit(rows.map(\.caption), size: Self.font, width: heights.min() ?? cell)
        let notes = fit(rows.flatMap { $0.cells.map { $0?.note ?? "" } }, size: Self.smallFont, width: cell)
        var place = 0
        for ((row, height), caption) in zip(zip(rows, heights), captions.texts) {
            page.text(
                caption, x: left - 1.2, y: y + height / 2, size: captions.size, anchor: .middle, isUpward: true)
            for (column, shown) in row.cells.enumerated() {
                defer { place += 1 }
                guard let shown else { continue }
                let drawn = min(cell, height / shown.aspect)
                let rect = FigurePage.Rect(x: x(column) + (cell - drawn) / 2, y: y, width: drawn, height: drawn * shown.aspect)
                switch shown.content {
                case .picture(let picture): page.picture(picture, rect)
                case .color(let color): page.area(color, rect)
                }
                page.text(
                    notes.texts[place], x: x(column) + cell / 2, y: y + height + notes.size, size: notes.size, anchor: .middle)
            }
            let hasNotes = row.cells.contains { $0?.note.isEmpty == false }
            y += height + (hasNotes ? Self.smallFont + 0.8 : 0) + Self.gap
        }
        draw(bars, &page, &y, left: left)
        draw(swatches, &page, &y, left: left)
        for line in Self.lines(legend, width: width - left - Self.margin, textWidth) {
            y += Self.font * 1.2
            page.text(line, x: left, y: y, size: Self.font)
        }
        page.height = y + Self.margin + 0.6
        return page
    }

    /// Bars side by side, as many a line as have room.
    private func draw(_ bars: [Bar], _ page: inout FigurePage, _ y: inout Double, left: Double) {
        let room = page.width - left - Self.margin, between = 5.0
        let perLine = max(min(bars.count, Int((room + between) / (55 + between))), 1)
        let width = min((room + between) / Double(perLine) - between, 70)
        for start in stride(from: 0, to: bars.count, by: perLine) {
            y += 1 + Self.font
            for (place, bar) in bars[start..<min(start + perLine, bars.count)].enumerated() {
                let x = left + Double(place) * (width + between)
                let title = Fit([bar.title], size: Self.font, width: width, page.textWidth)
                page.text(title.texts[0], x: x, y: y, size: title.size)
                page.bar(bar.colors, .init(x: x, y: y + 1, width: width, height: 2.5))
                for (number, tick) in bar.ticks.enumerated() {
                    let part = bar.ticks.count > 1 ? Double(number) / Double(bar.ticks.count - 1) : 0.5
                    page.text(
                        tick, x: x + part * width, y: y + 3.8 + Self.smallFont, size: Self.smallFont,
                        anchor: part == 0 ? .start : part == 1 ? .end : .middle)
                }
            }
            y += 4.2 + Self.smallFont
        }
    }

    /// Swatches with their names one after another, in lines.
    private func draw(_ swatches: [Swatch], _ page: inout FigurePage, _ y: inout Double, left: Double) {
        guard !swatches.isEmpty else { return }
        let right = page.width - Self.margin
        var x = left
        y += 1 + Self.font
        for swatch in swatches {
            let name = Fit([swatch.name], size: Self.font, width: right - left - Self.font - 1, page.textWidth)
            let width = Self.font + 1 + page.textWidth(name.texts[0]) * name.size
            if x > left, x + width > right {
                x = left
                y += Self.font * 1.4
            }
            page.area(swatch.color, .init(x: x, y: y - Self.font * 0.8, width: Self.font, height: Self.font))
            page.text(name.texts[0], x: x + Self.font + 0.8, y: y, size: name.size)
            x += width + 3
        }
        y += 0.8
    }

    /// A text in lines that have room.
    private static func lines(_ text: String, width: Double, _ textWidth: (String) -> Double) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, textWidth(last + " " + word) * font <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    /// Texts of one font size, so small that they have room; down to 70 %, then they are cut short.
    private struct Fit {
        var texts: [String]
        var size: Double

        init(_ texts: [String], size: Double, width: Double, _ textWidth: (String) -> Double) {
            let texts = texts.map(\.printable)
            let widest = (texts.map(textWidth).max() ?? 0) * size
            let factor = widest > width ? max(width / widest, 0.7) : 1
            let fitted = size * factor
            self.size = fitted
            self.texts = texts.map { text in
                guard textWidth(text) * fitted > width * 1.0001 else { return text }
                var short = text
                while !short.isEmpty, textWidth(short + "…") * fitted > width { short.removeLast() }
                return short + "…"
            }
        }
    }
}
