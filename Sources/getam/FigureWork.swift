import Foundation
import GETAM

/// The way from pictures to a figure: `getam map`'s values of all of them, colored and put in their places.
struct FigureWork {
    let plan: FigurePlan
    let blend: Blend
    let colorMap: ColorMap
    /// Whether each method has one scale for all its maps.
    let isShared: Bool

    /// What the passes give.
    private struct Values {
        var pictures: [RGBImage] = []
        var probable: [Int?] = []
        var cells: [FigurePlace: QuantityValue] = [:]

        /// The maps of a method.
        func maps(method: Int) -> [PatchMap] {
            cells.filter { $0.key[.methods] == method }.compactMap { if case .map(let map) = $0.value { map } else { nil } }
        }
    }

    /// Refuses, before anything is computed, cells too narrow to be seen, and pictures that take more memory than is at hand.
    ///
    /// - Parameter width: of the figure, in millimetres.
    func check(width: Double) throws {
        let unknown = [Int?](repeating: 0, count: plan.pictures.count)
        let rows = plan.captions(plan.axes.rows, probable: unknown).count, columns = plan.captions(plan.axes.columns, probable: unknown).count
        let across = columns + (plan.axes.columns == .pictures ? 0 : 1)
        let cell = FigureSheet.cellWidth(columns: across, of: width)
        guard cell >= Self.narrowest else {
            throw CommandFailure(
                .usage, "\(across) columns are too many for a width of \(Int(width)) mm: choose fewer, or make --width at least "
                    + "\(Int((width + (Self.narrowest - cell) * Double(across)).rounded(.up)))")
        }
        guard let atHand = MachineMemory.atHand() else { return }
        let cells = 1 + rows * columns / (plan.axes.has(.pictures) ? max(plan.pictures.count, 1) : 1)
        var need = 0
        for picture in plan.pictures {
            let size = try ImageFile.size(path: picture.path())
            need += size.width * size.height * (3 + cells * Self.cellSize)
        }
        guard need <= atHand else {
            throw CommandFailure(
                .memory, "the figure takes \(MachineMemory.text(need)) of memory, of \(MachineMemory.text(atHand)) at hand; "
                    + "choose fewer or smaller pictures")
        }
    }

    /// Of a cell, in millimetres.
    private static let narrowest = 4.0
    /// Bytes a pixel of a cell: its PNG in base 64, in the drawing and in the file.
    private static let cellSize = 8

    /// - Parameter model: the name of the model's file.
    func sheet(with transformer: VisionTransformer, model: String) throws -> FigureSheet {
        let paths = try plan.pictures.map { try $0.path() }
        let values = try self.values(paths, with: transformer)
        let scales = plan.quantities.enumerated().map { number, quantity in
            isShared ? quantity.sharedScale(of: values.maps(method: number)) : nil
        }
        let rows = plan.captions(plan.axes.rows, probable: values.probable)
        let columns = plan.captions(plan.axes.columns, probable: values.probable)
        var grid = try rows.indices.map { row in
            FigureSheet.Row(
                rows[row],
                try columns.indices.map { column in
                    try cell(FigurePlace([plan.axes.rows: row, plan.axes.columns: column]), values, scales)
                })
        }
        var headings = columns
        let own = try values.pictures.map { try FigureSheet.Cell($0) }
        if plan.axes.columns == .pictures {
            grid.insert(FigureSheet.Row("picture", own), at: 0)
        } else {
            headings.insert("picture", at: 0)
            for row in grid.indices { grid[row].cells.insert(own.indices.contains(row) ? own[row] : nil, at: 0) }
        }
        var sheet = FigureSheet(columns: headings, rows: grid)
        sheet.bars = bars(values, scales)
        sheet.swatches = swatches(values)
        sheet.legend = plan.legend(probable: values.probable, model: model)
        return sheet
    }

    // MARK: The passes

