import Foundation
import GETAM

/// Which values `getam map` makes of a picture.
struct MapRequest: Sendable {
    let quantity: any Quantity
    /// The classes named; empty is the most probable one.
    let classes: [Int]
    let contrast: Contrast?
    let layers: ClosedRange<Int>
    /// Whether the layers are kept apart.
    let perLayer: Bool
    let heads: HeadSelection
    let query: QueryChoice
    let input: InputOptions
    /// The heads that take no part.
    let ablations: HeadAblations

    /// The same of other classes.
    func naming(_ classes: [Int]) -> MapRequest {
        MapRequest(
            quantity: quantity, classes: quantity.needsClass ? classes : [], contrast: contrast, layers: layers, perLayer: perLayer, heads: heads,
            query: query, input: input, ablations: ablations)
    }

    /// What a class is told from.
    enum Contrast: Sendable, Equatable {
        /// The three classes whose logits are nearest.
        case nearest
        case other(Int)
        /// All classes and the background's words, by soft-max.
        case all
    }

    /// A value, and what it is of.
    struct Cell {
        let layers: ClosedRange<Int>
        /// Nil for all heads together.
        let head: Int?
        let value: QuantityValue
    }

    /// The values of one picture.
    struct Maps {
        let picture: RGBImage
        /// A row a class, of layers, and in each of heads.
        let cells: [[Cell]]
        /// The classes of the rows; empty for a quantity that needs none.
        let classes: [Int]
        let logits: [Float]

        /// The tables of all rows side by side.
        var table: QuantityTable? {
            let tables = cells.compactMap { row -> QuantityTable? in
                if case .table(let table)? = row.first?.value { table } else { nil }
            }
            guard let first = tables.first, tables.count == cells.count else { return nil }
            return QuantityTable(
                columns: tables.flatMap(\.columns), rows: first.rows.indices.map { layer in tables.flatMap { $0.rows[layer] } },
                unit: first.unit, sums: tables.flatMap(\.sums))
        }
    }

    /// Runs the passes.
    ///
    /// - Parameters:
    ///   - repeats: how often; what each took is added to the timings.
    ///   - showsProgress: as in ``values(of:with:showsProgress:timings:)``.
    func maps(
        path: String, with model: VisionTransformer, repeats: Int = 1, showsProgress: Bool = false, timings: inout Timings
    ) throws -> Maps {
        let configuration = model.configuration
        let (picture, pixels) = try timings.measure(.decode) {
            let picture = try InputOptions.picture(path)
            return (picture, try input.tensor(picture, for: configuration))
        }
        var cells: [[Cell]] = [], classes: [Int] = [], logits: [Float] = []
        for _ in 0..<repeats {
            let trace = try timings.measure(.forward) { try model.forward(pixels, options: forwardOptions(of: configuration)) }
            logits = trace.logits
            (cells, classes) = try values(of: trace, with: model, showsProgress: showsProgress, timings: &timings)
        }
        return Maps(picture: picture, cells: cells, classes: classes, logits: logits)
    }

    /// What the forward pass has to keep.
    func forwardOptions(of configuration: ModelConfiguration) -> ForwardOptions {
        var options = quantity.readsCompleteTrace ? ForwardOptions.complete(depth: configuration.depth) : .maps
        options.ablations = ablations
        return options
    }

