@testable import Explorer
import Testing
import TestSupport

/// What holds whatever is pressed.
@Suite struct PropertyTests {
    private static let keys: [Key] =
        Array(Set(KeyMap.bindings.flatMap(\.keys))).sorted { $0.name < $1.name }
        + "abcdefghilnorst0123456789+- .,/日".map { Key.character($0) } + [.function(5)]
    private static let sizes = [
        (40, 12), (80, 24), (120, 40), (200, 60), (41, 13), (63, 19), (64, 20), (300, 100), (40, 100), (300, 12),
    ]

    @Test(arguments: 0..<8) func anyKeysGiveAWholeScreen(_ seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        var explorer = ScriptedExplorer(
            pictures: seed == 0 ? 0 : 5, depth: seed == 1 ? 1 : seed == 2 ? 24 : 12, colorDepth: seed == 3 ? .mono : .trueColor,
            cacheLimit: seed == 4 ? 100_000 : 1 << 24)
        explorer.broken = [3]
        for step in 0..<1500 {
            let choice = Int.random(in: 0..<100, using: &random)
            switch choice {
            case 0..<3:
                let (columns, rows) = Self.sizes.randomElement(using: &random) ?? (80, 24)
                explorer.send(.resized(columns: columns, rows: rows))
            case 3:
                explorer.send(.resized(
                    columns: Int.random(in: 0..<60, using: &random), rows: Int.random(in: 0..<16, using: &random)))
            case 4..<10:
                let button: Event.MouseButton = [.left, .right, .middle, .wheelUp, .wheelDown].randomElement(using: &random) ?? .left
                explorer.send(.mouse(
                    button, column: Int.random(in: -1..<220, using: &random), row: Int.random(in: -1..<70, using: &random)))
            case 10: explorer.answers.toggle()
            default: explorer.press(Self.keys.randomElement(using: &random) ?? .escape)
            }
            let frame = view(explorer.state)
            #expect(frame.columns == explorer.state.columns && frame.rows == explorer.state.rows)
            #expect(frame.cells.count == frame.columns * frame.rows)
            guard step % 5 == 0 else { continue }
            checkWideCharacters(frame)
            checkStatus(explorer.state, frame)
        }
    }

    /// Every right half follows a wide character, and every wide character has its right half.
    private func checkWideCharacters(_ frame: Frame) {
        for row in 0..<frame.rows {
            for column in 0..<frame.columns {
                let scalar = frame[column, row].scalar
                if scalar == "\u{0}" {
                    #expect(column > 0 && DisplayText.width(of: frame[column - 1, row].scalar) == 2)
                } else {
                    #expect(scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value))
                    if DisplayText.width(of: scalar) == 2 {
                        #expect(column + 1 < frame.columns && frame[column + 1, row].scalar == "\u{0}")
                    }
                }
            }
        }
    }

    /// Layer, class, method and range of what is seen are always named.
    private func checkStatus(_ whole: ExplorerState, _ frame: Frame) {
        let state = whole.showsGrid ? whole : whole.seen(byPane: whole.panes.focus)
        guard frame.columns >= 40, frame.rows >= 12, let line = frame.lines.last else { return }
        #expect(line.hasPrefix(" " + state.layerLabel + " "), "\(line)")
        #expect(line.contains(" \(state.adjustments.method == 0 ? "getam" : "rollout") "), "\(line)")
        let name = state.selectedClass.map(state.model.className) ?? "no class"
        #expect(line.contains(" " + DisplayText.truncated(name, to: 3).dropLast()), "\(line)")
        #expect(line.contains("e-0") || line.contains("e+00") || line.contains("no map yet"), "\(line)")
    }

    @Test func undoingEverythingRestoresTheFirstScreen() {
        for seed in 0..<4 {
            var random = SplitMix(seed: UInt64(100 + seed))
            var explorer = ScriptedExplorer(columns: 120, rows: 40)
            let first = explorer.state.adjustments
            let frame = view(explorer.state)
            let keys: [Key] = "[]csvoirmabt ".map { Key.character($0) } + [.tab]
            for _ in 0..<200 { explorer.press(keys.randomElement(using: &random) ?? .tab) }
            let last = explorer.state.adjustments
            var undone = 0
            while undone < 1000, explorer.state.message?.text != "nothing to undo" {
                explorer.press("u")
                undone += 1
            }
            #expect(explorer.state.adjustments.work == first.work)
            while explorer.state.message?.text != "nothing was looked at before" { explorer.press("<") }
            #expect(explorer.state.adjustments == first)
            explorer.send(.selectThreshold(.start))
            explorer.press("esc")
            explorer.send(.resized(columns: 120, rows: 40))
            // The message line apart, which says what was done last.
            var now = view(explorer.state), before = frame
            for column in 0..<120 {
                now[column, 38] = Cell()
                before[column, 38] = Cell()
            }
            #expect(now == before)
            for _ in 0..<undone { explorer.press("U") }
            #expect(explorer.state.adjustments.work == last.work)
        }
    }

    @Test func tenThousandPicturesAreNoBurden() {
        var explorer = ScriptedExplorer(pictures: 10_000)
        explorer.press(":")
        explorer.type("image 9999")
        explorer.press("enter n n")
        #expect(explorer.state.picture == 9999)
        #expect(explorer.screen.last?.contains("10000/10000") == true)
    }

    @Test func aFrameIsDrawnInTime() {
        // A loose bound, so that a busy machine does not fail it: ten times what the screen needs is far beyond it.
        let explorer = ScriptedExplorer(columns: 200, rows: 60)
        let clock = ContinuousClock()
        let times = (0..<30).map { _ in clock.measure { _ = view(explorer.state) } }.sorted()
        #expect(times[times.count / 2] < .milliseconds(10))
    }
}
