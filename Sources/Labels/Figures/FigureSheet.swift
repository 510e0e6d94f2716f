import Files
import Images

/// A figure: pictures in rows and columns under their captions, bars of their colors with numbers, and what made it.
public struct FigureSheet: Sendable {
    /// A picture of the grid.
    public struct Cell: Sendable {
        /// Height by width.
        let aspect: Double
        /// In base 64.
        let png: String
        /// A line below, such as the range of the colors; empty for none.
        let note: String

        /// The picture is kept as PNG, with all its pixels.
        public init(_ picture: RGBImage, note: String = "") throws(PNGEncodingError) {
            png = base64(try PNGEncoder.encode(picture))
            aspect = Double(picture.height) / Double(picture.width)
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

    // In millimetres; 2.5 are 7 points, the least that journals take for lettering.
    private static let margin = 1.0, gap = 1.0, rowCaption = 4.0
    private static let font = 2.5, smallFont = 1.9
    /// The height of a cell by its width at most; what is taller is drawn narrower.
    private static let tallest = 1.25

    /// The figure as SVG.
    ///
    /// - Parameters:
    ///   - width: in millimetres; the height follows.
    ///   - title, description, metadata: what the file says of itself.
    public func svg(width: Double, title: String, description: String, metadata: String) -> [UInt8] {
        var document = SVGDocument(width: width)
        let cell = Self.cellWidth(columns: columns.count, of: width), left = Self.margin + Self.rowCaption
        func x(_ column: Int) -> Double { left + Double(column) * (cell + Self.gap) }
        var y = Self.margin + Self.font
        let heading = Fit(columns, size: Self.font, width: cell)
        for (column, text) in heading.texts.enumerated() {
            document.text(text, x: x(column) + cell / 2, y: y, size: heading.size, anchor: .middle)
        }
        y += 1.2
        let heights = rows.map { row in cell * min(row.cells.compactMap { $0?.aspect }.max() ?? 1, Self.tallest) }
        let captions = Fit(rows.map(\.caption), size: Self.font, width: heights.min() ?? cell)
        let notes = Fit(rows.flatMap { $0.cells.map { $0?.note ?? "" } }, size: Self.smallFont, width: cell)
        var place = 0
        for ((row, height), caption) in zip(zip(rows, heights), captions.texts) {
            document.text(
                caption, x: left - 1.2, y: y + height / 2, size: captions.size, anchor: .middle, isUpward: true)
            for (column, shown) in row.cells.enumerated() {
                defer { place += 1 }
                guard let shown else { continue }
                let drawn = min(cell, height / shown.aspect)
                document.picture(
                    shown.png, x: x(column) + (cell - drawn) / 2, y: y, width: drawn, height: drawn * shown.aspect)
                document.text(
                    notes.texts[place], x: x(column) + cell / 2, y: y + height + notes.size, size: notes.size, anchor: .middle)
            }
            let hasNotes = row.cells.contains { $0?.note.isEmpty == false }
            y += height + (hasNotes ? Self.smallFont + 0.8 : 0) + Self.gap
        }
        draw(bars, &document, &y, left: left)
        draw(swatches, &document, &y, left: left)
        for line in Self.lines(legend, width: width - left - Self.margin) {
            y += Self.font * 1.2
            document.text(line, x: left, y: y, size: Self.font)
        }
        return document.bytes(height: y + Self.margin + 0.6, title: title, description: description, metadata: metadata)
    }

    /// Bars side by side, as many a line as have room.
    private func draw(_ bars: [Bar], _ document: inout SVGDocument, _ y: inout Double, left: Double) {
        let room = document.width - left - Self.margin, between = 5.0
        let perLine = max(min(bars.count, Int((room + between) / (55 + between))), 1)
        let width = min((room + between) / Double(perLine) - between, 70)
        for start in stride(from: 0, to: bars.count, by: perLine) {
            y += 1 + Self.font
            for (place, bar) in bars[start..<min(start + perLine, bars.count)].enumerated() {
                let x = left + Double(place) * (width + between)
                let title = Fit([bar.title], size: Self.font, width: width)
                document.text(title.texts[0], x: x, y: y, size: title.size)
                document.bar(bar.colors, x: x, y: y + 1, width: width, height: 2.5)
                for (number, tick) in bar.ticks.enumerated() {
                    let part = bar.ticks.count > 1 ? Double(number) / Double(bar.ticks.count - 1) : 0.5
                    document.text(
                        tick, x: x + part * width, y: y + 3.8 + Self.smallFont, size: Self.smallFont,
                        anchor: part == 0 ? .start : part == 1 ? .end : .middle)
                }
            }
            y += 4.2 + Self.smallFont
        }
    }

    /// Swatches with their names one after another, in lines.
    private func draw(_ swatches: [Swatch], _ document: inout SVGDocument, _ y: inout Double, left: Double) {
        guard !swatches.isEmpty else { return }
        let right = document.width - Self.margin
        var x = left
        y += 1 + Self.font
        for swatch in swatches {
            let name = Fit([swatch.name], size: Self.font, width: right - left - Self.font - 1)
            let width = Self.font + 1 + SVGDocument.width(of: name.texts[0]) * name.size
            if x > left, x + width > right {
                x = left
                y += Self.font * 1.4
            }
            document.area(swatch.color, x: x, y: y - Self.font * 0.8, width: Self.font, height: Self.font)
            document.text(name.texts[0], x: x + Self.font + 0.8, y: y, size: name.size)
            x += width + 3
        }
        y += 0.8
    }

    /// A text in lines that have room.
    private static func lines(_ text: String, width: Double) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, SVGDocument.width(of: last + " " + word) * font <= width {
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

        init(_ texts: [String], size: Double, width: Double) {
            let texts = texts.map(\.printable)
            let widest = (texts.map { SVGDocument.width(of: $0) }.max() ?? 0) * size
            let factor = widest > width ? max(width / widest, 0.7) : 1
            let fitted = size * factor
            self.size = fitted
            self.texts = texts.map { text in
                guard SVGDocument.width(of: text) * fitted > width * 1.0001 else { return text }
                var short = text
                while !short.isEmpty, SVGDocument.width(of: short + "…") * fitted > width { short.removeLast() }
                return short + "…"
            }
        }
    }
}