    /// The values of a forward pass: a row a class, and the classes, as in ``Maps``.
    ///
    /// - Parameters:
    ///   - showsProgress: whether a method of many passes says on standard error how far it is.
    ///   - progress: told how many of such a method's passes are done.
    func values(
        of trace: Trace, with model: VisionTransformer, showsProgress: Bool, timings: inout Timings,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> (cells: [[Cell]], classes: [Int]) {
        let configuration = model.configuration
        var wanted = quantity.needsClass ? classes : []
        if quantity.needsClass, wanted.isEmpty { wanted = trace.mostProbable.map { [$0] } ?? [] }
        let targets = try wanted.map { try target($0, configuration) }
        let request = QuantityRequest(
            targets: targets, layers: perLayer ? layers : quantity.needed(over: layers), heads: heads,
            query: try query.token(of: configuration, grid: trace.grid), start: layers.lowerBound)
        let start = Timings.now()
        var found: [QuantityPlace: QuantityValue] = [:]
        if let method = quantity as? any PictureMethod {
            var line = StatusLine()
            try method.values(
                of: trace, model: model, request: request, isCancelled: { false },
                progress: { done, total in
                    if showsProgress, line.isDue { line.show("\(method.identifier) \(done)/\(total)") }
                    progress(done, total)
                },
                each: { found[$0] = $1 })
            line.finish()
        } else {
            try quantity.values(of: trace, model: model, request: request, isCancelled: { false }) { found[$0] = $1 }
        }
        // Methods of classes make their maps on the way back.
        let passed = quantity is any ClassMethod ? Timings.now() - start : 0
        if passed > 0 { timings.add(.backward, passed) }
        let cells = (0..<max(targets.count, 1)).map { row($0, of: found, configuration) }
        timings.add(.map, Timings.now() - start - passed)
        return (cells, wanted)
    }

    private func target(_ index: Int, _ configuration: ModelConfiguration) throws -> ClassTarget {
        switch contrast {
        case nil: return .logit(index)
        case .nearest?: return .contrast(index)
        case .other(index)?:
            throw CommandFailure(.usage, "--contrast \(configuration.distinctClassNames[index]): a class cannot be told from itself")
        case .other(let other)?: return .difference(index, other)
        case .all?: return .softMax(index, among: [])
        }
    }

    /// The values of a class, fused unless the layers are kept apart.
    private func row(
        _ target: Int, of found: [QuantityPlace: QuantityValue], _ configuration: ModelConfiguration
    ) -> [Cell] {
        if quantity.isTable { return found[QuantityPlace(target: target)].map { [Cell(layers: layers, head: nil, value: $0)] } ?? [] }
        let heads: [Int?] =
            switch self.heads {
            case .mean: [nil]
            case .one(let head): [head]
            case .each: (0..<quantity.headCount(of: configuration)).map { $0 }
            }
        func value(_ layer: Int, _ head: Int?) -> QuantityValue? { found[QuantityPlace(target: target, layer: layer, head: head)] }
        if perLayer {
            return layers.flatMap { layer in
                heads.compactMap { head in value(layer, head).map { Cell(layers: layer...layer, head: head, value: $0) } }
            }
        }
        let shown = quantity.shown(layers)
        return heads.compactMap { head in
            quantity.fused(found, target: target, head: head, over: layers).map { Cell(layers: shown, head: head, value: $0) }
        }
    }

    /// `fused 6-11  cat  getam`: what a cell is of.
    func title(_ maps: Maps, row: Int, _ cell: Cell, _ configuration: ModelConfiguration) -> String {
        let range = cell.layers
        var parts = [range.count == 1 ? "layer \(range.lowerBound)" : "fused \(range.lowerBound)-\(range.upperBound)"]
        // A quantity that needs no class has one row, which is no class's.
        if maps.classes.indices.contains(row) { parts.append(name(maps.classes[row], configuration)) }
        parts.append(quantity.identifier)
        if let head = cell.head { parts.append("head \(head)") }
        if query != .picture { parts.append("query \(query.text)") }
        return parts.joined(separator: "  ")
    }

    /// A class's name, and what it is told from.
    func name(_ index: Int, _ configuration: ModelConfiguration) -> String {
        Self.name(index, against: contrast, configuration)
    }

    static func name(_ index: Int, against contrast: Contrast?, _ configuration: ModelConfiguration) -> String {
        let names = configuration.distinctClassNames
        return switch contrast {
        case nil: names[index]
        case .nearest?: FigureCaption.contrast(names[index], with: nil)
        case .other(let other)?: FigureCaption.contrast(names[index], with: names[other])
        case .all?: FigureCaption.softMax(names[index])
        }
    }
}
