import Attribution
import Checkpoints
import VisionTransformer

extension ExplorerState {
    // MARK: Heads

    /// Heads in the order 0, 1, …, last, and all together before the first.
    mutating func stepHead(_ step: Int) {
        let place = (head ?? -1) + step
        if place < -1 { return showHead(headCount - 1) }
        showHead(place < 0 || place >= headCount ? nil : place)
    }

    mutating func showHead(_ head: Int?) {
        if let head {
            guard (0..<headCount).contains(head) else {
                return refuse("no head \(head): heads go from 0 to \(headCount - 1)")
            }
            if method?.axes.contains(.head) == false, shownTable == nil { return refuse("\(methodName) has no value of a single head") }
        }
        self.head = head
        tableColumn = nil
        say(head.map { "head \($0) of \(headCount)" } ?? "all \(headCount) heads together")
    }

    // MARK: The query

    mutating func toggleQuery() {
        if query != .picture { return setQuery(.picture) }
        guard let probe, let trace = record?.trace else { return refuse("the query is a patch: the arrows probe one") }
        setQuery(.patch(probe.row * trace.gridColumns + probe.column))
    }

    mutating func setQuery(_ query: QueryToken) {
        if query != .picture, method?.axes.contains(.query) == false {
            return refuse("\(methodName) is of what stands for the picture alone; m and N choose others")
        }
        switch query {
        case .picture: break
        case .prefix(let index):
            guard model.prefixTokens.indices.contains(index) else {
                return refuse(
                    TokenName.list(model.prefixTokens).map { "no token \(index): there are \($0), counted from 0" }
                        ?? "the model has no token beside its patches")
            }
        case .patch(let index):
            guard let trace = record?.trace else { return refuseUntraced() }
            guard (0..<trace.gridRows * trace.gridColumns).contains(index) else { return refuse("no patch \(index)") }
            probe = PatchPosition(column: index % trace.gridColumns, row: index / trace.gridColumns)
        }
        self.query = query
        switch query {
        case .picture: say("as what stands for the picture looks")
        case .prefix: say("as \(name(of: query)) looks; Q goes back")
        case .patch: say("as \(name(of: query)) looks; the probe moves it, Q goes back")
        }
    }

    /// A query in words.
    func name(of query: QueryToken) -> String {
        switch query {
        case .picture: return "the picture"
        case .prefix(let index): return model.prefixTokens.indices.contains(index) ? model.prefixTokens[index] : "token \(index)"
        case .patch(let index):
            let columns = max(record?.trace.gridColumns ?? 1, 1)
            return "patch \(index % columns) \(index / columns)"
        }
    }

    /// The query goes where the probe goes.
    mutating func followProbe() {
        guard case .patch = query, let probe, let trace = record?.trace else { return }
        query = .patch(probe.row * trace.gridColumns + probe.column)
    }

    // MARK: Against other classes

    mutating func cycleAgainst() {
        switch against {
        case .none: setAgainst(.nearest)
        case .nearest, .other, .all: setAgainst(.none)
        }
    }

    mutating func setAgainst(_ against: Against) {
        guard model.hasClasses, let selectedClass else { return refuseClassless() }
        if against != .none, method?.followsTargets == false {
            return refuse("\(methodName) follows no gradient of a class; m chooses another method")
        }
        if against == .all, let method, method.sumsLogits {
            return refuse("\(methodName) is of sums of logits, and a probability by soft-max is none; m chooses another method")
        }
        if case .other(let index) = against {
            guard record?.trace.logits.indices.contains(index) == true else { return refuse("no class \(index)") }
            if index == selectedClass { return refuse("\(model.className(index)) against itself is nothing") }
        }
        self.against = against
        say(against == .none ? "\(model.className(selectedClass)) by itself" : "\(model.className(selectedClass)) \(againstText)")
    }

    /// What the class is seen against, in words; empty for nothing.
    var againstText: String {
        switch against {
        case .none: ""
        case .nearest: nearestText
        case .other(let index): "against \(model.className(index))"
        case .all: "by soft-max against all"
        }
    }

    /// The classes that the one looked at is told from, each by the first of its names.
    private var nearestText: String {
        guard let record, let selectedClass else { return "against its three nearest" }
        let names = ClassTarget.nearest(to: selectedClass, record.altered[ablations]?.logits ?? record.trace.logits).map { index in
            let name = model.className(index)
            return name.split(separator: ",").first.map(String.init) ?? name
        }
        return names.isEmpty ? "against no other" : "against " + names.joined(separator: ", ")
    }

