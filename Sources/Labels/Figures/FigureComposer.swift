import Attribution
import Glibc
import Images

/// Makes a figure of values, wherever they come from: each over its picture, with the bars of their colors and the pictures
/// themselves beside them.
public struct FigureComposer: Sendable {
    /// A value in a figure.
    public struct Cell: Sendable {
        let content: Content
        /// What has the scale in common, as a bar with its numbers says; `nil` for a map's own, whose numbers stand under it.
        let sharing: String?

        /// Whether the value is drawn alone, not over its picture.
        let isAlone: Bool

        enum Content: Sendable {
            case value(QuantityValue, RGBImage, MapScale)
            case picture(RGBImage)
        }

        /// - Parameters:
        ///   - picture: what it is of.
        ///   - scale: of a map's colors.
        ///   - sharing: what has the scale in common; `nil` for a map's own.
        ///   - isAlone: whether it is drawn alone, not over the picture.
        public init(_ value: QuantityValue, over picture: RGBImage, scale: MapScale, sharing: String? = nil, isAlone: Bool = false) {
            content = .value(value, picture, scale)
            self.sharing = sharing
            self.isAlone = isAlone
        }

        /// A picture that is there already, such as a label's.
        public init(_ picture: RGBImage) {
            content = .picture(picture)
            sharing = nil
            isAlone = false
        }
    }

    /// The pictures that values are of, and where they stand.
    public enum Pictures: Sendable {
        /// First of all columns, one a row; one alone in the first row.
        case column([RGBImage])
        /// First of all rows, one a column.
        case row([RGBImage])
        case none
    }

    /// How values lie over pictures.
    public var blend: Blend
    public var colorMap: ColorMap
    /// Of maps: a fraction of the scale below which the picture stays as it is; 0 is off.
    public var cut: Float
    public var sampling: Sampling
    /// Of all classes that patches may have.
    public var classNames: [String]

    public init(blend: Blend, colorMap: ColorMap, cut: Float = 0, sampling: Sampling = .smooth, classNames: [String]) {
        self.blend = blend
        self.colorMap = colorMap
        self.cut = cut
        self.sampling = sampling
        self.classNames = classNames
    }

    /// The figure.
    ///
    /// - Parameters:
    ///   - columns, rows: their captions.
    ///   - cells: rows of as many as there are columns; `nil` where there is none.
    ///   - legend: what all cells have in common.
    public func sheet(
        columns: [String], rows: [String], cells: [[Cell?]], pictures: Pictures, legend: String
    ) -> FigureSheet {
        var grid = zip(rows, cells).map { caption, cells in FigureSheet.Row(caption, cells.map { $0.flatMap(drawn) }) }
        var headings = columns
        switch pictures {
        case .none: break
        case .row(let pictures): grid.insert(FigureSheet.Row("picture", pictures.map { FigureSheet.Cell($0) }), at: 0)
        case .column(let pictures):
            headings.insert("picture", at: 0)
            for row in grid.indices {
                grid[row].cells.insert(pictures.indices.contains(row) ? FigureSheet.Cell(pictures[row]) : nil, at: 0)
            }
        }
        var sheet = FigureSheet(columns: headings, rows: grid)
        let shown = cells.joined().compactMap(\.self)
        sheet.bars = bars(shown)
        sheet.swatches = swatches(shown)
        sheet.legend = legend
        return sheet
    }

    private func drawn(_ cell: Cell) -> FigureSheet.Cell? {
        switch cell.content {
        case .picture(let picture): return FigureSheet.Cell(picture)
        case .value(let value, let picture, let scale):
            var note = ""
            if case .map = value, cell.sharing == nil { note = Self.number(scale.low) + " to " + Self.number(scale.high) }
            return value.picture(over: picture, blend: cell.isAlone ? nil : blend, scale: scale, cut: cut, sampling: sampling, colorMap: colorMap)
                .map { FigureSheet.Cell($0, note: note) }
        }
    }

    /// A bar for maps with a scale of their own, of each kind; then one a scale that several have.
    private func bars(_ cells: [Cell]) -> [FigureSheet.Bar] {
        let maps = cells.compactMap { cell -> (scale: MapScale, sharing: String?)? in
            if case .value(.map, _, let scale) = cell.content { (scale, cell.sharing) } else { nil }
        }
        var bars: [FigureSheet.Bar] = []
        if maps.contains(where: { $0.sharing == nil && !$0.scale.isDiverging }) {
            bars.append(.init("each map's own scale", colors(isDiverging: false), ticks: ["0 %", "50 %", "100 %"]))
        }
        if maps.contains(where: { $0.sharing == nil && $0.scale.isDiverging }) {
            bars.append(.init("each map's own scale, zero in the middle", colors(isDiverging: true), ticks: ["-100 %", "0", "100 %"]))
        }
        var seen: Set<String> = []
        for (scale, sharing) in maps {
            guard let sharing else { continue }
            let ticks = [scale.low, scale.low + (scale.high - scale.low) / 2, scale.high].map { Self.number($0) }
            guard seen.insert(sharing + ticks.joined(separator: " ")).inserted else { continue }
            bars.append(
                .init(
                    sharing + (scale.isDiverging ? ", shared scale, zero in the middle" : ", shared scale"),
                    colors(isDiverging: scale.isDiverging), ticks: ticks))
        }
        return bars
    }

    /// The colors along a scale; under a spotlight, how bright the picture is left.
    private func colors(isDiverging: Bool) -> [RGBColor] {
        if blend.kind == .spotlight {
            return MapColors(colorMap, isDiverging: isDiverging).magnitudes.map { RGBColor(gray: UInt8(255 * blend.brightness(at: $0))) }
        }
        return isDiverging ? DivergingColors.table : colorMap.table
    }

    /// The classes that patches have, most patches first.
    private func swatches(_ cells: [Cell]) -> [FigureSheet.Swatch] {
        var counts: [Int: Int] = [:]
        for cell in cells {
            if case .value(.classes(let found), _, _) = cell.content { for index in found.classes { counts[index, default: 0] += 1 } }
        }
        let most = 24
        let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        return sorted.prefix(most).map { index in
            FigureSheet.Swatch(classNames.indices.contains(index) ? classNames[index] : "\(index)", QuantityValue.color(ofClass: index))
        }
    }

    /// Significant digits, as C's `%.3g` has them.
    static func number(_ value: Float, digits: Int32 = 3) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { text in
            let count = withVaList([digits, Double(value)]) { vsnprintf(text.baseAddress, text.count, "%.*g", $0) }
            return String(decoding: text.prefix(max(Int(count), 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
