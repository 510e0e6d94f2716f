import Labels

/// The brush of the label view: where it is, and what it would paint.
enum BrushView {
    /// The brush's disc in pixels of the picture, and with a box begun that.
    static func boxes(_ tool: PaintTool) -> [(x: ClosedRange<Int>, y: ClosedRange<Int>)] {
        let reach = Int(tool.radius), cursor = tool.cursor
        var boxes = [(cursor.x - reach...cursor.x + reach, cursor.y - reach...cursor.y + reach)]
        if let corner = tool.corner {
            boxes.append((min(corner.x, cursor.x)...max(corner.x, cursor.x), min(corner.y, cursor.y)...max(corner.y, cursor.y)))
        }
        return boxes
    }

    /// What the line below the picture says of it.
    static func facts(_ state: ExplorerState) -> [(name: String, value: String)] {
        guard let tool = state.tool else { return [] }
        return [
            ("paints", state.name(of: tool.target)), ("radius", Numbers.plain(tool.radius)), ("", tool.spreads ? "spreading" : "exact"),
            ("at", "\(tool.cursor.x),\(tool.cursor.y)"),
        ]
    }
}