    // MARK: Quantities beside the map methods

    mutating func cycleQuantity() {
        let others = methods.indices.filter { !methods[$0].isMethod }
        guard !others.isEmpty else { return refuse("there is no other quantity") }
        let start = others.firstIndex(of: adjustments.method).map { $0 + 1 } ?? 0
        let order = (0..<others.count).map { others[(start + $0) % others.count] }
        guard let next = order.first(where: { obstacle(to: $0) == nil }) else { return refuse("no other quantity works here") }
        setMethod(next)
    }

    /// Says why the map is as it is.
    mutating func explain() {
        guard let method else { return refuse("there is no map to explain") }
        guard let configuration = model.configuration, let quantity = Quantities.named(method.identifier) else {
            return refuse("nothing is known of how this map is made")
        }
        var facts = [Fact("this is", "\(method.title): \(method.explanation)")]
        if !method.definition.isEmpty { facts.append(Fact("defined as", method.definition)) }
        if let shown, let record {
            facts += remarks(on: shown, record, of: quantity, configuration)
        } else if shownTable == nil {
            facts.append(Fact("its values", "are not there yet; W again tells of them"))
        }
        show(facts, of: "why")
    }

    /// What is to be said of a map.
    private func remarks(
        on shown: ShownMap, _ record: PictureRecord, of quantity: any Quantity, _ configuration: ModelConfiguration
    ) -> [Fact] {
        let single: Int? = if case .layer(let index) = layer { index } else { nil }
        var outliers = 0
        if let norm = methods.firstIndex(where: { $0.identifier == "token-norm" }) {
            let norms = record.maps[MapKey(model: modelIndex, target: nil, method: norm, ablations: ablations)]
            if let map = norms?[single ?? model.depth - 1]?.map { outliers = TokenNorm.outliers(map).count }
        }
        let remarks = MapRemarks.remarks(
            on: shown.map.map, of: quantity, layer: single, query: query, target: mapKey?.target, logits: record.trace.logits,
            isLeftOut: single.flatMap { layer in head.map { ablations[layer, $0] != nil } } ?? false, outliers: outliers, configuration: configuration)
        return remarks.isEmpty ? [Fact("the map", "nothing strange about it")] : remarks.map { Fact("the map", $0) }
    }

    // MARK: Models

    mutating func stepModel(_ step: Int) {
        guard models.count > 1 else { return refuse("there is one model: “:model PATH” reads another") }
        showModel(((modelIndex + step) % models.count + models.count) % models.count)
    }

    mutating func showModel(_ index: Int) {
        guard models.indices.contains(index) else { return refuse("no model \(index + 1): there are \(models.count)") }
        guard index != modelIndex else { return say("model \(index + 1) of \(models.count): \(modelTitle(index))") }
        // The class of the same name is looked at there.
        let name = selectedClass.map(model.className)
        let previous = model
        modelIndex = index
        if case .layer(let layer) = layer, layer >= model.depth { self.layer = .layer(model.depth - 1) }
        if case .prefix(let token) = query, token >= model.prefixTokens.count { query = .picture }
        if let reason = obstacle(to: adjustments.method) {
            adjustments.method = methods.indices.first { obstacle(to: $0) == nil } ?? adjustments.method
            refuse("\(reason); \(methodName) in its place")
        } else {
            say("model \(index + 1) of \(models.count): \(modelTitle(index))")
        }
        if let head, head >= headCount { self.head = nil }
        if model.classNames != previous.classNames, let name, let match = model.classNames.firstIndex(of: name) {
            if store[recordKey] == nil { classToSelect = match } else { store.change(recordKey) { $0.selectedClass = match } }
        } else if model.classNames == previous.classNames, let old = name.flatMap({ model.classNames.firstIndex(of: $0) }) {
            if store[recordKey] == nil { classToSelect = old } else { store.change(recordKey) { $0.selectedClass = old } }
        }
        arrived()
    }

    mutating func modelLoaded(_ summary: ModelSummary, _ path: String, _ remark: String? = nil) {
        context.modelPaths += Array(repeating: "", count: max(models.count - context.modelPaths.count, 0)) + [path]
        models.append(summary)
        if receiveCheckpoint(path: path, model: models.count - 1) { return }
        let previous = modelIndex
        showModel(models.count - 1)
        if message?.tone == .plain {
            say("model \(models.count): \(modelTitle(models.count - 1)); " + (remark ?? "“:model \(previous + 1)” and Y go back"))
        }
    }
}
