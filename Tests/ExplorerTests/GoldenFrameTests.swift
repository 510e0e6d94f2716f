@testable import Explorer
import Labels
import Testing

/// Whole screens against text files in `Tests/Fixtures/frames`. `GETAM_UPDATE_FRAMES=1` writes them anew: look at the
/// difference before it is committed.
@Suite struct GoldenFrameTests {
    struct Scene: Sendable, CustomStringConvertible {
        let description: String
        let columns: Int
        let rows: Int
        var keys = ""
        var depth = ColorDepth.trueColor
        var truth = false
        /// Compares colors too.
        var looks = false
    }

    static let scenes = [
        Scene(description: "40x12", columns: 40, rows: 12, looks: true),
        Scene(description: "80x24", columns: 80, rows: 24),
        Scene(description: "120x40", columns: 120, rows: 40),
        Scene(description: "200x60", columns: 200, rows: 60),
        Scene(description: "80x24-layer", columns: 80, rows: 24, keys: "h h j space tab ] ] ] ]", looks: true),
        Scene(description: "80x24-split-probe", columns: 80, rows: 24, keys: "s x right"),
        Scene(description: "80x24-find", columns: 80, rows: 24, keys: "/ c a t"),
        Scene(description: "80x24-find-kept", columns: 80, rows: 24, keys: "/ c a t enter j"),
        Scene(description: "80x24-export", columns: 80, rows: 24, keys: "h tab ] e m"),
        Scene(description: "80x24-help", columns: 80, rows: 24, keys: "?"),
        Scene(description: "40x12-help-end", columns: 40, rows: 12, keys: "? end"),
        Scene(description: "80x24-mono", columns: 80, rows: 24, keys: "h", depth: .mono),
        Scene(description: "80x24-mono-map", columns: 80, rows: 24, keys: "v h r", depth: .mono),
        Scene(description: "120x40-zoomed", columns: 120, rows: 40, keys: "+ + L s i"),
        Scene(description: "80x24-label", columns: 80, rows: 24, keys: "space j space a ]", looks: true),
        Scene(description: "200x60-label", columns: 200, rows: 60, keys: "space j space a t g", truth: true),
        Scene(description: "80x24-refined", columns: 80, rows: 24, keys: "a a g"),
        Scene(description: "200x60-refined", columns: 200, rows: 60, keys: "space j space a a g"),
        Scene(description: "80x24-saliency", columns: 80, rows: 24, keys: "a a a t t ]", looks: true),
        Scene(description: "200x60-saliency", columns: 200, rows: 60, keys: "a a a t g"),
        Scene(description: "40x12-label", columns: 40, rows: 12, keys: "a b b b b b"),
        Scene(description: "80x24-mono-label", columns: 80, rows: 24, keys: "space j space a b b b b b", depth: .mono),
        Scene(description: "80x24-histogram", columns: 80, rows: 24, keys: "tab ] ] ] ] g"),
        Scene(description: "80x24-flat", columns: 80, rows: 24, keys: "B", looks: true),
        Scene(description: "80x24-contour", columns: 80, rows: 24, keys: "B B", looks: true),
        Scene(description: "80x24-spotlight-cut", columns: 80, rows: 24, keys: "B B B tab ] ] ] ]", looks: true),
        Scene(description: "80x24-symmetric-map", columns: 80, rows: 24, keys: "v r r tab ] ]", looks: true),
        Scene(description: "80x24-label-outline", columns: 80, rows: 24, keys: "space j space a B : p a l e t t e space v o c enter", looks: true),
        Scene(description: "80x24-label-truth", columns: 80, rows: 24, keys: "space j space a", truth: true),
        Scene(description: "80x24-paint", columns: 80, rows: 24, keys: "space j space a E right right space b down down b u", looks: true),
        Scene(description: "120x40-paint", columns: 120, rows: 40, keys: "space j space a E ] ] right space 0 left left f : t a r g e t space o x enter", looks: true),
        Scene(description: "80x24-mono-paint", columns: 80, rows: 24, keys: "space j space a E up space", depth: .mono),
        Scene(description: "80x24-errors", columns: 80, rows: 24, keys: "space j space a T T", truth: true, looks: true),
        Scene(description: "80x24-16-errors", columns: 80, rows: 24, keys: "space j space T T", depth: .ansi16, truth: true, looks: true),
        Scene(description: "200x60-truth", columns: 200, rows: 60, keys: "space j space T", truth: true),
        Scene(description: "120x40-regions", columns: 120, rows: 40, keys: "space j space a E c"),
        Scene(description: "80x24-sextants", columns: 80, rows: 24, keys: ": g l y p h s space s e x t a n t enter"),
        Scene(description: "80x24-16", columns: 80, rows: 24, depth: .ansi16, looks: true),
        Scene(description: "80x24-16-contour", columns: 80, rows: 24, keys: "B B tab ] ] ]", depth: .ansi16, looks: true),
        Scene(description: "80x24-16-label", columns: 80, rows: 24, keys: "space j space a", depth: .ansi16, looks: true),
        Scene(description: "80x24-mono-spotlight", columns: 80, rows: 24, keys: "B B B", depth: .mono),
        Scene(description: "80x24-mono-cut", columns: 80, rows: 24, keys: "tab ] ] ] ]", depth: .mono),
        Scene(description: "80x24-mono-symmetric", columns: 80, rows: 24, keys: "v r r", depth: .mono),
        Scene(description: "80x24-panes", columns: 80, rows: 24, keys: "| j"),
        Scene(description: "120x40-panes", columns: 120, rows: 40, keys: "| j | h", looks: true),
        Scene(description: "200x60-panes", columns: 200, rows: 60, keys: "| j | j D | m v"),
        Scene(description: "80x24-grid", columns: 80, rows: 24, keys: "V"),
        Scene(description: "120x40-grid", columns: 120, rows: 40, keys: "V V right down", looks: true),
        Scene(description: "200x60-grid", columns: 200, rows: 60, keys: "V up right"),
        Scene(description: "80x24-lock", columns: 80, rows: 24, keys: "| ;"),
        Scene(description: "39x12-too-small", columns: 39, rows: 12),
        Scene(description: "30x8-too-small", columns: 30, rows: 8),
    ] + comparisons

