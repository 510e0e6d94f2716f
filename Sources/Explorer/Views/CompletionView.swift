/// Above a line that is being typed: what its command takes, and what the line may become.
enum CompletionView {
    static func draw(_ state: ExplorerState, _ prompt: Prompt, _ layout: Layout, _ writer: inout FrameWriter) {
        guard prompt.kind != .find, !prompt.text.isEmpty else { return }
        let lines = prompt.completionIndex == nil ? state.completions(of: prompt) : prompt.completions
        let command = prompt.kind == .command ? Command.named(in: prompt.string) : nil
        let height = min(lines.count, 8, max(layout.rows / 3, 1)), theme = writer.theme
        let isOnlyItself = lines.count == 1 && lines[0] == prompt.string && prompt.completionIndex == nil
        let first = min(max((prompt.completionIndex ?? 0) - height + 1, 0), max(lines.count - height, 0))
        let shown = isOnlyItself ? 0 : height
        let top = layout.hintRow - shown - (command == nil ? 0 : 1)
        guard top < layout.hintRow else { return }
        writer.fill(CellRect(column: 0, row: top, columns: layout.columns, rows: layout.hintRow - top), with: theme.bar)
        if let command {
            let usage = ":" + command.name + (command.usage.isEmpty ? "" : " " + command.usage) + "  "
            let x = writer.write(usage, column: 1, row: top, look: theme.barStrong), room = max(layout.columns - x - 1, 0)
            writer.write(DisplayText.truncated(command.description, to: room), column: x, row: top, look: theme.barDim)
        }
        for place in 0..<shown {
            let index = first + place, line = lines[index], row = layout.hintRow - shown + place
            let isChosen = prompt.completionIndex == index
            if isChosen { writer.fill(CellRect(column: 0, row: row, columns: layout.columns, rows: 1), with: theme.selected) }
            // Of a command that is there the argument alone is to be chosen.
            let text = command.map { String(line.dropFirst($0.name.count + 1)) } ?? line
            let look = isChosen ? theme.selected : theme.bar
            let x = writer.write(DisplayText.truncated(text, to: layout.columns - 4), column: 2, row: row, look: look)
            if command == nil, prompt.kind == .command, let meant = Command.named(in: line + " ") {
                let start = max(x + 2, 16), room = max(layout.columns - start - 1, 0)
                let look = isChosen ? theme.selected : theme.barDim
                writer.write(DisplayText.truncated(meant.description, to: room), column: start, row: row, look: look)
            }
        }
        if lines.count > shown, shown > 0 {
            writer.writeRight(" \(lines.count - shown) more ", before: layout.columns - 1, row: layout.hintRow - 1, look: theme.barDim)
        }
    }
}
