import Attribution
import VisionTransformer

extension Command {
    /// Commands over panes, grids and what is looked at.
    static let paneCommands: [Command] = [
        Command(
            "quantity", "NAME|next", "show a quantity of the model's passes: a map method or another",
            candidates: { state in ["next"] + state.methods.map(\.identifier) }
        ) { (text, state) throws(CommandError) in
            if text == "next" { return .cycleQuantity }
            guard let index = state.methods.firstIndex(where: { $0.identifier == text }) else {
                throw CommandError("quantity: “\(text)” is none of " + state.methods.map(\.identifier).joined(separator: ", "))
            }
            return .setMethod(index)
        },
        Command("fusion", "KIND|next|toggle", "how layers are fused: \(fusions); toggle takes the layer shown in or out",
                candidates: { _ in ["next", "toggle"] + LayerFusion.Kind.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            switch text {
            case "next": .cycleFusion
            case "toggle": .toggleFusedLayer
            default: .setFusion(try choice(text, of: LayerFusion.Kind.self, "fusion", and: ["next", "toggle"]))
            }
        },
        Command("weight", "LAYER NUMBER", "what a layer counts in the fused map; 0 leaves it out") { (text, _) throws(CommandError) in
            let words = text.split(separator: " ")
            guard words.count == 2, let layer = Int(words[0]), let weight = Double(words[1]), (0...1000).contains(weight) else {
                throw CommandError("weight: a layer and a number from 0 to 1000 are needed, such as 8 0.5")
            }
            return .setWeight(weight, layer: layer)
        },
        Command("why", "why the map is empty or blotchy; else what it is", .explain),
        Command(
            "head", "N|+N|-N|mean", "show a head, counted from 0, or all together",
            candidates: { state in ["mean", "+1", "-1"] + (0..<state.headCount).map(String.init) }
        ) { (text, _) throws(CommandError) in
            switch number(text) {
            case .step(let step): return .stepHead(step)
            case .place(let index): return .showHead(index)
            case nil: break
            }
            if text == "mean" { return .showHead(nil) }
            throw CommandError("head: “\(text)” is no head number, +N, -N or mean")
        },
        Command(
            "query", "COLUMN ROW|TOKEN|picture|toggle", "the token that looks: a patch, cls, dist or reg0 and on, or what stands for the picture",
            candidates: { state in ["picture", "toggle"] + state.model.prefixTokens }
        ) { (text, state) throws(CommandError) in
            if text == "toggle" || text.isEmpty { return .toggleQuery }
            if text == "picture" { return .setQuery(.picture) }
            if let token = state.model.prefixTokens.firstIndex(of: TokenName.canonical(text)) { return .setQuery(.prefix(token)) }
            let numbers = text.split { $0 == " " || $0 == "," }.compactMap { Int($0) }
            if numbers.count == 1 { return .setQuery(.prefix(numbers[0])) }
            guard numbers.count == 2, let trace = state.record?.trace else {
                let tokens = TokenName.list(state.model.prefixTokens).map { ", or of the tokens \($0)" } ?? "; the model has no token beside its patches"
                throw CommandError("query: “\(text)” is none of COLUMN ROW, picture, toggle" + tokens)
            }
            guard (0..<trace.gridColumns).contains(numbers[0]), (0..<trace.gridRows).contains(numbers[1]) else {
                throw CommandError("query: the grid has \(trace.gridColumns)×\(trace.gridRows) patches")
            }
            return .setQuery(.patch(numbers[1] * trace.gridColumns + numbers[0]))
        },
        Command(
            "against", "NAME|INDEX|nearest|soft-max|none|toggle", "see the class against another, its three nearest, or all by soft-max",
            candidates: { state in ["nearest", "soft-max", "none", "toggle"] + state.model.classNames }
        ) { (text, state) throws(CommandError) in
            switch text {
            case "toggle", "": .cycleAgainst
            case "nearest": .setAgainst(.nearest)
            case "soft-max": .setAgainst(.all)
            case "none": .setAgainst(.none)
            default: .setAgainst(.other(try classIndex(text, in: state)))
            }
        },
        Command("pane", "add|close|next|previous|N", "add, close or choose a pane, counted from 1",
                candidates: { _ in ["add", "close", "next", "previous"] }) { (text, _) throws(CommandError) in
            switch text {
            case "add": return .addPane
            case "close": return .closePane
            case "next", "": return .stepPane(1)
            case "previous": return .stepPane(-1)
            default:
                guard let index = Int(text), index > 0 else { throw CommandError("pane: “\(text)” is none of add, close, next, previous, N") }
                return .focusPane(index - 1)
            }
        },
        Command("lock", "[AXIS|all|none]", "panes share an axis: \(axes); without a name, asks",
                candidates: { _ in PaneAxis.allCases.map(\.rawValue) + ["all", "none"] }) { (text, _) throws(CommandError) in
            switch text {
            case "": .askLock
            case "all": .setLock(Set(PaneAxis.allCases), true)
            case "none": .setLock(Set(PaneAxis.allCases), false)
            default: .setLock([try choice(text, of: PaneAxis.self, "lock", and: ["all", "none"])], true)
            }
        },
        Command("unlock", "AXIS|all", "panes have an axis each for itself",
                candidates: { _ in PaneAxis.allCases.map(\.rawValue) + ["all"] }) { (text, _) throws(CommandError) in
            if text == "all" { return .setLock(Set(PaneAxis.allCases), false) }
            return .setLock([try choice(text, of: PaneAxis.self, "unlock", and: ["all"])], false)
        },
        Command("difference", "PANE|off|toggle", "the pane less another", candidates: { _ in ["toggle", "off", "1", "2"] }) {
            (text, state) throws(CommandError) in
            if text == "toggle" || text.isEmpty { return .toggleDifference }
            if text == "off" { return state.subtracted == nil ? .note("the pane shows no difference") : .toggleDifference }
            guard let index = Int(text), index > 0 else { throw CommandError("difference: “\(text)” is no pane, off or toggle") }
            return .subtract(pane: index - 1)
        },
        Command("blink", "the pane before in the place of this one, and back", .toggleBlink),
        Command("peek", "the bare picture in all panes, and back", .togglePeek),
        Command("grid", "ROWSxCOLUMNS|next|ROW COLUMN|enter|back|off", "maps side by side; axes are \(gridAxes)",
                candidates: { _ in ["next", "enter", "back", "off"] + Grid.usual.map { "\($0.rows.rawValue)x\($0.columns.rawValue)" } }) {
            (text, _) throws(CommandError) in
            switch text {
            case "next", "": return .cycleGrid
            case "enter": return .enterCell
            case "back": return .leaveCell
            case "off": return .closeGrid
            default: break
            }
            let cell = text.split(separator: " ").compactMap { Int($0) }
            if cell.count == 2 { return .chooseCell(row: cell[0], column: cell[1]) }
            let names = text.split { $0 == "x" || $0 == "×" || $0 == " " || $0 == "," }
            let axes = names.compactMap { GridAxis(rawValue: String($0)) ?? GridAxis(rawValue: $0 + "s") ?? ($0 == "class" ? .classes : nil) }
            guard axes.count == 2, names.count == 2 else {
                throw CommandError("grid: “\(text)” is no pair of \(gridAxes), such as layers×heads")
            }
            return .openGrid(axes[0], axes[1])
        },
        Command("model", "N|PATH|next", "look through a model of those read, counted from 1, or read another",
                path: .whole, candidates: { state in ["next"] + (1...state.models.count).map(String.init) }) { (text, state) throws(CommandError) in
            if text.isEmpty { throw CommandError("model: a number, a path or next is needed") }
            if text == "next" { return .stepModel(1) }
            if let index = Int(text) { return .showModel(index - 1) }
            if let index = modelIndex(text, in: state) { return .showModel(index) }
            return .loadModel(path: text)
        },
        Command(
            "checkpoint", "[STEP|+N|-N|newest]", "of a training run, show a checkpoint that it has kept, or the newest; alone, which there are",
            candidates: { state in ["newest", "+1", "-1"] + (state.run?.all.compactMap { $0.step.map(String.init) } ?? []) }
        ) { (text, state) throws(CommandError) in
            if text.isEmpty { return .note(state.checkpointText) }
            if text == "newest" { return .showCheckpoint(step: nil) }
            switch number(text) {
            case .step(let step): return .stepCheckpoint(step)
            case .place(let step): return .showCheckpoint(step: step)
            case nil: throw CommandError("checkpoint: “\(text)” is no step, +N, -N or newest")
            }
        },
        Command("region", "COLUMN,ROW-COLUMN,ROW|toggle|none", "mark patches, to see the answer without them and of them alone",
                candidates: { _ in ["toggle", "none"] }) { (text, _) throws(CommandError) in
            switch text {
            case "toggle", "": return .toggleRegion
            case "none": return .setRegion(nil)
            default:
                guard let box = PatchBox(text) else { throw CommandError("region: “\(text)” is no box of patches, such as 3,2-8,6") }
                return .setRegion(box)
            }
        },
        Command("ablate", "LAYER.HEAD[:mean] …|toggle|none", "leave heads out of the pass: by zeros, or by their mean",
                candidates: { _ in ["toggle", "none"] }) { (text, state) throws(CommandError) in
            switch text {
            case "toggle", "": return .cycleAblation
            case "none": return .setAblations(.none)
            default:
                let words = text.split(separator: " ").map(String.init)
                let heads = words.compactMap(HeadAblation.init)
                guard heads.count == words.count else { throw CommandError("ablate: “\(text)” is no LAYER.HEAD, such as 9.2 or 9.2:mean") }
                return .setAblations(HeadAblations(heads))
            }
        },
        Command("back", "back to what was looked at before", .back),
        Command("forward", "forward again", .forward),
    ]

    private static let axes = PaneAxis.allCases.map(\.rawValue).joined(separator: ", ")
    private static let fusions = LayerFusion.Kind.allCases.map(\.rawValue).joined(separator: ", ")
    private static let gridAxes = GridAxis.allCases.map(\.rawValue).joined(separator: ", ")
}