    /// Panes, a difference among them, and grids with a cell chosen, at three sizes and three color depths beside full color.
    private static let comparisons: [Scene] = [(80, 24), (120, 40), (200, 60)].flatMap { columns, rows in
        [("256", ColorDepth.palette256), ("16", .ansi16), ("mono", .mono)].flatMap { name, depth in
            [("panes", "| j D | l"), ("grid", "V down right")].map { kind, keys in
                Scene(
                    description: "\(columns)x\(rows)-\(name)-\(kind)", columns: columns, rows: rows, keys: keys, depth: depth,
                    looks: depth != .mono)
            }
        }
    }

    @Test(arguments: scenes) func looksAsItDid(_ scene: Scene) throws {
        var explorer = ScriptedExplorer(
            columns: scene.columns, rows: scene.rows, colorDepth: scene.depth,
            labels: scene.truth
                ? LabelSetup(numbers: (0..<40).map { UInt8($0 + 1) }, names: ScriptedExplorer.classNames, hasTruth: true) : nil)
        explorer.press(scene.keys)
        try compare(view(explorer.state), scene)
    }

    @Test func showsWorkUnderWay() throws {
        var explorer = ScriptedExplorer(started: false)
        explorer.answers = false
        explorer.send(.start)
        explorer.send(.progress(generation: 1, stage: "forward pass", done: 4, total: 12))
        try compare(view(explorer.state), Scene(description: "80x24-reading", columns: 80, rows: 24))
        explorer.send(.traced(picture: 0, generation: 1, ScriptedExplorer.trace(0)))
        for layer in [11, 10, 9] {
            explorer.send(.layerMapped(
                picture: 0, key: MapKey(classIndex: 0, method: 0), layer: layer,
                .map(ScriptedExplorer.map(classIndex: 0, method: 0, layer: layer))))
        }
        explorer.send(.progress(generation: 2, stage: "maps", done: 3, total: 12))
        try compare(view(explorer.state), Scene(description: "80x24-mapping", columns: 80, rows: 24))
    }

    @Test func showsABrokenPicture() throws {
        var explorer = ScriptedExplorer(started: false)
        explorer.broken = [0]
        explorer.send(.start)
        try compare(view(explorer.state), Scene(description: "80x24-broken", columns: 80, rows: 24))
    }

    /// A review of five pictures, two of them with labels in the folder.
    private static let reviews = [
        Scene(description: "review-80x24", columns: 80, rows: 24, keys: "A"),
        Scene(description: "review-120x40-note", columns: 120, rows: 40, keys: "X N d a r k enter p", looks: true),
        Scene(description: "review-200x60", columns: 200, rows: 60, keys: "A A"),
        Scene(description: "sheet-80x24", columns: 80, rows: 24, keys: "P right"),
        Scene(description: "sheet-120x40", columns: 120, rows: 40, keys: "A P space space", looks: true),
        Scene(description: "sheet-200x60", columns: 200, rows: 60, keys: "P X A"),
        Scene(description: "sheet-80x24-list", columns: 80, rows: 24, keys: "A P v s s s down"),
        Scene(description: "sheet-120x40-list", columns: 120, rows: 40, keys: "N p a w enter P v / ! a c c e p t e d enter"),
        Scene(description: "sheet-80x24-mono", columns: 80, rows: 24, keys: "P A", depth: .mono),
        Scene(description: "sheet-80x24-16", columns: 80, rows: 24, keys: "P A", depth: .ansi16, looks: true),
        Scene(description: "sheet-40x12", columns: 40, rows: 12, keys: "P"),
    ]

    @Test(arguments: reviews) func reviewsLookAsTheyDid(_ scene: Scene) throws {
        var explorer = ScriptedExplorer(
            columns: scene.columns, rows: scene.rows, pictures: 5, colorDepth: scene.depth,
            review: ReviewStart(folder: "labels", names: (0..<5).map { "photo-\($0)" }, log: ReviewLog(), filed: [0, 1]))
        for picture in 0..<4 { explorer.send(.surveyed(ScriptedExplorer.surveyed(picture, doubt: Double(picture * 7 % 5) / 10))) }
        explorer.press(scene.keys)
        try compare(view(explorer.state), scene)
    }

    private func compare(_ frame: Frame, _ scene: Scene) throws {
        try GoldenFrame.compare(frame, scene.description, looks: scene.looks)
    }
}