    private func values(_ paths: [String], with model: VisionTransformer) throws -> Values {
        let configuration = model.configuration
        var values = Values(), timings = Timings()
        for (number, path) in paths.enumerated() {
            let picture = try InputOptions.picture(path)
            let pixels = try plan.input.tensor(picture, for: configuration)
            var traces: [Bool: Trace] = [:], probable: Int?
            for (method, quantity) in plan.quantities.enumerated() {
                let request = plan.request(quantity)
                let trace = try traces[quantity.readsCompleteTrace]
                    ?? model.forward(pixels, options: request.forwardOptions(of: configuration))
                traces[quantity.readsCompleteTrace] = trace
                probable = trace.mostProbable
                let cells = try request.values(of: trace, with: model, timings: &timings).cells
                for (target, row) in cells.enumerated() {
                    let place = FigurePlace([.pictures: number, .methods: method, .classes: target])
                    add(row, of: quantity, at: place, to: &values)
                }
            }
            values.pictures.append(picture)
            values.probable.append(probable)
        }
        return values
    }

    /// The values of a row as `getam map` has them: by layers, where they are kept apart, and in each by heads.
    private func add(_ row: [MapRequest.Cell], of quantity: any Quantity, at place: FigurePlace, to values: inout Values) {
        let heads = Dictionary(grouping: row) { $0.head ?? 0 }
        for (number, head) in heads.keys.sorted().enumerated() {
            var place = place, cells = heads[head, default: []].map(\.value)
            if plan.hasFused {
                let maps = cells.compactMap { if case .map(let map) = $0 { map } else { nil } }
                if let fused = quantity.fusion.fused(maps).map(QuantityValue.map) ?? cells.last { cells.append(fused) }
            }
            place[.heads] = number
            for (layer, value) in cells.enumerated() {
                place[.layers] = layer
                values.cells[place] = value
            }
        }
    }

    // MARK: The sheet

    private func cell(_ place: FigurePlace, _ values: Values, _ scales: [MapScale?]) throws -> FigureSheet.Cell? {
        var place = place
        let quantity = plan.quantities[place[.methods]]
        // What is of no class or head is the same for all.
        if !quantity.needsClass { place[.classes] = 0 }
        if !quantity.axes.contains(.head) { place[.heads] = 0 }
        guard let value = values.cells[place] else { return nil }
        var scale = MapScale(low: 0, high: 1), note = ""
        if case .map(let map) = value {
            scale = scales[place[.methods]] ?? quantity.ownScale(of: map)
            if !isShared { note = String(format: "%.3g to %.3g", scale.low, scale.high) }
        }
        return try value.picture(over: values.pictures[place[.pictures]], blend: blend, scale: scale, colorMap: colorMap)
            .map { try FigureSheet.Cell($0, note: note) }
    }

    private func bars(_ values: Values, _ scales: [MapScale?]) -> [FigureSheet.Bar] {
        let shown = plan.quantities.enumerated().filter { $0.element.scale == .sequential || $0.element.scale == .diverging }
        guard isShared else {
            return [false, true].compactMap { isDiverging in
                guard shown.contains(where: { ($0.element.scale == .diverging) == isDiverging }) else { return nil }
                return isDiverging
                    ? .init("each map's own scale, zero in the middle", colors(isDiverging: true), ticks: ["-100 %", "0", "100 %"])
                    : .init("each map's own scale", colors(isDiverging: false), ticks: ["0 %", "50 %", "100 %"])
            }
        }
        return shown.compactMap { number, quantity in
            scales[number].map { scale in
                let middle = scale.low + (scale.high - scale.low) / 2
                return .init(
                    quantity.title + (scale.isDiverging ? ", shared scale, zero in the middle" : ", shared scale"),
                    colors(isDiverging: scale.isDiverging), ticks: [scale.low, middle, scale.high].map { String(format: "%.3g", $0) })
            }
        }
    }

    /// The colors along a scale; under a spotlight, how bright the picture is left.
    private func colors(isDiverging: Bool) -> [RGBColor] {
        if blend.kind == .spotlight {
            return (0..<256).map { level in
                let place = isDiverging ? abs(Float(level) - 127.5) / 127.5 : Float(level) / 255
                return RGBColor(gray: UInt8(255 * blend.brightness(at: place)))
            }
        }
        return isDiverging ? DivergingColors.table : colorMap.table
    }

    /// The classes that patches have, most patches first.
    private func swatches(_ values: Values) -> [FigureSheet.Swatch] {
        var counts: [Int: Int] = [:]
        for case .classes(let found) in values.cells.values { for index in found.classes { counts[index, default: 0] += 1 } }
        let names = plan.configuration.distinctClassNames, most = 24
        let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        return sorted.prefix(most).map { FigureSheet.Swatch(names[$0], QuantityValue.color(ofClass: $0)) }
    }
}
