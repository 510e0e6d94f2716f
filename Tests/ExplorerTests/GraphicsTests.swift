import Explorer
import Testing

/// Pictures in pixels: when, where, of which size, and what lies over them.
@Suite struct GraphicsTests {
    private static let named = GraphicsSupport.proven("kitty(0.35.2)")

    private func explorer(
        _ choice: GraphicsChoice = .auto, _ support: GraphicsSupport = named, columns: Int = 120, rows: Int = 40, cell: CellSize? = nil,
        depth: ColorDepth = .trueColor
    ) -> ScriptedExplorer {
        var explorer = ScriptedExplorer(columns: columns, rows: rows, colorDepth: depth)
        explorer.state.context.graphics = GraphicsSetting(choice, support: support)
        explorer.send(.resized(columns: columns, rows: rows, cell: cell))
        return explorer
    }

    /// What is asked for goes before what the terminal answers, but what cannot be is not.
    @Test func whatIsAskedForGoesFirst() {
        let supports: [(GraphicsSupport, auto: Bool, kitty: Bool)] = [
            (.notAsked, false, true), (.asked, false, true), (Self.named, true, true), (.unproven("no answer"), false, true),
            (.tmux, false, true), (.impossible("16 colors"), false, false),
        ]
        for (support, auto, kitty) in supports {
            for (choice, wanted) in [(GraphicsChoice.auto, auto), (.kitty, kitty), (.off, false)] {
                #expect(GraphicsSetting(choice, support: support).isOn == wanted, "\(choice) \(support)")
                #expect(view(explorer(choice, support).state).images.isEmpty != wanted)
                // Typed, it is the same.
                var typed = explorer(.auto, support)
                typed.send(.run("graphics \(choice.rawValue)"))
                #expect(view(typed.state).images.isEmpty != wanted)
                #expect(typed.state.message?.text.hasPrefix("graphics: \(wanted ? "kitty" : "off")") == true, "\(typed.state.message?.text ?? "")")
                #expect(typed.effects.contains(.dropPictures) == !wanted)
                #expect(typed.effects.contains(.askGraphics) == (choice == .auto && support == .notAsked))
            }
        }
        var tmux = explorer(.auto, .tmux)
        tmux.send(.run("graphics kitty"))
        #expect(tmux.state.message?.text.contains("allow-passthrough on") == true)
        tmux.send(.run("graphics sixel"))
        #expect(tmux.state.message?.text.contains("sixel") == true && !view(tmux.state).images.isEmpty)
    }

    /// The first frame waits for nothing; the answer changes it, and says nothing.
    @Test func theAnswerChangesWhatIsDrawn() {
        var explorer = explorer(.auto, .asked)
        let before = view(explorer.state)
        #expect(before.images.isEmpty && before.cells.contains { $0.scalar == "▀" })
        explorer.press("k")
        let message = explorer.state.message
        explorer.send(.graphics(Self.named))
        #expect(!view(explorer.state).images.isEmpty && explorer.state.message == message)
        explorer.send(.graphics(.unproven("the line is slow")))
        #expect(view(explorer.state).images.isEmpty)
        explorer.send(.graphics(.asked))
        explorer.press("j")
        explorer.send(.run("graphics off"))
        explorer.send(.examined([]))
        #expect(explorer.screen.contains { $0.contains("graphics") && $0.contains("off, as :graphics asks") })
    }

