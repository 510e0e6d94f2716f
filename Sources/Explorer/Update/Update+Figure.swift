import Attribution
import Files
import Images
import Labels

extension ExplorerState {
    /// Asks for a figure of a grid, or where no axes are named of what is shown.
    mutating func orderFigure(path: String, rows: GridAxis?, columns: GridAxis?, _ size: FigureSize) {
        guard record != nil else { return refuseUntraced() }
        guard let format = FigureFormat(rawValue: path.ending ?? "") else {
            return refuse("\(path): the name of a figure must end in .svg or .png")
        }
        if let obstacle = size.obstacle(to: format) { return refuse("\(path): \(obstacle)") }
        guard rows != nil || columns != nil else { return order(path, .figure(format), size) }
        let own = grid ?? Grid(rows: .layers, columns: .classes)
        func other(_ axis: GridAxis) -> GridAxis { axis != own.columns ? own.columns : own.rows }
        let first = rows ?? columns.map(other) ?? own.rows
        order(path, .figure(format), size, of: Grid(rows: first, columns: columns ?? other(first)), isShown: false)
    }

    /// Asks for a figure, or the values, of the grid or panes that are shown.
    mutating func order(_ path: String, _ form: FigureOrder.Form, _ size: FigureSize = FigureSize()) {
        if showsGrid, let grid { return order(path, form, size, of: grid, isShown: true) }
        figureOrder = FigureOrder(path: path, form: form, size: size, cells: nil)
        suppressed.subtract(wantedByFigure)
        say("\(path): waiting for what the panes show …")
    }

    /// - Parameter isShown: whether of pictures those are meant that are seen.
    private mutating func order(_ path: String, _ form: FigureOrder.Form, _ size: FigureSize, of grid: Grid, isShown: Bool) {
        if let obstacle = obstacle(to: grid) { return refuse(obstacle) }
        let geometry = isShown ? GridGeometry(self) : nil
        func range(_ axis: GridAxis, from first: Int, _ seen: Int?) -> Range<Int> {
            guard axis == .pictures, let seen else { return 0..<count(along: axis) }
            return first..<min(first + seen, count(along: axis))
        }
        let rows = range(grid.rows, from: grid.top, geometry?.visibleRows)
        let columns = range(grid.columns, from: grid.left, geometry?.visibleColumns)
        if case .figure(let format) = form {
            let cell = FigureSheet.cellWidth(columns: columns.count + 1, of: size.width(of: format)), most = 60
            guard cell >= FigureSheet.narrowestCell, rows.count <= most else {
                return refuse("\(rows.count)×\(columns.count) cells are too many for a figure: turn it, show fewer, or make it wider (width=)")
            }
        }
        figureOrder = FigureOrder(
            path: path, form: form, size: size,
            cells: .init(
                rows: grid.rows, columns: grid.columns, places: places(ofRows: rows, columns: columns, in: grid),
                rowNames: rows.map { caption(of: grid.rows, $0) }, columnNames: columns.map { caption(of: grid.columns, $0) }))
        suppressed.subtract(wantedByFigure)
        say("\(path): waiting for \(rows.count)×\(columns.count) cells …")
    }

    /// The name of a row or column, as figures have it.
    private func caption(of axis: GridAxis, _ index: Int) -> String {
        switch axis {
        case .layers: FigureCaption.layer(index)
        case .heads: FigureCaption.head(index)
        case .methods: gridMethods.indices.contains(index) ? methods[gridMethods[index]].title : ""
        case .classes: gridClasses.indices.contains(index) ? told(gridClasses[index], against) : ""
        case .pictures: pictures.indices.contains(index) ? Self.figureName(pictures[index]) : ""
        }
    }

    // MARK: Waiting

    /// What is missing of the figure asked for.
    var wantedByFigure: [Work.Task] {
        guard let order = figureOrder else { return [] }
        if let cells = order.cells { return missing(in: cells.places, allHeads: [cells.rows, cells.columns].contains(.heads)) }
        return panes.all.indices.flatMap(missing(ofPane:))
    }

    /// Has a figure written once all is there; gives it up where something will not come.
    mutating func settleFigure(_ effects: inout [Effect]) {
        guard let order = figureOrder else { return }
        let tasks = wantedByFigure
        if tasks.isEmpty {
            figureOrder = nil
            switch figureRequest(order) {
            case .success(let request):
                effects.append(.writeFigure(request))
                say("writing \(order.path) …")
            case .failure(let error): refuse(error.message)
            }
        } else if tasks.allSatisfy(suppressed.contains) {
            figureOrder = nil
            refuse("\(order.path): not written, as not all of it was computed; R asks again")
        }
    }

    // MARK: The request

