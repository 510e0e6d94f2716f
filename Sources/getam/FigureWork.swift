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
            cells.filter { $0.key[.methods] == method }.compactMap(\.value.map)
        }
    }

    /// Refuses, before anything is computed, cells too narrow to be seen, and pictures that take more memory than is at hand.
    ///
    /// - Parameter output: how the figure is written.
    func check(_ output: FigureOutput) throws {
        let unknown = [Int?](repeating: 0, count: plan.pictures.count), width = output.width
        let rows = plan.captions(plan.axes.rows, probable: unknown), columns = plan.captions(plan.axes.columns, probable: unknown)
        let across = columns.count + (plan.axes.columns == .pictures ? 0 : 1)
        let cell = FigureSheet.cellWidth(columns: across, of: width)
        guard cell >= FigureSheet.narrowestCell else {
            throw CommandFailure(
                .usage, "\(across) columns are too many for a width of \(Int(width)) mm: choose fewer, or make --width at least "
                    + "\(Int((width + (FigureSheet.narrowestCell - cell) * Double(across)).rounded(.up)))")
        }
        let sizes = try plan.pictures.map { try ImageFile.size(path: $0.path()) }
        let outline = outline(rows, columns, sizes)
        if let obstacle = output.obstacle(to: outline) { throw CommandFailure(.usage, "--dpi: \(obstacle)") }
        guard let atHand = MachineMemory.atHand() else { return }
        let cells = 1 + rows.count * columns.count / (plan.axes.has(.pictures) ? max(plan.pictures.count, 1) : 1)
        let need = sizes.reduce(0) { $0 + $1.width * $1.height * (3 + cells * Self.cellSize) } + Int(output.pixels(outline)) * Self.pixelSize
        guard need <= atHand else {
            throw CommandFailure(
                .memory, "the figure takes \(MachineMemory.text(need)) of memory, of \(MachineMemory.text(atHand)) at hand; "
                    + "choose fewer or smaller pictures")
        }
    }

    /// The figure without its pictures: as large as it will be.
    private func outline(_ rows: [String], _ columns: [String], _ sizes: [(width: Int, height: Int)]) -> FigureSheet {
        let empty = sizes.map { FigureSheet.Cell(RGBColor(gray: 255), aspect: Double($0.height) / Double(max($0.width, 1)), note: "0") }
        func own(_ axis: FigureAxis, _ number: Int) -> FigureSheet.Cell? { empty[axis == .pictures ? number : 0] }
        var sheet = FigureSheet(
            columns: columns + (plan.axes.columns == .pictures ? [] : ["picture"]),
            rows: rows.indices.map { row in
                FigureSheet.Row(rows[row], columns.indices.map { plan.axes.columns == .pictures ? own(.pictures, $0) : own(plan.axes.rows, row) })
            } + (plan.axes.columns == .pictures ? [FigureSheet.Row("picture", empty)] : []))
        sheet.bars = [FigureSheet.Bar("", [], ticks: [])]
        sheet.legend = plan.legend(probable: sizes.map { _ in 0 }, model: "")
        return sheet
    }

    /// Bytes a pixel of a cell: its own, and its PNG in base 64, in the drawing and in the file.
    private static let cellSize = 11
    /// Bytes a pixel of a PNG: its own, and those of the file.
    private static let pixelSize = 6

    /// - Parameter model: the name of the model's file.
    func sheet(with transformer: VisionTransformer, model: String) throws -> FigureSheet {
        let paths = try plan.pictures.map { try $0.path() }
        let values = try self.values(paths, with: transformer)
        let scales = plan.quantities.enumerated().map { number, quantity in
            isShared ? quantity.sharedScale(of: values.maps(method: number)) : nil
        }
        let rows = plan.captions(plan.axes.rows, probable: values.probable)
        let columns = plan.captions(plan.axes.columns, probable: values.probable)
        let cells = rows.indices.map { row in
            columns.indices.map { column in
                cell(FigurePlace([plan.axes.rows: row, plan.axes.columns: column]), values, scales)
            }
        }
        return FigureComposer(blend: blend, colorMap: colorMap, classNames: plan.configuration.distinctClassNames).sheet(
            columns: columns, rows: rows, cells: cells,
            pictures: plan.axes.columns == .pictures ? .row(values.pictures) : .column(values.pictures),
            legend: plan.legend(probable: values.probable, model: model))
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
                let cells = try request.values(of: trace, with: model, showsProgress: true, timings: &timings).cells
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
                let maps = cells.compactMap(\.map)
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

    private func cell(_ place: FigurePlace, _ values: Values, _ scales: [MapScale?]) -> FigureComposer.Cell? {
        var place = place
        let quantity = plan.quantities[place[.methods]]
        // What is of no class or head is the same for all.
        if !quantity.needsClass { place[.classes] = 0 }
        if !quantity.axes.contains(.head) { place[.heads] = 0 }
        guard let value = values.cells[place] else { return nil }
        if case .table(let table) = value {
            return FigureComposer.Cell(
                table.picture(
                    title: quantity.title, isDiverging: quantity.scale == .diverging, colorMap: colorMap,
                    layers: plan.request(quantity).layers))
        }
        let scale = (value.map == nil ? nil : scales[place[.methods]]) ?? quantity.ownScale(of: value)
        return FigureComposer.Cell(
            value, over: values.pictures[place[.pictures]], scale: scale, sharing: isShared ? quantity.title : nil)
    }
}