    /// The placeholders are the picture's cells, and no more pixels than are allowed and than the terminal has.
    @Test(arguments: [(80, 24), (120, 40), (200, 60), (300, 100)])
    func picturesFillTheirCells(columns: Int, rows: Int) throws {
        for cell in [nil, CellSize(width: 9, height: 20), CellSize(width: 4, height: 6)] {
            for keys in ["", "v", "v v", "a", "s", "+ + + L", "|", "| | |"] {
                var explorer = explorer(columns: columns, rows: rows, cell: cell)
                explorer.press(keys)
                let frame = view(explorer.state)
                var plain = explorer
                plain.state.context.graphics = GraphicsSetting(.off)
                let text = view(plain.state)
                #expect(!frame.images.isEmpty && text.images.isEmpty, "\(keys)")
                var left = Set<Int>()
                for image in frame.images {
                    let rect = image.rect, size = cell ?? .usual
                    #expect(image.width <= rect.columns * size.width && image.height <= rect.rows * size.height)
                    // The shape of its cells, to a pixel.
                    let wanted = Double(rect.columns * size.width) / Double(rect.rows * size.height)
                    #expect(abs(Double(image.width) - wanted * Double(image.height)) <= 1 + wanted / 2, "\(image.width)×\(image.height)")
                    let there = image.pixels.count / image.width
                    #expect(image.pixels.count == image.width * there && there <= image.height && there * 2 * rect.rows >= image.height * (2 * rect.rows - 1) - 2 * rect.rows)
                    for row in rect.row..<rect.row + rect.rows {
                        for column in rect.column..<rect.column + rect.columns { left.insert(row * columns + column) }
                    }
                }
                #expect(frame.images.reduce(0) { $0 + $1.pixels.count } <= 165_000, "\(keys)")
                for at in frame.cells.indices {
                    // Around the pictures everything is as without them.
                    if frame.cells[at] == PixelImage.cell { #expect(left.contains(at)) } else { #expect(frame.cells[at] == text.cells[at]) }
                }
            }
        }
    }

    /// What lies over a picture takes its cells, and nothing else changes.
    @Test func whatLiesOverAPicture() throws {
        func placeholders(_ frame: Frame) -> Int { frame.cells.count { $0 == PixelImage.cell } }
        // The histogram lies over the picture where the list leaves it no room.
        for (keys, back, rows) in [("g", "g", 24), ("?", "esc", 60)] {
            var explorer = explorer(rows: rows)
            let before = view(explorer.state)
            let rect = try #require(before.images.first).rect
            #expect(placeholders(before) == rect.columns * rect.rows)
            explorer.press(keys)
            let frame = view(explorer.state)
            #expect(frame.images == before.images && placeholders(frame) < placeholders(before) && placeholders(frame) > 0)
            explorer.press(back)
            #expect(view(explorer.state).images == before.images)
        }
    }

    /// The probe is drawn into the pixels, around its patch; zooming and panning show another part.
    @Test func whatIsDrawnIntoThePixels() throws {
        var explorer = explorer(cell: CellSize(width: 10, height: 20))
        explorer.press("v v")
        let before = try #require(view(explorer.state).images.first)
        explorer.press("right")
        let after = try #require(view(explorer.state).images.first)
        let patch = try #require(explorer.state.probe)
        let changed = before.pixels.indices.filter { before.pixels[$0] != after.pixels[$0] }
        #expect(!changed.isEmpty && changed.allSatisfy { after.pixels[$0] == 0xFFFFFF })
        let width = Double(after.width) / 8, height = Double(after.pixels.count / after.width) / 6
        for at in changed {
            let x = Double(at % after.width) + 0.5 - Double(patch.column) * width, y = Double(at / after.width) + 0.5 - Double(patch.row) * height
            let out = max(-x, x - width, -y, y - height)
            #expect(out > -1 && out < 6, "\(x) \(y)")
        }
        explorer.press("esc + + +")
        let zoomed = try #require(view(explorer.state).images.first)
        explorer.press("L")
        #expect(try #require(view(explorer.state).images.first) != zoomed && zoomed.pixels != before.pixels)
    }

    /// The pixels are the picture's: of one drawn alone each is near that of the same place.
    @Test func thePixelsAreThePicture() throws {
        var explorer = explorer(cell: CellSize(width: 10, height: 20))
        explorer.press("v v")
        let image = try #require(view(explorer.state).images.first), there = image.pixels.count / image.width
        let source = ScriptedExplorer.trace(0).picture.levels[0]
        var off = 0
        for y in 0..<there {
            for x in 0..<image.width {
                let at = (y * source.height / there * source.width + x * source.width / image.width) * 3
                let pixel = image.pixels[y * image.width + x]
                for channel in 0..<3 where abs(Int(pixel >> UInt32(16 - 8 * channel) & 255) - Int(source.samples[at + channel])) > 8 { off += 1 }
            }
        }
        // Along edges neighbors mix.
        #expect(off < image.pixels.count / 20, "\(off) of \(image.pixels.count)")
    }

    /// Grids and the filmstrip are made of characters, and so is everything where there are too few colors or too many columns.
    @Test func whereThereAreNone() {
        var grid = explorer()
        grid.send(.openGrid(.layers, .classes))
        #expect(view(grid.state).images.isEmpty && !view(grid.state).cells.contains(PixelImage.cell))
        for depth in [ColorDepth.ansi16, .mono] { #expect(view(explorer(.kitty, depth: depth).state).images.isEmpty) }
        #expect(!view(explorer(.kitty, depth: .palette256).state).images.isEmpty)
        let wide = view(explorer(.kitty, columns: 800, rows: 300).state)
        #expect(wide.images.isEmpty && wide.cells.contains { $0.scalar == "▀" })
        var broken = explorer(columns: 30, rows: 8)
        broken.press("j")
        #expect(view(broken.state).images.isEmpty)
    }
}