    private func figureRequest(_ order: FigureOrder) -> Result<FigureRequest, CommandError> {
        order.cells.map { request(order, $0) } ?? requestOfPanes(order)
    }

    private func request(_ order: FigureOrder, _ cells: FigureOrder.Cells) -> Result<FigureRequest, CommandError> {
        let isShared = adjustments.normalization == .layers || adjustments.normalization == .panes
        let seen = cells.places.map { row in
            row.map { place in
                place.map { place in
                    var seen = looking(at: place)
                    seen.shown = seen.makeShown()
                    return seen
                }
            }
        }
        // One scale a method, as raw values of several do not compare.
        var maps: [Int: [PatchMap]] = [:]
        for case let state? in seen.joined() { if let map = state.shown?.map.map { maps[state.adjustments.method, default: []].append(map) } }
        let exports = seen.map { row in
            row.map { state -> FigureRequest.Cell? in
                guard var state, let method = state.method else { return nil }
                if isShared, let all = maps[state.adjustments.method] {
                    state.shown?.scale = method.scale == .diverging ? MapScale(symmetricFor: all) : MapScale(sharedBy: all)
                }
                // A grid's cells are maps, whatever the panes show.
                if state.adjustments.view != .map { state.adjustments.view = .overlay }
                return state.request(.overlay, path: order.path).map { .init(export: $0, sharing: isShared ? method.title : nil) }
            }
        }
        if order.form == .values {
            let sizes = Set(exports.joined().compactMap { $0?.export.map.map { [$0.rows, $0.columns] } })
            guard sizes.count == 1, exports.joined().allSatisfy({ $0?.export.map != nil }) else {
                return .failure(CommandError("no array of this grid: not all of its cells are maps of one size"))
            }
        }
        let axes: Set<GridAxis> = [cells.rows, cells.columns]
        let parts = figureParts(of: cells.places.joined().compactMap(\.self), without: axes)
        let paths = cells.rows == .pictures ? cells.places.map { $0.first ?? nil } : cells.columns == .pictures ? cells.places.first ?? [] : [place]
        return .success(
            FigureRequest(
                form: order.form, size: order.size, path: order.path, model: modelIndex, rows: cells.rowNames, columns: cells.columnNames, cells: exports,
                pictures: cells.columns == .pictures ? .row : .column, picturePaths: paths.compactMap { $0.map { pictures[$0.picture] } },
                classNames: model.classNames, legend: FigureCaption.legend(parts.common),
                command: figureCommand(cells.places, rows: cells.rows, columns: cells.columns, isShared: isShared).map { sized($0, order.size) }))
    }

    private func requestOfPanes(_ order: FigureOrder) -> Result<FigureRequest, CommandError> {
        let states = panes.all.indices.map { seen(byPane: $0) }
        let places = states.map(\.place)
        let exports = zip(states, panes.all.indices).map { state, index -> FigureRequest.Cell? in
            let less = panes.all[index].less
            let sharing: String? =
                switch adjustments.normalization {
                case .panes where less == nil: "all panes"
                case .layers where state.layer != .fused && less == nil: "\(state.methodTitle), all layers"
                default: nil
                }
            return state.request(.overlay, path: order.path, less: less.map { figureText(of: place(ofPane: $0)) })
                .map { .init(export: $0, sharing: sharing) }
        }
        guard exports.contains(where: { $0 != nil }) else { return .failure(CommandError("not yet: there is no map to write")) }
        let isPlain = panes.all.allSatisfy { $0.less == nil } && !panes.isBlinking && !panes.isPeeking
        let single = Set(places.map(\.picture)).count == 1
        if isPlain, let axes = figureAxes(panes: places),
            let command = figureCommand([places], rows: axes.rows, columns: axes.columns, isShared: adjustments.normalization == .panes)
        {
            let common = figureParts(of: places, without: [axes.rows, axes.columns]).common
            return .success(
                FigureRequest(
                    form: order.form, size: order.size, path: order.path, model: modelIndex, rows: [caption(of: axes.rows, places[0])],
                    columns: places.map { caption(of: axes.columns, $0) }, cells: [exports], pictures: axes.columns == .pictures ? .row : .column,
                    picturePaths: (axes.columns == .pictures ? places : [places[0]]).map { pictures[$0.picture] },
                    classNames: model.classNames, legend: FigureCaption.legend(common), command: sized(command, order.size)))
        }
        let parts = figureParts(of: places, without: [])
        var captions = parts.own.map { $0.joined(separator: " · ") }
        for index in captions.indices {
            let view = states[index].adjustments.view
            if captions[index].isEmpty { captions[index] = view.showsLabels ? view.rawValue : states[index].methodTitle }
            if let less = panes.all[index].less { captions[index] += " less pane \(less + 1)" }
        }
        return .success(
            FigureRequest(
                form: order.form, size: order.size, path: order.path, model: modelIndex, rows: [""], columns: captions, cells: [exports],
                pictures: single ? .column : .row, picturePaths: (single ? Array(places.prefix(1)) : places).map { pictures[$0.picture] },
                classNames: model.classNames, legend: FigureCaption.legend(parts.common),
                command: nil))
    }

