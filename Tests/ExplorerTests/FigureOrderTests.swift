import Attribution
@testable import Explorer
import Testing
import VisionTransformer

/// Figures asked for: what is waited for, what they show, the command that makes them.
@Suite struct FigureOrderTests {
    private func explorer(_ keys: String = "", pictures: Int = 3) -> ScriptedExplorer {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, pictures: pictures)
        explorer.press(keys)
        return explorer
    }

    private func message(_ explorer: ScriptedExplorer) -> String { explorer.state.message?.text ?? "" }

    @Test func aGridBecomesAFigureOfAllItsCells() throws {
        var explorer = explorer()
        explorer.send(.run("grid layersxheads"))
        explorer.send(.run("figure heads.svg"))
        let figure = try #require(explorer.figures.last)
        #expect(figure.path == "heads.svg" && message(explorer) == "wrote heads.svg, 640 KB")
        // Also of those that are not seen.
        #expect(figure.rows == (0..<12).map { "layer \($0)" } && figure.columns == (0..<3).map { "head \($0)" })
        for (row, cells) in figure.cells.enumerated() {
            for (column, cell) in cells.enumerated() {
                #expect(cell?.export.map == ScriptedExplorer.map(classIndex: column, method: 0, layer: row) && cell?.sharing == nil)
            }
        }
        #expect(figure.legend == "photo-0 · GETAM · tabby, tabby cat · model tiny")
        #expect(
            figure.command
                == "getam figure photo-0.jpg --method getam --layers 0-11 --no-fused --heads each --rows layers --columns heads")
        #expect(figure.pictures == .column && figure.picturePaths == ["pictures/photo-0.jpg"])
    }

    @Test func axesAreNamedWithoutAGrid() throws {
        var explorer = explorer("j")
        explorer.send(.run("figure out/my figure.png rows=methods columns=classes"))
        let figure = try #require(explorer.figures.last)
        #expect(figure.path == "out/my figure.png" && figure.rows == ["GETAM", "Rollout"] && figure.columns.count == 12)
        #expect(explorer.state.grid == nil && figure.command?.contains("--rows methods --columns classes") == true)
        // What is no class's name is given by its number.
        #expect(figure.command?.contains(" -c 'tabby, tabby cat' ") == true && figure.command?.contains("\u{1B}") == false)
        // The other axis is chosen.
        explorer.send(.run("figure a.svg rows=heads"))
        #expect(explorer.figures.last?.rows.count == 3 && explorer.figures.last?.columns.count == 12)
    }

    @Test func itWaitsForWhatIsMissing() throws {
        var explorer = explorer()
        explorer.answers = false
        explorer.send(.run("figure f.svg rows=layers columns=heads"))
        #expect(explorer.figures.isEmpty && message(explorer).contains("waiting for 12×3 cells"))
        guard case .map(_, _, let keys, .each, _) = explorer.effects.last else {
            Issue.record("not asked for all heads")
            return
        }
        #expect(keys.count == 1)
        // Moving on loses nothing.
        explorer.press("h")
        #expect(explorer.figures.isEmpty && explorer.state.figureOrder != nil)
        explorer.answers = true
        let last = try #require(explorer.effects.last)
        explorer.answer(last)
        #expect(explorer.figures.count == 1 && explorer.state.figureOrder == nil)
        #expect(explorer.figures[0].cells.joined().allSatisfy { $0 != nil })
    }

    @Test func whatIsStoppedIsGivenUp() {
        var explorer = explorer()
        explorer.answers = false
        explorer.send(.run("figure f.svg rows=layers columns=heads"))
        explorer.press("esc")
        #expect(explorer.state.figureOrder == nil && explorer.figures.isEmpty && message(explorer).contains("not written"))
        #expect(message(explorer).hasPrefix("f.svg"))
    }

    @Test func panesSideBySide() throws {
        var explorer = explorer("| j")
        explorer.send(.run("figure panes.svg"))
        let figure = try #require(explorer.figures.last)
        #expect(figure.rows == ["GETAM"] && figure.columns == ["tabby, tabby cat", "golden retriever"])
        #expect(figure.legend == "photo-0 · layers 6–11 fused · model tiny")
        #expect(
            figure.command
                == "getam figure photo-0.jpg -c 'tabby, tabby cat' -c 'golden retriever' --method getam --layers 6-11 --rows methods --columns classes")
        // Of what panes differ in more than one thing, of differences and of labels there is no command.
        explorer.press("m")
        explorer.send(.run("figure both.png"))
        #expect(explorer.figures.last?.command == nil && explorer.figures.last?.columns == ["GETAM · tabby, tabby cat", "Rollout · golden retriever"])
        explorer.press("m D")
        explorer.send(.run("figure less.svg"))
        let less = try #require(explorer.figures.last)
        #expect(less.command == nil && less.columns[1] == "golden retriever less pane 1")
        #expect(less.cells[0][1]?.export.less == "photo-0 · GETAM · tabby, tabby cat · layers 6–11 fused")
        #expect(less.cells[0][1]?.export.scale.isDiverging == true)
    }

    /// Two checkpoints of one architecture.
    @Test func modelsAreToldApart() throws {
        for names in [["a.safetensors", "b.safetensors"], ["model.safetensors", "model.safetensors"], []] {
            var explorer = explorer()
            explorer.state.context.modelPaths = names
            explorer.send(.modelLoaded(ModelSummary(name: "tiny", depth: 12, classNames: ScriptedExplorer.classNames, heads: 3)))
            explorer.send(.showModel(0))
            let titles = Set(names).count == 2 ? names : ["tiny #1", "tiny #2"]
            explorer.press("| Y")
            explorer.send(.run("figure two.svg"))
            let figure = try #require(explorer.figures.last)
            #expect(figure.columns == titles.map { "model \($0)" } && !figure.legend.contains("model"), "\(figure.columns) \(figure.legend)")
            explorer.send(.run("figure grid.svg rows=layers columns=heads"))
            #expect(explorer.figures.last?.legend.hasSuffix("model \(titles[1])") == true)
            explorer.press("D e r enter")
            #expect(explorer.exports.last?.less?.hasSuffix("model \(titles[0])") == true)
        }
    }

    @Test func aSizeIsNotedInTheCommand() throws {
        var explorer = explorer()
        for (line, words, width, dots) in [
            ("width=180", " --width 180", 180.0, 300.0), ("width=18cm dpi=600", " --width 180 --dpi 600", 180, 600),
            ("width=2000px", " --width 2000px", 2000 * 25.4 / 300, 300), ("dpi=150 width=900px", " --width 900px --dpi 150", 900 * 25.4 / 150, 150),
            ("width=8in", " --width 203.2", 203.2, 300), ("width=170mm", "", 170, 300),
        ] {
            explorer.send(.run("figure f-\(words.count).png rows=layers columns=classes " + line))
            let figure = try #require(explorer.figures.last)
            #expect(figure.command?.hasSuffix("--rows layers --columns classes" + words) == true, "\(figure.command ?? "")")
            #expect(abs(figure.size.width(of: .png) - width) < 1e-9 && (figure.size.dotsPerInch ?? 300) == dots)
        }
        let count = explorer.figures.count
        for (line, words) in [
            ("f.svg dpi=300", "goes with a PNG"), ("f.png dpi=5", "from 20 to 2400"), ("f.png width=5", "from 20 to 2000"), ("f.png width=wide", "no size"),
            ("f.png width=1px", "16 to 65535"), ("f.png width=", "no size"), ("f.png dpi=x", "no number"),
        ] {
            explorer.send(.run("figure " + line))
            #expect(message(explorer).contains(words), "\(message(explorer))")
        }
        #expect(explorer.figures.count == count)
    }

    @Test func scalesThatAreSharedSaySo() throws {
        var explorer = explorer()
        explorer.send(.run("grid layersxclasses"))
        explorer.send(.setNormalization(.layers))
        explorer.send(.run("figure f.svg"))
        let figure = try #require(explorer.figures.last)
        let scales = Set(figure.cells.joined().compactMap { $0?.export.scale })
        #expect(scales.count == 1 && scales.first?.kind == .shared && figure.cells.joined().allSatisfy { $0?.sharing == "GETAM" })
        #expect(figure.command?.contains("--scale shared") == true)
    }

    @Test func whatNoCommandSaysHasNone() throws {
        for line in ["threshold 0.5", "view label", "scale symmetric", "sampling patches", "weight 8 0.5"] {
            var explorer = explorer("space")
            explorer.send(.run(line))
            explorer.send(.run("figure f.svg"))
            let figure = try #require(explorer.figures.last, "\(line): \(message(explorer))")
            #expect(figure.command == nil, "\(line)")
        }
        for (line, words) in [
            ("view map", "--blend flat --opacity 1"), ("blend contour", "--blend contour"), ("opacity 0.5", "--opacity 0.5"), ("colormap magma", "--colormap magma"),
            ("head 2", "--heads 2"), ("query 3 1", "--query 3,1"), ("against nearest", "--contrast auto"), ("against soft-max", "--contrast soft-max"), ("layer 4", "--layers 4"), ("start 9", "--layers 9-11"),
            ("ablate 9.2:mean", "--ablate 9.2:mean"),
        ] {
            var explorer = explorer()
            explorer.send(.run(line))
            explorer.send(.run("figure f.svg"))
            #expect(explorer.figures.last?.command?.contains(words) == true, "\(line): \(explorer.figures.last?.command ?? message(explorer))")
        }
    }

    @Test(arguments: [
        ("figure", "a file is needed"), ("figure rows=layers", "a file is needed"), ("figure f.svg rows=cats", "none of layers, heads"),
        ("figure f.pdf", "must end in .svg or .png"), ("figure f.svg rows=layers columns=layers", "layers twice"),
    ])
    func whatIsRefused(_ line: String, _ words: String) {
        var explorer = explorer()
        explorer.send(.run(line))
        #expect(explorer.figures.isEmpty && message(explorer).contains(words), "\(message(explorer))")
    }

    @Test func tooManyCells() {
        var explorer = explorer(pictures: 3000)
        explorer.send(.run("figure f.svg rows=pictures columns=classes"))
        #expect(explorer.figures.isEmpty && message(explorer).contains("too many for a figure"))
        // Of an open grid those that are seen.
        explorer.send(.run("grid picturesxclasses"))
        explorer.send(.run("figure f.svg"))
        #expect((2...60).contains(explorer.figures.last?.rows.count ?? 0))
        #expect(explorer.figures.last?.rows.first == "photo-0")
    }

    @Test func aFileThatIsThereIsAskedAbout() {
        var explorer = explorer()
        explorer.files = ["f.svg"]
        explorer.send(.run("figure f.svg"))
        #expect(explorer.screen.contains { $0.contains("f.svg exists. Replace it?") })
        explorer.press("n")
        #expect(message(explorer).contains("kept f.svg") && explorer.figures.count == 1)
        explorer.send(.run("figure f.svg"))
        explorer.press("y")
        #expect(explorer.figures.last?.overwrite == true && message(explorer).hasPrefix("wrote f.svg"))
    }

    // MARK: Exports of every kind of pane

    @Test func aGridIsExportedAsASheetAndAsAnArray() throws {
        var explorer = explorer("h V e o enter")
        let sheet = try #require(explorer.figures.last)
        #expect(sheet.path == "photo-0-getam-layers-heads.png" || sheet.path == "photo-0-getam-heads-layers.png")
        #expect(sheet.form == .figure(.png) && explorer.exports.isEmpty)
        explorer.send(.run("export raw grid.npy"))
        #expect(explorer.figures.last?.form == .values && explorer.figures.last?.path == "grid.npy")
        explorer.send(.run("export raw grid.png"))
        #expect(explorer.figures.count == 2 && message(explorer).contains("must end in .npy"))
        explorer.send(.run("threshold 0.5"))
        explorer.send(.run("export mask m.png"))
        #expect(explorer.figures.count == 2 && explorer.exports.isEmpty && message(explorer) == "a grid has no mask: Enter goes into a cell")
        // What is no map's is written as ever.
        explorer.send(.run("export preset p.json"))
        #expect(explorer.exports.last?.kind == .preset)
    }

    @Test func tablesAndColorsAreExported() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, methods: ScriptedExplorer.methods + [
            MethodSummary(
                identifier: "entropy", title: "attention entropy", explanation: "how wide", needsClass: false, isMethod: false, axes: [], scale: .sequential),
            MethodSummary(
                identifier: "pca", title: "principal components", explanation: "colors", needsClass: false, fusion: .last, isMethod: false, axes: [.layer], scale: .colors),
        ])
        explorer.send(.run("quantity entropy"))
        let key = try #require(explorer.state.mapKey)
        let table = QuantityTable(columns: ["head 0", "head 1", "head 2"], rows: (0..<12).map { [Float($0), 1, .nan] }, unit: "nats")
        explorer.send(.tableMade(picture: 0, key: key, table))
        explorer.press("e o enter")
        #expect(explorer.exports.last?.value == .table(table) && explorer.exports.last?.path == "photo-0-entropy.png")
        explorer.press("e r enter")
        #expect(explorer.exports.last?.kind == .raw && explorer.exports.last?.path == "photo-0-entropy.npy" && explorer.exports.last?.map == nil)
        explorer.send(.run("threshold 0.5"))
        explorer.send(.run("export mask m.png"))
        #expect(explorer.exports.count == 2 && message(explorer).hasPrefix("no mask: attention entropy"))
        explorer.send(.run("quantity pca"))
        let colors = try #require(explorer.state.mapKey)
        let record = try #require(explorer.state.record)
        let rows = record.trace.gridRows, columns = record.trace.gridColumns
        let patches = PatchColors(rows: rows, columns: columns, samples: (0..<rows * columns * 3).map { UInt8($0 % 256) })
        for layer in 0..<12 { explorer.send(.layerMapped(picture: 0, key: colors, layer: layer, .colors(patches))) }
        explorer.press("e r enter")
        #expect(explorer.exports.last?.value == .colors(patches))
        explorer.send(.run("export mask m.png"))
        #expect(explorer.exports.count == 3 && message(explorer).hasPrefix("no mask: principal components"))
    }

    @Test func aDifferenceIsExportedAsOne() throws {
        var explorer = explorer("| j D e r enter")
        let request = try #require(explorer.exports.last)
        #expect(request.less == "photo-0 · GETAM · tabby, tabby cat · layers 6–11 fused" && request.path.hasSuffix("-difference.npy"))
        let map = try #require(request.map)
        let sums = [0, 1].map { index in PatchMap.sum((6...11).map { ScriptedExplorer.map(classIndex: index, method: 0, layer: $0) }) }
        let expected = zip(sums[1]?.values ?? [], sums[0]?.values ?? []).map { $0 - $1 }
        #expect(map.values == expected && request.scale.isDiverging)
        explorer.press("e o enter")
        #expect(explorer.exports.last?.less == request.less)
    }
}
