import Explorer
import Foundation
import GETAM

/// What `getam map` makes of the values: a file, lines of text, and a report.
struct MapWriter: Sendable {
    enum Format: String, CaseIterable, Sendable { case npy, png }

    let request: MapRequest
    /// What is written; nil for drawing text.
    let format: Format?
    let colorMap: ColorMap
    /// How the maps lie over the picture; nil for maps alone.
    let blend: Blend?
    /// Of drawn text.
    let depth: ColorDepth
    let terminal: (columns: Int, rows: Int, isThere: Bool)

    /// The file's bytes; none where nothing is written.
    func bytes(_ maps: MapRequest.Maps, _ configuration: ModelConfiguration) throws -> [UInt8] {
        switch format {
        case .npy: return array(maps)
        case .png:
            if maps.table != nil { return try tables(maps, configuration) }
            let rendered = maps.cells.map { row in row.compactMap { image($0.value, over: maps.picture) } }
            guard rendered.first?.isEmpty == false else { return [] }
            return try PNGEncoder.encode(RGBImage(tiles: rendered))
        case nil: return []
        }
    }

    /// `[classes, layers, heads, rows, columns]` of maps, without the axes that are not kept apart; of colors and classes as many
    /// without the first, of colors with a last of three; of a table `[layers, columns]`.
    private func array(_ maps: MapRequest.Maps) -> [UInt8] {
        if let table = maps.table {
            let rows = request.layers.map { table.rows[$0] }
            return NumPyFile.encode(shape: [rows.count, table.columns.count], rows.flatMap { $0 })
        }
        let all = maps.cells.joined().map(\.value), heads = request.heads == .each ? maps.cells.first?.count ?? 0 : 1
        let apart = (request.perLayer ? [request.layers.count] : [])
            + (request.heads == .each ? [request.perLayer ? heads / request.layers.count : heads] : [])
        switch all.first {
        case .map(let first)?:
            let values = all.flatMap { $0.map?.values ?? [] }
            return NumPyFile.encode(shape: [maps.cells.count] + apart + [first.rows, first.columns], values)
        case .colors(let first)?:
            let samples = all.flatMap { value -> [UInt8] in if case .colors(let colors) = value { colors.samples } else { [] } }
            return NumPyFile.encode(shape: apart + [first.rows, first.columns, 3], samples)
        case .classes(let first)?:
            let classes = all.flatMap { value -> [Int32] in
                if case .classes(let found) = value { found.classes.map { Int32(clamping: $0) } } else { [] }
            }
            return NumPyFile.encode(shape: apart + [first.rows, first.columns], classes)
        case .table?, nil: return []
        }
    }

    /// A table in colors with its numbers, of several classes one under the other.
    private func tables(_ maps: MapRequest.Maps, _ configuration: ModelConfiguration) throws -> [UInt8] {
        let pictures = maps.cells.enumerated().compactMap { row, cells -> RGBImage? in
            guard case .table(let table)? = cells.first?.value else { return nil }
            return table.picture(
                title: request.quantity.title, isDiverging: request.quantity.scale == .diverging, colorMap: colorMap, layers: request.layers,
                legend: maps.classes.indices.contains(row) ? request.name(maps.classes[row], configuration) : "")
        }
        let limits = ImageLimits.default, height = pictures.reduce(0) { $0 + $1.height }
        guard height <= limits.maxSide, height * (pictures.map(\.width).max() ?? 0) <= limits.maxPixels else {
            throw CommandFailure(.usage, "\(pictures.count) tables are too many for one picture: name fewer classes, or write .npy")
        }
        return try PNGEncoder.encode(RGBImage(stacked: pictures))
    }

