import Attribution
import Images
import Labels

extension Command {
    /// Every command, as the help lists them.
    public static let table: [Command] =
        mapCommands + paneCommands + labelCommands + paintCommands + reviewCommands + benchCommands + terminalCommands + sessionCommands + programCommands

    private static let mapCommands: [Command] = [
        Command(
            "layer", "N|+N|-N|fused|toggle", "show a layer, counted from 0, or the fused map",
            candidates: { state in ["fused", "toggle", "+1", "-1"] + (0..<state.model.depth).map(String.init) }
        ) { (text, _) throws(CommandError) in
            switch number(text) {
            case .step(let step): return .stepLayer(step)
            case .place(let index): return .showLayer(.layer(index))
            case nil: break
            }
            if text == "fused" { return .showLayer(.fused) }
            if text == "toggle" { return .toggleFused }
            throw CommandError("layer: “\(text)” is no layer number, +N, -N, fused or toggle")
        },
        Command(
            "class", "NAME|INDEX|+N|-N|first|last|add TEXT", "look at a class, or add one in words to a CLIP or SigLIP with its text tower",
            candidates: { state in ["+1", "-1", "+10", "-10", "first", "last", "add"] + state.model.classNames }
        ) { (text, state) throws(CommandError) in
            if text == "first" { return .stepClass(-1_000_000) }
            if text == "last" { return .stepClass(1_000_000) }
            if text.isEmpty { throw CommandError("class: a name or an index is needed") }
            if case .step(let step)? = number(text) { return .stepClass(step) }
            if text.hasPrefix("add "), (try? classIndex(text, in: state)) == nil {
                let words = text.dropFirst("add ".count).drop { $0 == " " }
                if words.isEmpty { throw CommandError("class add: a text is needed, such as class add a photo of a cat") }
                return .addClass(String(words))
            }
            return .selectClass(try classIndex(text, in: state))
        },
        Command("find", "[TEXT]", "list only classes whose name contains the text") {
            (text, _) throws(CommandError) in text.isEmpty ? .find : .filterClasses(text)
        },
        Command(
            "mark", "[NAME|INDEX …|only|none]", "mark a class or several, or remove a mark; without a name, the class looked at",
            candidates: { state in ["none", "only"] + state.model.classNames }
        ) { (text, state) throws(CommandError) in
            if text.isEmpty { return .toggleMark }
            if text == "none" { return .clearMarks }
            if text == "only" { return .toggleMarksOnly }
            if text.contains(where: { " ,".contains($0) }), (try? classIndex(text, in: state)) == nil {
                return .mark(try text.split { $0 == " " || $0 == "," }.map { word throws(CommandError) in try classIndex(String(word), in: state) })
            }
            return .toggleMarkOf(try classIndex(text, in: state))
        },
        Command(
            "sort", "ORDER|next", "order of the class list: " + ClassOrder.allCases.map(\.rawValue).joined(separator: ", "),
            candidates: { _ in ["next"] + ClassOrder.allCases.map(\.rawValue) }
        ) { (text, _) throws(CommandError) in
            text == "next" ? .cycleClassOrder : .setClassOrder(try choice(text, of: ClassOrder.self, "sort", and: ["next"]))
        },
        Command(
            "method", "NAME|next", "choose the map method",
            candidates: { state in ["next"] + state.methods.map(\.identifier) }
        ) { (text, state) throws(CommandError) in
            if text == "next" { return .cycleMethod }
            guard let index = state.methods.firstIndex(where: { $0.identifier == text }) else {
                throw CommandError(
                    "method: “\(text)” is none of " + state.methods.map(\.identifier).joined(separator: ", "))
            }
            return .setMethod(index)
        },
        Command("start", "LAYER|+N|-N", "the first layer of the fused map", threshold: .start, candidates: { state in
            (0..<state.model.depth).map(String.init)
        }) { (text, state) throws(CommandError) in
            switch number(text) {
            case .step(let step): return .setThreshold(.start, Float(state.startLayer + step))
            case .place(let index): return .setThreshold(.start, Float(index))
            case nil: throw CommandError("start: “\(text)” is no layer number")
            }
        },
        Command("layers", "A-B|A", "the layers of the fused map, up to the last; one alone is shown alone", candidates: { state in
            (0..<state.model.depth).map { "\($0)-\(state.model.depth - 1)" }
        }) { (text, state) throws(CommandError) in
            let last = state.model.depth - 1
            guard let range = LayerSpan(text)?.range else {
                throw CommandError("layers: \(text.isEmpty ? "" : "“\(text)” are none; ")a first and a last one are needed, such as \(last / 2)-\(last)")
            }
            guard range.upperBound <= last else { throw CommandError("layers: they go from 0 to \(last)") }
            if range.count == 1 { return .showLayer(.layer(range.lowerBound)) }
            guard range.upperBound == last else {
                throw CommandError("layers: fusing goes up to the last layer; \(range.lowerBound)-\(last)")
            }
            return .setThreshold(.start, Float(range.lowerBound))
        },
        Command("threshold", "0…1|N%|off", "show only where the map reaches this part of its scale",
                threshold: .cut, candidates: { _ in ["off", "0.25", "0.5", "0.75"] }) { (text, _) throws(CommandError) in
            .setThreshold(.cut, text == "off" ? 0 : try fraction(text, "threshold"))
        },
        Command("opacity", "0…1|N%", "of the map over the picture, at most", threshold: .opacity,
                candidates: { _ in ["0.25", "0.5", "0.75", "1"] }) {
            (text, _) throws(CommandError) in .setThreshold(.opacity, try fraction(text, "opacity"))
        },
        Command("active", "NAME|next|previous", "choose the threshold that [ and ] step",
                candidates: { _ in ["next", "previous"] + Threshold.allCases.map(\.rawValue) }) {
            (text, _) throws(CommandError) in
            if text == "next" { return .cycleThreshold(1) }
            if text == "previous" { return .cycleThreshold(-1) }
            return .selectThreshold(try choice(text, of: Threshold.self, "active", and: ["next", "previous"]))
        },
        Command("adjust", "+N|-N", "step the active threshold", candidates: { _ in ["+1", "-1"] }) {
            (text, _) throws(CommandError) in
            guard let steps = Int(text), (-1000...1000).contains(steps) else { throw CommandError("adjust: “\(text)” is not +N or -N") }
            return .adjust(steps)
        },
        Command("view", "overlay|map|picture|label|refined|decoder|saliency|next|labels|split|single|toggle",
                "choose what the panes show",
                candidates: { _ in
                    ["next", "labels", "toggle"] + ViewKind.allCases.map(\.rawValue) + PaneLayout.allCases.map(\.rawValue)
                }) { (text, _) throws(CommandError) in
            if text == "next" { return .cycleView }
            if text == "labels" { return .cycleLabelView }
            if text == "toggle" { return .toggleLayout }
            if let layout = PaneLayout(rawValue: text) { return .setLayout(layout) }
            return .setView(
                try choice(text, of: ViewKind.self, "view", and: ["next", "labels", "split", "single", "toggle"]))
        },
        Command("overlay", "on|off|toggle", "the map over the picture", candidates: { _ in ["on", "off", "toggle"] }) {
            (text, _) throws(CommandError) in
            try onOff(text, "overlay", toggle: .toggleOverlay) { .setOverlay($0) }
        },
        Command("blend", "value|flat|contour|spotlight|next", "how the map lies over the picture; next: over labels their fill",
                candidates: { _ in ["next"] + Blend.Kind.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            text == "next" ? .cycleBlend : .setBlend(try choice(text, of: Blend.Kind.self, "blend", and: ["next"]))
        },
        Command("fill", "0…1|N%", "of the classes in label views; 0 leaves their outline", threshold: .fill,
                candidates: { _ in ["0", "0.35", "0.6", "1"] }) {
            (text, _) throws(CommandError) in .setThreshold(.fill, try fraction(text, "fill"))
        },
        Command("palette", "screen|voc|next", "the colors of classes in label views; files keep VOC's",
                candidates: { _ in ["next"] + LabelPalette.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            text == "next" ? .cyclePalette : .setPalette(try choice(text, of: LabelPalette.self, "palette", and: ["next"]))
        },
        Command("glyphs", "auto|half|quadrant|sextant|next", "the characters that pictures are made of",
                candidates: { _ in ["next"] + GlyphChoice.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            text == "next" ? .cycleGlyphs : .setGlyphs(try choice(text, of: GlyphChoice.self, "glyphs", and: ["next"]))
        },
        Command("colormap", "NAME|next", "choose the colors of the map",
                candidates: { _ in ["next"] + ColorMap.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            text == "next" ? .cycleColorMap : .setColorMap(try choice(text, of: ColorMap.self, "colormap", and: ["next"]))
        },
        Command("scale", "map|layers|symmetric|next", "colors from this map's range, one scale for all layers, or zero in the middle",
                candidates: { _ in ["next"] + Normalization.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            text == "next"
                ? .cycleNormalization
                : .setNormalization(try choice(text, of: Normalization.self, "scale", and: ["next"]))
        },
        Command("sampling", "smooth|patches|next", "how patches are drawn",
                candidates: { _ in ["next", "smooth", "patches"] }) { (text, _) throws(CommandError) in
            text == "next"
                ? .cycleSampling : .setSampling(try choice(text, of: Sampling.self, "sampling", and: ["next"]))
        },
        Command("zoom", "in|out|1…32 [X Y]", "zoom the picture, to a point as fractions of its sides", candidates: { _ in ["in", "out", "1", "2", "4", "8"] }) {
            (text, _) throws(CommandError) in
            if text == "in" { return .zoom(1) }
            if text == "out" { return .zoom(-1) }
            let words = text.split(separator: " ")
            guard let value = words.first.flatMap({ Double($0) }), Viewport.zoomLimits.contains(value), [1, 3].contains(words.count) else {
                throw CommandError("zoom: “\(text)” is not in, out or a number from 1 to 32, behind which a point may stand")
            }
            guard words.count == 3 else { return .setZoom(value) }
            let point = try words.dropFirst().map { word throws(CommandError) in Double(try fraction(String(word), "zoom")) }
            return .setViewport(Viewport(zoom: value, centerX: point[0], centerY: point[1]))
        },
        Command("pan", "left|right|up|down", "move what is seen of a zoomed picture",
                candidates: { _ in Direction.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            .pan(try choice(text, of: Direction.self, "pan"))
        },
        Command("probe", "left|right|up|down|max|off|COLUMN ROW", "read the value of a patch",
                candidates: { _ in ["max", "off"] + Direction.allCases.map(\.rawValue) }) {
            (text, _) throws(CommandError) in
            if text == "max" { return .probeMaximum }
            if text == "off" { return .probeOff }
            let parts = text.split(separator: " ").map { Int($0) }
            if parts.count == 2, let column = parts[0], let row = parts[1] { return .probe(column: column, row: row) }
            return .moveProbe(try choice(text, of: Direction.self, "probe", and: ["max", "off", "COLUMN ROW"]))
        },
        Command("image", "N|+N|-N|NAME", "show a picture, counted from 1", candidates: { state in
            ["+1", "-1"] + state.pictures.prefix(500).map(ExplorerState.name(ofPath:))
        }) { (text, state) throws(CommandError) in
            if case .step(let step)? = number(text) { return .stepPicture(step) }
            return .showPicture(try picture(text, in: state, "image"))
        },
    ]

    /// The index of a picture by number or name; a number may be beyond the last.
    static func picture(_ text: String, in state: ExplorerState, _ what: String) throws(CommandError) -> Int {
        // Digits that are no picture's number, or are not written as one, are part of a name.
        let number = Int(text).flatMap { "\($0)" == text ? $0 : nil }
        if let number, state.pictures.indices.contains(number - 1) { return number - 1 }
        if let index = pictureIndex(text, in: state) { return index }
        if let number { return number - 1 }
        throw CommandError(text.isEmpty ? "\(what): a number or a name is needed" : "\(what): no picture “\(text)”")
    }

    private static let programCommands: [Command] = [
        Command(
            "export", "[overlay|raw|mask|label|masks|coco|labelme [--min-area N|N%]|maps|confidence|doubt|preset|FORMAT [PATH]]", "write what is shown to a file",
            path: .afterWord, candidates: { _ in ExportKind.allCases.map(\.rawValue) }) { (text, _) throws(CommandError) in
            if text.isEmpty { return .askExport }
            let word = String(text.prefix { $0 != " " })
            let kind = try choice(word, of: ExportKind.self, "export")
            let path = String(text.dropFirst(word.count).drop { $0 == " " })
            return path.isEmpty ? .askExportPath(kind) : .export(kind, path: path)
        },
        Command(
            "figure", "FILE.svg|FILE.png [rows=AXIS] [columns=AXIS] [width=SIZE] [dpi=N]",
            "write the panes or the grid as a figure with captions and color bars, or a grid of other axes",
            path: .whole) { (text, _) throws(CommandError) in try figure(text) },
        Command("preset", "save [FILE]|load NAME|FILE", "write how the label is made to a file, or take it from one",
                path: .afterWord,
                candidates: { state in ["save", "load"] + (Preset.builtIn.map(\.name) + state.settings.presets.keys.sorted()).map { "load " + $0 } }) {
            (text, _) throws(CommandError) in
            let word = String(text.prefix { $0 != " " })
            let rest = String(text.dropFirst(word.count).drop { $0 == " " })
            switch word {
            case "save": return rest.isEmpty ? .askExportPath(.preset) : .export(.preset, path: rest)
            case "load" where !rest.isEmpty: return .loadPreset(rest)
            case "load":
                throw CommandError("preset load: " + Preset.builtIn.map(\.name).joined(separator: ", ") + " or a file is needed")
            default: throw CommandError("preset: “\(word)” is none of save, load")
            }
        },
        Command("labels", "[save [FILE]]", "write the marks as lines “name class,class”, for --labels; alone, what there is",
                path: .afterWord, candidates: { _ in ["save"] }) {
            (text, state) throws(CommandError) in
            let word = String(text.prefix { $0 != " " })
            let path = String(text.dropFirst(word.count).drop { $0 == " " })
            if text.isEmpty { return .note(state.marksText) }
            guard word == "save" else { throw CommandError("labels: “\(word)” is not save") }
            return path.isEmpty ? .askMarksPath : .saveMarks(path: path)
        },
        Command("memory", "how much memory pictures, maps and labels take, and the limit", .showMemory),
        Command("undo", "take back the last change of what is shown", .undo),
        Command("redo", "do it again", .redo),
        Command("mouse", "on|off|toggle", "let the mouse through, or leave it to the terminal",
                candidates: { _ in ["on", "off", "toggle"] }) { (text, _) throws(CommandError) in
            try onOff(text, "mouse", toggle: .toggleMouse) { .setMouse($0) }
        },
        Command("command", "type a command", .command),
        Command("cancel", "stop the work under way", .cancel),
        Command("retry", "ask again for what was stopped or failed", .retry),
        Command("redraw", "paint the screen again", .redraw),
        Command("suspend", "leave to the shell; fg returns", .suspend),
        Command("help", "[TEXT]", "list keys and commands, or those with some words, to find one by what it does") {
            (text, _) throws(CommandError) in
            text.isEmpty ? .help : .helpOn(text)
        },
        Command("config", "each setting, its value and where that comes from; what was ignored of the file of settings", .showSettings),
        Command("describe", "say in sentences what is shown", .describe),
        Command("quit", "leave the explorer", .quit),
        Command("interrupt", "leave with the status of an interrupted program", .interrupt),
    ]
}
