import Explorer
import Testing

@Suite struct MouseTests {
    /// The position of a text on the screen.
    private func find(_ text: String, in explorer: ScriptedExplorer) -> (column: Int, row: Int)? {
        for (row, line) in explorer.screen.enumerated() {
            if let range = line.firstRange(of: text) {
                return (DisplayText.width(of: String(line[..<range.lowerBound])), row)
            }
        }
        return nil
    }

    @Test func clicksChooseWhatTheyPointAt() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        let row = try #require(find("golden", in: explorer))
        explorer.send(.mouse(.left, column: row.column, row: row.row))
        #expect(explorer.state.selectedClass == 1)
        explorer.send(.mouse(.right, column: row.column, row: row.row + 1))
        #expect(explorer.state.adjustments.marks == [0: [2]])
        // The filmstrip's numbers stand in row 37, the thumbnails above.
        let numbers = explorer.screen[37]
        for (label, choice) in [("10", LayerChoice.layer(10)), ("0", .layer(0)), ("fused", .fused)] {
            let range = try #require(numbers.firstRange(of: label))
            let column = numbers.distance(from: numbers.startIndex, to: range.lowerBound)
            explorer.send(.mouse(.left, column: column, row: 36))
            #expect(explorer.state.layer == choice)
        }
        let picture = try #require(find("▀", in: explorer))
        explorer.send(.mouse(.left, column: picture.column, row: picture.row))
        #expect(explorer.state.probe == PatchPosition(column: 0, row: 0))
        explorer.send(.drag(column: picture.column + 30, row: picture.row))
        #expect((explorer.state.probe?.column ?? 0) > 0)
        explorer.send(.mouse(.right, column: picture.column, row: picture.row))
        #expect(explorer.state.probe == nil)
    }

    @Test func theWheelZoomsAndScrolls() throws {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        let picture = try #require(find("▀", in: explorer))
        explorer.send(.mouse(.wheelUp, column: picture.column, row: picture.row))
        #expect(explorer.state.viewport.zoom > 1)
        // What is under the pointer stays there: the top left corner.
        #expect(explorer.state.viewport.centerX < 0.5)
        #expect(explorer.state.viewport.centerY < 0.5)
        let selected = explorer.state.selectedClass
        let row = try #require(find("golden", in: explorer))
        explorer.send(.mouse(.wheelDown, column: row.column, row: row.row))
        #expect(find("golden", in: explorer) == nil)
        #expect(explorer.state.selectedClass == selected)
        for _ in 0..<100 { explorer.send(.mouse(.wheelDown, column: row.column, row: row.row)) }
        #expect(find("class number 39", in: explorer) != nil)
    }

    @Test func canBeTurnedOff() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.press("M")
        #expect(explorer.effects.last == .setMouse(false))
        let before = explorer.state.probe
        explorer.send(.mouse(.left, column: 30, row: 10))
        #expect(explorer.state.probe == before)
    }
}
