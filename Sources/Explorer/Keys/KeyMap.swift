/// The keymap table: the bindings, the help, the hints and the man page are all made from it.
public enum KeyMap {
    public static let bindings: [KeyBinding] = [
        // Maps
        KeyBinding([.character("h")], .stepLayer(-1), .maps, "previous layer", command: "layer -1",
                   hint: "layer", at: [.maps, .panes]),
        KeyBinding([.character("l")], .stepLayer(1), .maps, "next layer; the fused map comes after the last",
                   command: "layer +1",
                   hint: "layer", at: [.maps, .panes]),
        KeyBinding([.character("f")], .toggleFused, .maps, "fused map, or back to the layer", command: "layer toggle"),
        KeyBinding([.character("j")], .stepClass(1), .maps, "next class of the list", command: "class +1",
                   hint: "class", at: [.maps, .panes, .labels]),
        KeyBinding([.character("k")], .stepClass(-1), .maps, "previous class of the list", command: "class -1",
                   hint: "class", at: [.maps, .panes, .labels]),
        KeyBinding([.pageDown], .stepClass(10), .maps, "ten classes on", command: "class +10"),
        KeyBinding([.pageUp], .stepClass(-10), .maps, "ten classes back", command: "class -10"),
        KeyBinding([.home], .stepClass(-1_000_000), .maps, "first class of the list", command: "class first"),
        KeyBinding([.end], .stepClass(1_000_000), .maps, "last class of the list", command: "class last"),
        KeyBinding([.character("/")], .find, .maps, "find classes by name", command: "find", hint: "find"),
        KeyBinding([.character(" ")], .toggleMark, .maps, "mark the class, or remove its mark", command: "mark",
                   hint: "mark", at: [.maps, .labels]),
        KeyBinding([.character("#")], .toggleMarksOnly, .maps, "list the marked classes alone, or all", command: "mark only"),
        KeyBinding([.character("S")], .cycleClassOrder, .maps, "classes by probability, name, first word, contrast",
                   command: "sort next"),
        KeyBinding([.character("m")], .cycleMethod, .maps, "next map method", command: "method next",
                   hint: "method", at: [.panes, .grid]),
        KeyBinding([.character("N")], .cycleQuantity, .maps, "next quantity beside the map methods", command: "quantity next"),
        KeyBinding([.character("W")], .explain, .maps, "why the map is empty or blotchy; else what it is", command: "why"),
        KeyBinding([.character("(")], .stepHead(-1), .maps, "previous head", command: "head -1"),
        KeyBinding([.character(")")], .stepHead(1), .maps, "next head", command: "head +1"),
        KeyBinding([.character("*")], .showHead(nil), .maps, "all heads together", command: "head mean"),
        KeyBinding([.character("Q")], .toggleQuery, .maps, "the probed patch looks, or the picture again",
                   command: "query toggle"),
        KeyBinding([.character("A")], .cycleAgainst, .maps, "the class against its three nearest, or by itself",
                   command: "against toggle"),

        KeyBinding([.character(",")], .toggleFusedLayer, .maps, "the layer shown into the fused map, or out of it",
                   command: "fusion toggle"),
        KeyBinding([.character("F")], .cycleFusion, .maps, "next way to fuse layers: sum, maximum, mean …", command: "fusion next"),

        // Thresholds
        KeyBinding([.character("[")], .adjust(-1), .thresholds, "lower the active threshold", command: "adjust -1",
                   hint: "step", at: [.labels]),
        KeyBinding([.character("]")], .adjust(1), .thresholds, "raise the active threshold", command: "adjust +1",
                   hint: "step", at: [.labels]),
        KeyBinding([.tab], .cycleThreshold(1), .thresholds, "make the next threshold active", command: "active next", hint: "next",
                   at: [.labels]),
        KeyBinding([.backTab], .cycleThreshold(-1), .thresholds, "make the previous threshold active",
                   command: "active previous"),

        KeyBinding([.character("b")], .cycleBackground, .thresholds, "background by power, level, band, or found: otsu …",
                   command: "background next",
                   hint: "kind", at: [.labels]),
        KeyBinding([.character("t")], .cycleSaliency, .thresholds, "next way to find what is salient, or none",
                   command: "saliency next",
                   hint: "saliency", at: [.labels]),

        KeyBinding([.enter], .sweep(.take(nil)), .thresholds, "sweep: take the best value of the number chosen", command: "sweep take", hint: "take best",
                   context: .sweep),
        KeyBinding([.up], .sweep(.step(-1)), .thresholds, "sweep: the number above", command: "sweep previous", hint: "number", context: .sweep),
        KeyBinding([.down], .sweep(.step(1)), .thresholds, "sweep: the number below", command: "sweep next", hint: "number", context: .sweep),

        // View
        KeyBinding([.character("v")], .cycleView, .view, "next view: overlay, map, picture", command: "view next",
                   hint: "view", at: [.maps, .labels]),
        KeyBinding([.character("s")], .toggleLayout, .view, "picture beside the view, or the view alone",
                   command: "view toggle", hint: "split"),
        KeyBinding([.character("o")], .toggleOverlay, .view, "map over the picture on or off",
                   command: "overlay toggle", hint: "overlay"),
        KeyBinding([.character("B")], .cycleBlend, .view, "next blend of map and picture; over labels, their fill",
                   command: "blend next"),
        KeyBinding([.character("a")], .cycleLabelView, .view, "label, refined class map, decoder, saliency in turn",
                   command: "view labels",
                   hint: "label", at: [.maps, .labels]),
        KeyBinding([.character("d")], .toggleScope, .view, "decoder: all classes, or those that apply", command: "decoder toggle"),
        KeyBinding([.character("g")], .toggleHistogram, .view, "histogram of the map, with the cut in it",
                   command: "histogram toggle"),
        KeyBinding([.character("G")], .toggleQuality, .view, "how good the map is: figures, deletion curve, truth",
                   command: "quality toggle"),
        KeyBinding([.character("c")], .cycleColorMap, .view, "next color map", command: "colormap next"),
        KeyBinding([.character("r")], .cycleNormalization, .view, "scale of colors: this map, layers, symmetric, panes",
                   command: "scale next", hint: "scale", at: [.panes, .grid]),
        KeyBinding([.character("i")], .cycleSampling, .view, "smooth map, or patches", command: "sampling next"),
        KeyBinding([.character("+"), .character("=")], .zoom(1), .view, "zoom in", command: "zoom in"),
        KeyBinding([.character("-")], .zoom(-1), .view, "zoom out", command: "zoom out"),
        KeyBinding([.character("0")], .setZoom(1), .view, "the whole picture", command: "zoom 1"),
        KeyBinding([.character("H")], .pan(.left), .view, "pan left", command: "pan left"),
        KeyBinding([.character("J")], .pan(.down), .view, "pan down", command: "pan down"),
        KeyBinding([.character("K")], .pan(.up), .view, "pan up", command: "pan up"),
        KeyBinding([.character("L")], .pan(.right), .view, "pan right", command: "pan right"),

        KeyBinding([.character("T")], .cycleTruth, .view, "the truth over it: borders, errors, not", command: "truth next"),

        // Painting
        KeyBinding([.character("E")], .paint(.toggle), .painting, "correct the label: take the brush, or put it down", command: "paint toggle",
                   hint: "paint", at: [.labels]),
        KeyBinding([.left], .paint(.move(.left)), .painting, "brush: to the left", command: "paint left", hint: "move", context: .paint),
        KeyBinding([.right], .paint(.move(.right)), .painting, "brush: to the right", command: "paint right", hint: "move", context: .paint),
        KeyBinding([.up], .paint(.move(.up)), .painting, "brush: up", command: "paint up", hint: "move", context: .paint),
        KeyBinding([.down], .paint(.move(.down)), .painting, "brush: down", command: "paint down", hint: "move", context: .paint),
        KeyBinding([.character(" ")], .paint(.dot), .painting, "brush: paint here", command: "paint dot", hint: "paint", context: .paint),
        KeyBinding([.enter], .paint(.line), .painting, "brush: paint a line to here from the last stroke's end", command: "paint line", hint: "line to",
                   context: .paint),
        KeyBinding([.character("f")], .paint(.fill), .painting, "brush: fill the region here", command: "paint fill", hint: "fill", context: .paint),
        KeyBinding([.character("b")], .paint(.box), .painting, "brush: begin a box here, and paint it", command: "paint box", hint: "box", context: .paint),
        KeyBinding([.character("[")], .paint(.resize(-1)), .painting, "brush: smaller", command: "brush -1", hint: "size", context: .paint),
        KeyBinding([.character("]")], .paint(.resize(1)), .painting, "brush: larger", command: "brush +1", hint: "size", context: .paint),
        KeyBinding([.character("1")], .paint(.setListedTarget(1)), .painting, "brush: paint the legend's first class; up to 9", command: "target listed 1",
                   hint: "class", context: .paint),
    ] + (2...9).map { place in
        KeyBinding([.character(Character("\(place)"))], .paint(.setListedTarget(place)), .painting, "brush: paint class \(place) of the legend",
                   command: "target listed \(place)", context: .paint)
    } + [
        KeyBinding([.character("0")], .paint(.setTarget(.background)), .painting, "brush: paint background", command: "target background",
                   hint: "background", context: .paint),
        KeyBinding([.character("i")], .paint(.setTarget(.ignored)), .painting, "brush: paint what does not count", command: "target ignore",
                   hint: "ignore", context: .paint),
        KeyBinding([.character("r")], .paint(.setTarget(.automatic)), .painting, "brush: back to what it was before any stroke", command: "target automatic",
                   hint: "automatic", context: .paint),
        KeyBinding([.character("m")], .paint(.toggleSpread), .painting, "strokes spread to pixels alike, or are exact", command: "spread toggle",
                   hint: "spread", context: .paint),
        KeyBinding([.character(">")], .paint(.more), .painting, "raise the class's map here", command: "paint more", hint: "map", context: .paint),
        KeyBinding([.character("<")], .paint(.less), .painting, "take the class's map away here", command: "paint less", hint: "map", context: .paint),
        KeyBinding([.character("d")], .paint(.delete), .painting, "delete the region here: background", command: "paint delete", hint: "delete", context: .paint),
        KeyBinding([.character("k")], .paint(.only), .painting, "keep of its class only the region here", command: "paint only", context: .paint),
        KeyBinding([.character("g")], .paint(.tidy(.largest)), .painting, "keep the class's largest region", command: "tidy largest", context: .paint),
        KeyBinding([.character("o")], .paint(.tidy(.holes)), .painting, "fill the class's holes", command: "tidy holes", context: .paint),
        KeyBinding([.character("s")], .paint(.tidy(.smooth(radius: 3))), .painting, "smooth the class's outline", command: "tidy smooth 3", context: .paint),
        KeyBinding([.character("c")], .paint(.list), .painting, "list the regions with class and area", command: "regions", context: .paint),
        KeyBinding([.character("u")], .paint(.undo), .painting, "undo the last stroke of the picture", command: "paint undo", hint: "undo", context: .paint),
        KeyBinding([.character("U"), .control("r")], .paint(.redo), .painting, "redo it", command: "paint redo", context: .paint),

        // Panes and grids
        KeyBinding([.character("|")], .addPane, .panes, "add a pane", command: "pane add",
                   hint: "add", at: [.panes]),
        KeyBinding([.character("X")], .closePane, .panes, "close the pane", command: "pane close",
                   hint: "close", at: [.panes]),
        KeyBinding([.character("w")], .stepPane(1), .panes, "next pane", command: "pane next",
                   hint: "next", at: [.panes]),
        KeyBinding([.character(";")], .askLock, .panes, "lock or free what panes have in common …", command: "lock",
                   hint: "locks", at: [.panes]),
        KeyBinding([.character("D")], .toggleDifference, .panes, "the pane less the one before, or itself again",
                   command: "difference toggle",
                   hint: "difference", at: [.panes]),
        KeyBinding([.character(".")], .toggleBlink, .panes, "the pane before in the place of this one, and back", command: "blink",
                   hint: "blink", at: [.panes]),
        KeyBinding([.character("O")], .togglePeek, .panes, "the bare picture in all panes, and back", command: "peek"),
        KeyBinding([.character("V")], .cycleGrid, .panes, "grid of maps: the next kind, at last none", command: "grid next",
                   hint: "grids", at: [.grid]),
        KeyBinding([.enter], .enterCell, .panes, "go into the cell of the grid", command: "grid enter", hint: "into",
                   at: [.grid]),
        KeyBinding([.backspace], .leaveCell, .panes, "back to the grid", command: "grid back"),
        KeyBinding([.character("Y")], .stepModel(1), .panes, "next model", command: "model next"),
        KeyBinding([.character("{")], .stepCheckpoint(-1), .panes, "previous checkpoint of a training run", command: "checkpoint -1"),
        KeyBinding([.character("}")], .stepCheckpoint(1), .panes, "next checkpoint of a training run", command: "checkpoint +1"),
        KeyBinding([.character("<")], .back, .panes, "back to what was looked at before", command: "back"),
        KeyBinding([.character(">")], .forward, .panes, "forward again", command: "forward"),

        // Probe
        KeyBinding([.left], .moveProbe(.left), .probe, "probe the patch to the left", command: "probe left", hint: "cell", at: [.grid]),
        KeyBinding([.right], .moveProbe(.right), .probe, "probe the patch to the right", command: "probe right", hint: "cell", at: [.grid]),
        KeyBinding([.up], .moveProbe(.up), .probe, "probe the patch above", command: "probe up", hint: "cell", at: [.grid]),
        KeyBinding([.down], .moveProbe(.down), .probe, "probe the patch below", command: "probe down", hint: "cell", at: [.grid]),
        KeyBinding([.character("x")], .probeMaximum, .probe, "probe the patch with the largest value",
                   command: "probe max", hint: "peak"),

        KeyBinding([.character("Z")], .toggleRegion, .probe, "begin a region at the probe, end it, forget it", command: "region toggle"),
        KeyBinding([.character("I")], .cycleAblation, .probe, "leave the head out: by zero, by its mean, not", command: "ablate toggle"),

        // Pictures and files
        KeyBinding([.character("n")], .stepPicture(1), .pictures, "next picture", command: "image +1",
                   hint: "image", at: [.maps, .labels]),
        KeyBinding([.character("p")], .stepPicture(-1), .pictures, "previous picture", command: "image -1",
                   hint: "image", at: [.maps, .labels]),
        KeyBinding([.character("e")], .askExport, .pictures, "export what is shown …", command: "export",
                   hint: "export", at: [.maps, .labels]),
        KeyBinding([.character("y")], .askCopy, .pictures, "copy a value, a row, the path or the command …", command: "copy"),

        // Reviewing
        KeyBinding([.character("P")], .toggleSheet, .pictures, "sheet of all pictures and labels, or none", command: "sheet toggle"),
        KeyBinding([.character("%")], .askQueueFilter, .pictures, "which pictures n and p go through …", command: "queue"),
        KeyBinding([.character("&")], .cycleQueueSort, .pictures, "next order of pictures: name, decision, doubt …", command: "queue next"),
        KeyBinding([.character("A")], .decide(.accept), .review, "accept the label; next undecided", command: "decide accept",
                   hint: "accept", at: [.review], context: .review),
        KeyBinding([.character("X")], .decide(.reject), .review, "reject the picture; next undecided", command: "decide reject",
                   hint: "reject", at: [.review], context: .review),
        KeyBinding([.character("F")], .decide(.flag), .review, "flag the picture; next undecided", command: "decide flag",
                   hint: "flag", at: [.review], context: .review),
        KeyBinding([.character("C")], .decide(.undecided), .review, "take the decision back", command: "decide undecided", context: .review),
        KeyBinding([.character("N")], .askNote, .review, "note about the picture …", command: "note", hint: "note", at: [.review],
                   context: .review),
        KeyBinding([.character("z")], .stepUndecided(1), .review, "next undecided picture", command: "undecided next", hint: "undecided",
                   at: [.review], context: .review),
        KeyBinding([.left, .character("h")], .moveInSheet(.left), .review, "sheet: to the left", command: "sheet left", context: .sheet),
        KeyBinding([.right, .character("l")], .moveInSheet(.right), .review, "sheet: to the right", command: "sheet right", context: .sheet),
        KeyBinding([.up, .character("k")], .moveInSheet(.up), .review, "sheet: a row up", command: "sheet up", hint: "go", context: .sheet),
        KeyBinding([.down, .character("j")], .moveInSheet(.down), .review, "sheet: a row down", command: "sheet down", hint: "go",
                   context: .sheet),
        KeyBinding([.pageDown], .pageInSheet(1), .review, "sheet: a page on", command: "sheet +1", context: .sheet),
        KeyBinding([.pageUp], .pageInSheet(-1), .review, "sheet: a page back", command: "sheet -1", context: .sheet),
        KeyBinding([.home], .stepInSheet(-1_000_000), .review, "sheet: to the first picture", command: "sheet first", context: .sheet),
        KeyBinding([.end], .stepInSheet(1_000_000), .review, "sheet: to the last picture", command: "sheet last", context: .sheet),
        KeyBinding([.character(" ")], .chooseInSheet, .review, "sheet: choose the picture, or not", command: "sheet choose", hint: "choose",
                   context: .sheet),
        KeyBinding([.character("a")], .choosePage, .review, "sheet: choose all seen, or none", command: "sheet page", hint: "page",
                   context: .sheet),
        KeyBinding([.character("A")], .decide(.accept), .review, "sheet: accept what is chosen", command: "decide accept", hint: "accept",
                   context: .sheet),
        KeyBinding([.character("X")], .decide(.reject), .review, "sheet: reject what is chosen", command: "decide reject", hint: "reject",
                   context: .sheet),
        KeyBinding([.character("F")], .decide(.flag), .review, "sheet: flag what is chosen", command: "decide flag", hint: "flag",
                   context: .sheet),
        KeyBinding([.character("C")], .decide(.undecided), .review, "sheet: take decisions back", command: "decide undecided", context: .sheet),
        KeyBinding([.enter], .enterSheet(nil), .review, "sheet: look at the picture", command: "sheet enter", hint: "open", context: .sheet),
        KeyBinding([.character("&"), .character("s")], .cycleQueueSort, .review, "sheet: next order", command: "queue next", hint: "order",
                   context: .sheet),
        KeyBinding([.character("/"), .character("%")], .askQueueFilter, .review, "sheet: which pictures …", command: "queue", hint: "filter",
                   context: .sheet),
        KeyBinding([.character("v")], .toggleSheetList, .review, "sheet: pictures, or a line each", command: "sheet list", hint: "list",
                   context: .sheet),
        KeyBinding([.character("P"), .character("q")], .toggleSheet, .review, "sheet: close it", command: "sheet toggle", context: .sheet),
        KeyBinding([.escape], .cancel, .review, "sheet: nothing chosen; close it", command: "cancel", context: .sheet),

        // Program
        KeyBinding([.character("u")], .undo, .program, "undo the last change of what is shown", command: "undo"),
        KeyBinding([.character("U"), .control("r")], .redo, .program, "redo", command: "redo"),
        KeyBinding([.escape], .cancel, .program, "leave grid; stop work; leave filter, region, probe",
                   command: "cancel", hint: "leave", at: [.grid]),
        KeyBinding([.character("R")], .retry, .program, "ask again for what was stopped or failed", command: "retry"),
        KeyBinding([.character("M")], .toggleMouse, .program, "mouse on or off", command: "mouse toggle"),
        KeyBinding([.character(":")], .command, .program, "type a command", command: "command"),
        KeyBinding([.character("?"), .function(1)], .help, .program, "find a key or command by what it does", command: "help"),
        KeyBinding([.control("l")], .redraw, .program, "paint the screen again", command: "redraw"),
        KeyBinding([.control("z")], .suspend, .program, "suspend", command: "suspend"),
        KeyBinding([.character("q")], .quit, .program, "quit; asks where marks would be lost", command: "quit"),
        KeyBinding([.control("c")], .interrupt, .program, "leave a line or a question; else quit, interrupted",
                   command: "interrupt"),

        // While typing
        KeyBinding([.enter], .edit(.accept), .typing, "accept the line", context: .prompt),
        KeyBinding([.escape, .control("g"), .control("c")], .cancel, .typing, "leave the line", context: .prompt),
        KeyBinding([.tab], .edit(.complete(1)), .typing, "next completion", context: .prompt),
        KeyBinding([.backTab], .edit(.complete(-1)), .typing, "previous completion", context: .prompt),
        KeyBinding([.up, .control("p")], .edit(.history(-1)), .typing, "earlier line", context: .prompt),
        KeyBinding([.down, .control("n")], .edit(.history(1)), .typing, "later line", context: .prompt),
        KeyBinding([.left, .control("b")], .edit(.left), .typing, "to the left", context: .prompt),
        KeyBinding([.right, .control("f")], .edit(.right), .typing, "to the right", context: .prompt),
        KeyBinding([.home, .control("a")], .edit(.start), .typing, "to the start", context: .prompt),
        KeyBinding([.end, .control("e")], .edit(.end), .typing, "to the end", context: .prompt),
        KeyBinding([.backspace, .control("h")], .edit(.deleteBackward), .typing, "delete to the left",
                   context: .prompt),
        KeyBinding([.delete, .control("d")], .edit(.deleteForward), .typing, "delete to the right", context: .prompt),
        KeyBinding([.control("w")], .edit(.deleteWord), .typing, "delete the word", context: .prompt),
        KeyBinding([.control("u")], .edit(.deleteLine), .typing, "delete to the start", context: .prompt),

        // Questions and help
        KeyBinding([.character("o"), .enter], .askExportPath(.overlay), .choosing, "export the overlay as PNG",
                   command: "export overlay", hint: "overlay", context: .chooseExport),
        KeyBinding([.character("r")], .askExportPath(.raw), .choosing, "export the raw map as .npy",
                   command: "export raw", hint: "raw", context: .chooseExport),
        KeyBinding([.character("m")], .askExportPath(.mask), .choosing, "export the mask as PNG",
                   command: "export mask", hint: "mask", context: .chooseExport),
        KeyBinding([.character("l")], .askExportPath(.label), .choosing, "export the label as palette PNG",
                   command: "export label", hint: "label", context: .chooseExport),
        KeyBinding([.character("k")], .askExportPath(.masks), .choosing, "export a mask PNG of each class",
                   command: "export masks", hint: "masks", context: .chooseExport),
        KeyBinding([.character("c")], .askExportPath(.coco), .choosing, "export the masks as COCO JSON",
                   command: "export coco", hint: "coco", context: .chooseExport),
        KeyBinding([.character("b")], .askExportPath(.labelme), .choosing, "export the regions as labelme JSON",
                   command: "export labelme", hint: "labelme", context: .chooseExport),
        KeyBinding([.character("n")], .askExportPath(.maps), .choosing, "export the refined maps as .npz or .npy",
                   command: "export maps", hint: "npz", context: .chooseExport),
        KeyBinding([.character("p")], .askExportPath(.preset), .choosing, "save the preset",
                   command: "preset save", hint: "preset", context: .chooseExport),
        KeyBinding([.escape, .character("q"), .control("c")], .cancel, .choosing, "no export", context: .chooseExport),
        KeyBinding([.character("p")], .toggleLock(.picture), .choosing, "panes share the picture, or not", command: "lock picture",
                   hint: "picture", context: .chooseLock),
        KeyBinding([.character("M")], .toggleLock(.model), .choosing, "panes share the model, or not", command: "lock model",
                   hint: "model", context: .chooseLock),
        KeyBinding([.character("m")], .toggleLock(.method), .choosing, "panes share the method, or not", command: "lock method",
                   hint: "method", context: .chooseLock),
        KeyBinding([.character("c")], .toggleLock(.class), .choosing, "panes share the class, or not", command: "lock class",
                   hint: "class", context: .chooseLock),
        KeyBinding([.character("l")], .toggleLock(.layer), .choosing, "panes share the layer, or not", command: "lock layer",
                   hint: "layer", context: .chooseLock),
        KeyBinding([.character("h")], .toggleLock(.head), .choosing, "panes share the head, or not", command: "lock head",
                   hint: "head", context: .chooseLock),
        KeyBinding([.character("q")], .toggleLock(.query), .choosing, "panes share the query, or not", command: "lock query",
                   hint: "query", context: .chooseLock),
        KeyBinding([.character("x")], .toggleLock(.ablation), .choosing, "panes share the heads left out, or not",
                   command: "lock ablation", hint: "ablation", context: .chooseLock),
        KeyBinding([.character("v")], .toggleLock(.view), .choosing, "panes share the view, or not", command: "lock view",
                   hint: "view", context: .chooseLock),
        KeyBinding([.character("a")], .setLock(Set(PaneAxis.allCases), true), .choosing, "panes share all", command: "lock all",
                   hint: "all", context: .chooseLock),
        KeyBinding([.character("n")], .setLock(Set(PaneAxis.allCases), false), .choosing, "panes share nothing",
                   command: "lock none", hint: "none", context: .chooseLock),
        KeyBinding([.escape, .character(";"), .control("c")], .cancel, .choosing, "locks stay", context: .chooseLock),
        KeyBinding([.character("v")], .copy(.value), .choosing, "copy the value under the probe", command: "copy value",
                   hint: "value", context: .chooseCopy),
        KeyBinding([.character("r")], .copy(.row), .choosing, "copy the class and its probability", command: "copy row",
                   hint: "row", context: .chooseCopy),
        KeyBinding([.character("p")], .copy(.path), .choosing, "copy the picture's path", command: "copy path", hint: "path",
                   context: .chooseCopy),
        KeyBinding([.character("c")], .copy(.command), .choosing, "copy the command line that shows this view",
                   command: "copy command", hint: "command", context: .chooseCopy),
        KeyBinding([.escape, .character("q"), .control("c")], .cancel, .choosing, "nothing is copied", context: .chooseCopy),
        KeyBinding([.character("y")], .answer(true), .choosing, "yes, replace the file", hint: "yes", context: .confirm),
        KeyBinding([.character("n"), .escape, .character("q"), .control("c")], .answer(false), .choosing, "no, keep it", hint: "no",
                   context: .confirm),
        KeyBinding([.character("y"), .control("c")], .answer(true), .choosing, "yes, quit and lose the marks", hint: "yes",
                   context: .confirmQuit),
        KeyBinding([.character("n"), .escape, .character("q")], .answer(false), .choosing, "no, stay", hint: "no",
                   context: .confirmQuit),
        KeyBinding([.character("s")], .askMarksPath, .choosing, "save the marks first", command: "labels save", hint: "save",
                   context: .confirmQuit),
        KeyBinding([.enter], .edit(.accept), .choosing, "list: do what the row says", context: .palette),
        KeyBinding([.tab], .edit(.complete(1)), .choosing, "list: take the row's command to the line", context: .palette),
        KeyBinding([.down, .control("n")], .scroll(1), .choosing, "list: next row", context: .palette),
        KeyBinding([.up, .control("p")], .scroll(-1), .choosing, "list: previous row", context: .palette),
        KeyBinding([.pageDown, .control("f")], .scroll(10), .choosing, "list: ten rows on", context: .palette),
        KeyBinding([.pageUp, .control("b")], .scroll(-10), .choosing, "list: ten rows back", context: .palette),
        KeyBinding([.home], .scroll(-1_000_000), .choosing, "list: first row", context: .palette),
        KeyBinding([.end], .scroll(1_000_000), .choosing, "list: last row", context: .palette),
        KeyBinding([.backspace, .control("h")], .edit(.deleteBackward), .choosing, "list: delete a letter", context: .palette),
        KeyBinding([.control("w")], .edit(.deleteWord), .choosing, "list: delete a word", context: .palette),
        KeyBinding([.control("u")], .edit(.deleteLine), .choosing, "list: delete all", context: .palette),
        KeyBinding([.escape, .function(1), .control("g"), .control("c")], .cancel, .choosing, "close the list", context: .palette),
        KeyBinding([.character("j"), .down], .scroll(1), .choosing, "report: a line down", context: .report),
        KeyBinding([.character("k"), .up], .scroll(-1), .choosing, "report: a line up", context: .report),
        KeyBinding([.pageDown, .character(" "), .control("f")], .scroll(10), .choosing, "report: ten lines down",
                   context: .report),
        KeyBinding([.pageUp, .control("b")], .scroll(-10), .choosing, "report: ten lines up", context: .report),
        KeyBinding([.home, .character("g")], .scroll(-1_000_000), .choosing, "report: to the top", context: .report),
        KeyBinding([.end, .character("G")], .scroll(1_000_000), .choosing, "report: to the end", context: .report),
        KeyBinding([.escape, .character("q"), .character("?"), .enter, .function(1), .control("c")], .cancel, .choosing,
                   "close the report", context: .report),
        KeyBinding([.control("l")], .redraw, .choosing, "paint the screen again", context: .report),
    ]

