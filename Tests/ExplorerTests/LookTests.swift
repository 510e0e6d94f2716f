import Explorer
import Images
import Testing

/// Blends, palettes and what stands in for them where colors are few.
@Suite struct LookTests {
    @Test func blendsGoRound() {
        var explorer = ScriptedExplorer()
        #expect(explorer.state.adjustments.blend == .value && explorer.state.adjustments.opacity == 0.85)
        for kind in [Blend.Kind.flat, .contour, .spotlight, .value] {
            explorer.press("B")
            #expect(explorer.state.adjustments.blend == kind)
            #expect(explorer.state.message?.text.hasPrefix("blend \(kind.rawValue): ") == true)
        }
        explorer.press("u")
        #expect(explorer.state.adjustments.blend == .spotlight && explorer.state.message?.text == "undone: blend spotlight")
        explorer.send(.run("blend magic"))
        #expect(explorer.state.message?.text == "blend: “magic” is none of value, flat, contour, spotlight, next")
        explorer.press("o B")
        #expect(explorer.state.adjustments.overlayShown, "a blend shows the map")
    }

    @Test func overLabelsTheKeyIsTheFill() {
        var explorer = ScriptedExplorer()
        explorer.press("space a B")
        #expect(explorer.state.adjustments.fill == 0 && explorer.state.adjustments.blend == .value)
        explorer.press("B")
        #expect(explorer.state.adjustments.fill == 0.35)
        explorer.send(.run("fill 60%"))
        #expect(explorer.state.adjustments.fill == 0.6 && explorer.state.message?.text == "fill 60%")
        explorer.send(.run("palette voc"))
        #expect(explorer.state.adjustments.palette == .voc)
        explorer.send(.run("palette next"))
        #expect(explorer.state.adjustments.palette == .screen)
    }

    @Test func exportsKnowTheBlend() throws {
        var explorer = ScriptedExplorer()
        explorer.press("B B")
        explorer.send(.run("opacity 70%"))
        explorer.send(.run("scale symmetric"))
        explorer.send(.run("export overlay a.png"))
        let request = try #require(explorer.exports.last)
        #expect(request.blend == Blend(.contour, opacity: 0.7) && request.palette == .screen && request.fill == 0.35)
        #expect(request.scale.isDiverging && request.scale.low == -request.scale.high)
    }

    /// The background is the picture, pixel for pixel.
    @Test(arguments: [ColorDepth.trueColor, .palette256, .ansi16])
    func theBackgroundIsNotPainted(_ depth: ColorDepth) throws {
        var explorer = ScriptedExplorer(colorDepth: depth)
        explorer.press("space a B")
        let label = view(explorer.state)
        let hues = Set(label.cells.map(\.foreground.packed)).intersection([0xFF00FF, LabelPalette.screen.colors[1].packed])
        #expect(!hues.isEmpty, "the outline")
        explorer.press("v v v")
        #expect(explorer.state.adjustments.view == .picture)
        explorer.send(.run("glyphs half"))
        let picture = view(explorer.state)
        guard depth != .ansi16 else { return }
        explorer.press("a")
        let outlined = view(explorer.state)
        var equal = 0, cells = 0
        for area in outlined.pictures.prefix(1) {
            for row in area.row..<area.row + area.rows {
                for column in area.column..<area.column + area.columns {
                    cells += 1
                    if outlined[column, row] == picture[column, row] { equal += 1 }
                }
            }
        }
        // All but the outline.
        #expect(cells > 100 && equal > cells / 2, "\(equal) of \(cells)")
    }

    @Test func theLegendSaysWhyAClassIsNotThere() {
        // The last class of those marked has no number.
        var numbers: [UInt8?] = (0..<40).map { UInt8($0 + 1) }
        numbers[2] = nil
        var explorer = ScriptedExplorer(
            columns: 120, rows: 40, labels: LabelSetup(numbers: numbers, names: ScriptedExplorer.classNames))
        for index in 0..<3 { explorer.send(.toggleMarkOf(index)) }
        explorer.press("a")
        explorer.send(.run("background level 1"))
        let screen = explorer.screen.map { $0.suffix(40) }
        #expect(screen.contains { $0.contains("person") && $0.contains("no number") && $0.contains("0%") })
        #expect(screen.contains { $0.contains("tabby") && ($0.contains("below bg") || $0.contains("weaker")) && $0.contains("0%") })
        #expect(screen.contains { $0.contains("area") })
    }

    @Test func lettersTellClassesApart() {
        var explorer = ScriptedExplorer(colorDepth: .mono)
        explorer.press("space j space a")
        let screen = explorer.screen
        // tabby and golden retriever, in the legend and in the picture.
        #expect(screen.contains { $0.contains("t tabby") } && screen.contains { $0.contains("g golden") })
        #expect(screen.contains { $0.contains("tttt") } || screen.contains { $0.contains("gggg") })
    }
}

extension RGBColor {
    fileprivate var packed: UInt32 { UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue) }
}