    /// A command with what it says of the figure's size.
    private func sized(_ command: String, _ size: FigureSize) -> String { ([command] + size.words).joined(separator: " ") }

    // MARK: Words

    /// A place's part of an axis.
    private func caption(of axis: GridAxis, _ place: Place) -> String {
        parts(of: place).first { $0.axis == axis.ofPanes }?.text ?? ""
    }

    var methodTitle: String { method?.title ?? methodName }

    /// A picture's name in figures: without its folder and ending.
    static func figureName(_ path: String) -> String {
        let name = Self.name(ofPath: path), stem = name.split(separator: ".").dropLast().joined(separator: ".")
        return stem.isEmpty ? name : stem
    }

    /// A class, and what it is seen against.
    private func told(_ index: Int, _ against: Against) -> String {
        switch against {
        case .none: model.className(index)
        case .nearest: FigureCaption.contrast(model.className(index), with: nil)
        case .other(let other): FigureCaption.contrast(model.className(index), with: model.className(other))
        case .all: FigureCaption.softMax(model.className(index))
        }
    }

    /// What a place is, in parts that stand in a figure's legend in this order.
    private func parts(of place: Place) -> [(axis: PaneAxis, text: String)] {
        let state = looking(at: place), model = (PaneAxis.model, FigureCaption.model(modelFileTitle(place.model)))
        var parts: [(PaneAxis, String)] = [(.picture, pictures.indices.contains(place.picture) ? Self.figureName(pictures[place.picture]) : "")]
        if state.adjustments.view.showsLabels { return parts + [(.view, state.adjustments.view.rawValue), model] }
        parts.append((.method, state.methodTitle))
        if state.method?.needsClass == true, let index = state.selectedClass { parts.append((.class, state.told(index, place.against))) }
        let last = state.model.depth - 1
        if state.shownTable == nil {
            switch place.layer {
            case .layer(let index): parts.append((.layer, FigureCaption.layer(index)))
            case .fused: parts.append((.layer, FigureCaption.layers(state.isMethod ? state.startLayer...last : last...last)))
            }
        }
        if let head = place.head { parts.append((.head, FigureCaption.head(head))) }
        if let query = state.queryWord { parts.append((.query, FigureCaption.query(query))) }
        if !place.ablations.isEmpty { parts.append((.ablation, FigureCaption.ablated(place.ablations.words))) }
        return parts + [model]
    }

    /// A place in words; its model where that is another than the one looked through.
    func figureText(of place: Place) -> String {
        parts(of: place).filter { $0.axis != .model || place.model != modelIndex }.map(\.text).joined(separator: " · ")
    }

    /// What places have in common, and what each has of its own.
    private func figureParts(of places: [Place], without axes: Set<GridAxis>) -> (common: [String], own: [[String]]) {
        let hidden = Set(axes.map(\.ofPanes))
        let all = places.map { parts(of: $0).filter { !hidden.contains($0.axis) } }
        func isCommon(_ part: (axis: PaneAxis, text: String)) -> Bool {
            all.allSatisfy { $0.contains { $0.axis == part.axis && $0.text == part.text } }
        }
        let common = (all.first ?? []).filter(isCommon).map(\.text)
        return (common, all.map { $0.filter { !isCommon($0) }.map(\.text) })
    }

    /// What a class is told from, as `--contrast` has it; `nil` for nothing.
    func contrastWord(_ target: ClassTarget) -> String? {
        switch target {
        case .logit: nil
        case .contrast: "auto"
        case .difference(_, let other): model.word(forClass: other)
        case .softMax: "soft-max"
        }
    }

    /// The token that looks, as `--query` has it; `nil` for the picture.
    var queryWord: String? {
        switch query {
        case .picture: return nil
        case .prefix(let index):
            return model.prefixTokens.indices.contains(index) ? model.prefixTokens[index] : nil
        case .patch(let index):
            let columns = max(record?.trace.gridColumns ?? 1, 1)
            return "\(index % columns),\(index / columns)"
        }
    }
}

extension GridAxis {
    /// The same among what panes have in common or not.
    fileprivate var ofPanes: PaneAxis {
        switch self {
        case .layers: .layer
        case .heads: .head
        case .classes: .class
        case .methods: .method
        case .pictures: .picture
        }
    }
}
