import Attribution
import VisionTransformer

/// A box of patches that is marked, to see what the model says without it and of it alone.
struct Region: Sendable, Equatable {
    /// Where it began; the probe draws it out as long as it is open.
    var start: PatchPosition
    var end: PatchPosition
    var isOpen = true

    var box: PatchBox {
        PatchBox(
            columns: min(start.column, end.column)...max(start.column, end.column),
            rows: min(start.row, end.row)...max(start.row, end.row))
    }
}

/// What a perturbation is of.
public struct PerturbationKey: Sendable, Hashable {
    let record: RecordKey
    public let box: PatchBox
    public let ablations: HeadAblations
    public var model: Int { record.model }
    public var picture: Int { record.picture }
}

/// A model's answer under ablation.
struct AlteredAnswer: Sendable, Equatable {
    let logits: [Float]
    let probabilities: [Float]
}

extension ExplorerState {
    /// What the region's answers are of; `nil` without a region, and where it does not lie in the picture's patches.
    var perturbationKey: PerturbationKey? {
        guard let region, model.hasClasses, let trace = record?.trace, region.box.columns.upperBound < trace.gridColumns,
            region.box.rows.upperBound < trace.gridRows, !isWhole(region.box)
        else { return nil }
        return PerturbationKey(record: recordKey, box: region.box, ablations: ablations)
    }

    /// Whether a box is the whole picture: without it nothing would be left.
    private func isWhole(_ box: PatchBox) -> Bool {
        guard let trace = record?.trace else { return false }
        return box.columns.count >= trace.gridColumns && box.rows.count >= trace.gridRows
    }

    private static let nothingLeft = "the region is the whole picture: without it nothing is left"

    /// The answers without the region and of it alone, if they are there.
    var perturbation: Perturbation? { perturbationKey.flatMap { record?.perturbations[$0] } }

    /// The answer of the pass shown: with heads left out, theirs.
    var shownProbabilities: [Float] {
        guard let record else { return [] }
        return record.altered[ablations]?.probabilities ?? record.trace.probabilities
    }

    /// Begins a region at the probe, ends it, forgets it: in turn.
    mutating func toggleRegion() {
        guard model.hasClasses else { return refuseClassless() }
        guard let open = region else {
            guard let probe else { return refuse("a region begins at the probe: the arrows set it") }
            region = Region(start: probe, end: probe)
            return say("region from patch \(probe.column) \(probe.row); arrows or the mouse draw it out, Z ends it")
        }
        if open.isOpen {
            region?.isOpen = false
            if isWhole(open.box) { return refuse(Self.nothingLeft) }
            say("region \(open.box); without it and of it alone beside each class; Z forgets it")
        } else {
            region = nil
            say("no region any more")
        }
    }

    mutating func setRegion(_ box: PatchBox?) {
        guard let box else {
            region = nil
            return say("no region any more")
        }
        guard let trace = record?.trace else { return refuseUntraced() }
        guard box.columns.upperBound < trace.gridColumns, box.rows.upperBound < trace.gridRows else {
            return refuse("no such patches: the grid has \(trace.gridColumns)×\(trace.gridRows)")
        }
        if isWhole(box) { return refuse(Self.nothingLeft) }
        region = Region(
            start: PatchPosition(column: box.columns.lowerBound, row: box.rows.lowerBound),
            end: PatchPosition(column: box.columns.upperBound, row: box.rows.upperBound), isOpen: false)
        say("region \(box)")
    }

    /// An open region reaches to the probe.
    mutating func drawRegionOut() {
        guard region?.isOpen == true, let probe else { return }
        region?.end = probe
    }

    // MARK: Ablation

    /// The head that ablation means: that of the grid's cell, or the one looked at.
    private var headMeant: HeadAblations.Head? {
        var place = self.place
        if showsGrid, let grid, let cell = self.place(ofRow: grid.row, column: grid.column, in: grid) { place = cell }
        guard case .layer(let layer) = place.layer, let head = place.head else { return nil }
        return HeadAblations.Head(layer: layer, head: head)
    }

    /// The head as it is, its output zero, its output the mean over tokens: in turn.
    mutating func cycleAblation() {
        guard let head = headMeant else { return refuse("one head is left out: h l and ( ) choose it, or a cell of the grid of heads") }
        var changed = ablations
        switch changed[head.layer, head.head] {
        case nil: changed[head.layer, head.head] = .zero
        case .zero: changed[head.layer, head.head] = .mean
        case .mean: changed[head.layer, head.head] = nil
        }
        setAblations(changed)
    }

    mutating func setAblations(_ wanted: HeadAblations) {
        for head in wanted.heads where head.layer >= model.depth || head.head >= model.heads {
            return refuse("no head \(head.layer).\(head.head): layers go to \(model.depth - 1), heads to \(model.heads - 1)")
        }
        ablations = wanted
        say(wanted.isEmpty ? "all heads take part" : "left out: \(ablationNames)")
    }

    /// The heads left out, as they are typed.
    var ablationNames: String {
        ablations.words.joined(separator: " ")
    }

    /// The target of the class looked at.
    private var target: ClassTarget? { mapKey?.target ?? selectedClass.map(ClassTarget.logit) }

    /// The tables of first-order effects on the class looked at, of the ways in which heads are left out; none where there is no
    /// such quantity or class.
    var effectKeys: [(kind: HeadAblations.Kind, key: MapKey)] {
        guard !ablations.isEmpty, let target else { return [] }
        return HeadAblations.Kind.allCases.compactMap { kind in
            let identifier = HeadEffect(by: kind).identifier
            guard ablations.heads.contains(where: { ablations[$0.layer, $0.head] == kind }), model.obstacles[identifier] == nil,
                let index = methods.firstIndex(where: { $0.identifier == identifier })
            else { return nil }
            return (kind, MapKey(model: modelIndex, target: target, method: index))
        }
    }

    /// What leaving heads out does to the class, to first order and exactly; empty where nothing is left out.
    var ablationText: String {
        guard !ablations.isEmpty else { return "" }
        var text = "off: \(ablationNames)"
        guard let record, let index = selectedClass else { return text }
        let tables = Dictionary(uniqueKeysWithValues: effectKeys.map { ($0.kind, record.tables[$0.key]) })
        let sum = ablations.heads.reduce(Float(0)) { sum, head in
            guard let kind = ablations[head.layer, head.head], let rows = tables[kind]??.rows, rows.indices.contains(head.layer),
                rows[head.layer].indices.contains(head.head)
            else { return .nan }
            return sum + rows[head.layer][head.head]
        }
        if !sum.isNaN { text += "  logit, first order \(Numbers.signed(-sum))" }
        if let altered = record.altered[ablations], altered.logits.indices.contains(index) {
            text += "\(sum.isNaN ? "  logit," : ",") exactly \(Numbers.signed(altered.logits[index] - record.trace.logits[index]))"
        }
        return text
    }
}