    private static let table: [KeyContext: [Key: Action]] = {
        var table: [KeyContext: [Key: Action]] = [:]
        for binding in bindings {
            for key in binding.keys { table[binding.context, default: [:]][key] = binding.action }
        }
        return table
    }()

    /// What a key means; a printable character in a prompt or in the list is typed.
    public static func action(for key: Key, in context: KeyContext) -> Action? {
        if let action = table[context]?[key] { return action }
        if context == .review { return action(for: key, in: .browse) }
        // Over the sheet what concerns the program alone.
        if context == .sheet { return bindings.first { $0.context == .browse && $0.section == .program && $0.keys.contains(key) }?.action }
        if context == .prompt || context == .palette, case .character(let character) = key { return .edit(.insert(String(character))) }
        return nil
    }
}

extension ExplorerState {
    public var keyContext: KeyContext {
        switch mode {
        case .browse: sheet != nil ? .sheet : tool != nil ? .paint : showsSweep ? .sweep : review != nil ? .review : .browse
        case .prompt: .prompt
        case .chooseExport: .chooseExport
        case .chooseLock: .chooseLock
        case .chooseCopy: .chooseCopy
        case .confirmOverwrite: .confirm
        case .confirmQuit: .confirmQuit
        case .palette: .palette
        case .report: .report
        }
    }