    /// The values in block characters or in words, each under its title.
    func text(_ maps: MapRequest.Maps, _ configuration: ModelConfiguration) -> String {
        if let table = maps.table {
            let names = maps.classes.map { request.name($0, configuration) }
            return QuantityText.table(table, layers: request.layers, names: names, title: request.quantity.title)
        }
        // Two pixels a cell; a line is left for the title, and one for the prompt.
        let picture = maps.picture
        let fit = min(
            Double(terminal.columns) / Double(picture.width), Double(max(terminal.rows - 2, 4) * 2) / Double(picture.height))
        let width = max(1, Int(Double(picture.width) * fit)), height = max(2, Int(Double(picture.height) * fit))
        var text = ""
        for (row, line) in maps.cells.enumerated() {
            for cell in line {
                var title = request.title(maps, row: row, cell, configuration)
                let scale = request.quantity.ownScale(of: cell.value)
                if cell.value.map != nil { title += "  \(String(format: "%.4g to %.4g", scale.low, scale.high))" }
                title = title.printable
                // A title that wraps would push the picture off the screen.
                text += (terminal.isThere ? String(title.prefix(terminal.columns)) : title) + "\n"
                switch cell.value {
                case .map, .colors:
                    text += Frame(
                        cell.value, scale: scale, over: picture, width: width, height: height, blend: blend, colorMap: colorMap, depth: depth
                    ).text(depth: depth)
                case .classes(let classes): text += QuantityText.classes(classes, names: configuration.distinctClassNames)
                case .table: break
                }
            }
        }
        return text
    }

    private func image(_ value: QuantityValue, over picture: RGBImage) -> RGBImage? {
        value.picture(over: picture, blend: blend, scale: request.quantity.ownScale(of: value), colorMap: colorMap)
    }

    /// What `--json` says of the values.
    func report(
        _ maps: MapRequest.Maps, name: String, path: String, output: String?, _ configuration: ModelConfiguration
    ) -> PictureReport {
        var report = PictureReport(name, path: path)
        (report.width, report.height) = (maps.picture.width, maps.picture.height)
        report.output = output
        report.method = request.quantity.identifier
        report.ablated = request.ablations.descriptions
        report.layers = [request.layers.lowerBound, request.layers.upperBound]
        if request.query != .picture { report.query = request.query.text }
        if let table = maps.table {
            report.table = .init(
                columns: table.columns, unit: table.unit.isEmpty ? nil : table.unit, rows: request.layers.map { table.rows[$0] },
                sums: table.sums.isEmpty ? nil : zip(maps.classes, table.sums).map { index, sum in
                    .init(
                        index: index, parts: Dictionary(sum.parts.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }), sum: sum.total,
                        logit: sum.whole.value)
                })
        }
        let rows = maps.cells.map { row in row.compactMap(values) }
        if maps.classes.isEmpty {
            report.maps = rows.first.flatMap { $0.isEmpty ? nil : $0 }
            let patches = maps.cells.first?.compactMap(patches) ?? []
            report.patches = patches.isEmpty ? nil : patches
        } else {
            let logits = maps.logits, probabilities = configuration.probability(logits)
            report.classes = zip(maps.classes, rows).map { index, maps in
                .init(
                    index: index, name: configuration.className(index), logit: logits[index], probability: probabilities[index],
                    maps: maps.isEmpty ? nil : maps)
            }
        }
        return report
    }

    private func values(_ cell: MapRequest.Cell) -> PictureReport.Map? {
        guard case .map(let map) = cell.value else { return nil }
        let (low, high) = map.range
        let peak = map.values.firstIndex(of: high) ?? 0
        return .init(
            layers: [cell.layers.lowerBound, cell.layers.upperBound], head: cell.head, rows: map.rows, columns: map.columns, minimum: low,
            maximum: high, peak: [peak / max(map.columns, 1), peak % max(map.columns, 1)])
    }

    private func patches(_ cell: MapRequest.Cell) -> PictureReport.Patches? {
        guard case .classes(let found) = cell.value else { return nil }
        return .init(
            layers: [cell.layers.lowerBound, cell.layers.upperBound],
            classes: (0..<found.rows).map { Array(found.classes[$0 * found.columns..<($0 + 1) * found.columns]) })
    }
}
