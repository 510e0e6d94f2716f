import Explorer
import Foundation
import GETAM

/// What `getam map` makes of the maps: a file, lines of block characters, and a report.
struct MapWriter: Sendable {
    enum Format: String, CaseIterable, Sendable { case npy, png }

    let request: MapRequest
    /// What is written; nil for drawing text.
    let format: Format?
    let colorMap: ColorMap
    let opacity: Float
    /// Of drawn text.
    let depth: ColorDepth
    let terminal: (columns: Int, rows: Int, isThere: Bool)

    /// The file's bytes; none where nothing is written.
    func bytes(_ maps: MapRequest.Maps) throws -> [UInt8] {
        guard let first = maps.maps.first?.first else { return [] }
        switch format {
        case .npy:
            let shape = [maps.maps.count] + (request.perLayer ? [maps.maps[0].count] : []) + [first.rows, first.columns]
            return NumPyFile.encode(shape: shape, maps.maps.joined().flatMap(\.values))
        case .png:
            let rendered = maps.maps.map { row in row.map { render($0, over: maps.picture) } }
            return try PNGEncoder.encode(RGBImage(tiles: rendered))
        case nil: return []
        }
    }

    /// The maps in block characters, each under its title.
    func text(_ maps: MapRequest.Maps, _ configuration: ModelConfiguration) -> String {
        // Two pixels a cell; a line is left for the title, and one for the prompt.
        let picture = maps.picture
        let scale = min(
            Double(terminal.columns) / Double(picture.width), Double(max(terminal.rows - 2, 4) * 2) / Double(picture.height))
        let small = picture.resized(
            width: max(1, Int(Double(picture.width) * scale)), height: max(2, Int(Double(picture.height) * scale)), filter: .bilinear)
        var text = ""
        for (row, line) in maps.maps.enumerated() {
            for (offset, map) in line.enumerated() {
                let (low, high) = map.range
                let title = "\(request.title(maps, row: row, offset: offset, configuration))  \(String(format: "%.4g to %.4g", low, high))".printable
                // A title that wraps would push the picture off the screen.
                text += (terminal.isThere ? String(title.prefix(terminal.columns)) : title) + "\n"
                text += Frame(render(map, over: small), mono: depth == .mono).text(depth: depth)
            }
        }
        return text
    }

    private func render(_ map: PatchMap, over picture: RGBImage) -> RGBImage {
        let (low, high) = map.range
        return map.picture(
            over: picture, opacity: opacity, low: low, high: high, colorMap: format == nil && depth == .mono ? .gray : colorMap)
    }

    /// What `--json` says of the maps.
    func report(
        _ maps: MapRequest.Maps, name: String, path: String, output: String?, _ configuration: ModelConfiguration
    ) -> PictureReport {
        var report = PictureReport(name, path: path)
        (report.width, report.height) = (maps.picture.width, maps.picture.height)
        report.output = output
        report.method = request.method.identifier
        report.layers = [request.layers.lowerBound, request.layers.upperBound]
        let rows = maps.maps.map { row in row.enumerated().map { values($1, request.layers(at: $0)) } }
        if maps.classes.isEmpty {
            report.maps = rows.first
        } else {
            let logits = maps.logits, probabilities = configuration.probability(logits)
            report.classes = zip(maps.classes, rows).map { index, maps in
                .init(
                    index: index, name: configuration.className(index), logit: logits[index], probability: probabilities[index],
                    maps: maps)
            }
        }
        return report
    }

    private func values(_ map: PatchMap, _ layers: ClosedRange<Int>) -> PictureReport.Map {
        let (low, high) = map.range
        let peak = map.values.firstIndex(of: high) ?? 0
        return .init(
            layers: [layers.lowerBound, layers.upperBound], rows: map.rows, columns: map.columns, minimum: low, maximum: high,
            peak: [peak / max(map.columns, 1), peak % max(map.columns, 1)])
    }
}