    /// What an event means now; `nil` where it means nothing.
    public func action(for event: Event) -> Action? {
        switch event {
        case .key(let key):
            if [.browse, .review, .sweep].contains(keyContext), let own = settings.keys[key] { return .run(own.text) }
            if let action = KeyMap.action(for: key, in: keyContext) { return action }
            // With the brush in hand, or a sweep, other keys do what they do without.
            if [.paint, .sweep].contains(keyContext), let action = KeyMap.action(for: key, in: review == nil ? .browse : .review) { return action }
            switch keyContext {
            case .browse, .review, .paint, .sweep, .sheet: return .note("\(key.name) means nothing here; ? finds keys and commands")
            case .chooseExport: return .note("\(key.name) exports nothing; Esc leaves the question")
            case .chooseLock: return .note("\(key.name) locks nothing; Esc leaves the question")
            case .chooseCopy: return .note("\(key.name) copies nothing; Esc leaves the question")
            case .prompt, .palette, .report, .confirm, .confirmQuit: return nil
            }
        case .mouse(let button, let column, let row): return .mouse(button, column: column, row: row)
        case .drag(let column, let row): return .drag(column: column, row: row)
        case .paste(let text): return [.prompt, .palette, .browse, .review, .paint, .sweep].contains(keyContext) ? .paste(text) : nil
        case .focus(let has): return .focus(has)
        case .background(let color): return .background(color)
        case .graphics(let support): return .graphics(support)
        case .resize(let columns, let rows, let cell): return .resized(columns: columns, rows: rows, cell: cell)
        }
    }
}
