import Explorer

extension Frame {
    /// The frame as lines of text, each ended by a line feed, colors and styles as SGR sequences; plain characters at
    /// ``ColorDepth/mono``.
    ///
    /// - Parameters:
    ///   - depth: 24-bit colors are written in full.
    ///   - trimmed: leaves out blanks at line ends, and blank lines at the end.
    public func text(depth: ColorDepth, trimmed: Bool = true) -> String {
        let reduced = ReducedFrame(
            self, columns: columns, rows: rows, palette: Palette(depth: depth, count: 16, bits: 8))
        var lines: [String] = []
        for row in 0..<rows {
            var cells = reduced.cells[row * columns..<(row + 1) * columns]
            if trimmed {
                while let last = cells.last, last == .blank || (depth == .mono && last.scalar == 0x20) {
                    cells.removeLast()
                }
            }
            lines.append(Self.line(cells, depth: depth))
        }
        if trimmed { while lines.last?.isEmpty == true { lines.removeLast() } }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func line(_ cells: ArraySlice<ReducedCell>, depth: ColorDepth) -> String {
        var text = ""
        var pen = ReducedCell.blank
        for cell in cells where cell.scalar != 0 {
            if depth != .mono { text += SGRWriter.change(from: pen, to: cell, depth: depth) }
            pen = cell
            text.unicodeScalars.append(Unicode.Scalar(cell.scalar) ?? "?")
        }
        if depth != .mono { text += SGRWriter.change(from: pen, to: .blank, depth: depth) }
        return text
    }
}

/// Select Graphic Rendition (ECMA-48 §8.3.117), with the color forms of xterm.
enum SGRWriter {
    /// What must be written between two cells; empty when nothing changes.
    static func change(from old: ReducedCell, to new: ReducedCell, depth: ColorDepth) -> String {
        if old.foreground == new.foreground, old.background == new.background, old.style == new.style { return "" }
        var parts: [String] = []
        var (foreground, background) = (old.foreground, old.background)
        if old.style != new.style {
            // Bold and dim end by the same number: start afresh.
            parts.append("0")
            (foreground, background) = (-1, -1)
            let style = Cell.Style(rawValue: new.style)
            if style.contains(.bold) { parts.append("1") }
            if style.contains(.dim) { parts.append("2") }
            if style.contains(.underline) { parts.append("4") }
            if style.contains(.reverse) { parts.append("7") }
        }
        if foreground != new.foreground { parts.append(color(new.foreground, base: 30, depth: depth)) }
        if background != new.background { parts.append(color(new.background, base: 40, depth: depth)) }
        return "\u{1B}[\(parts.joined(separator: ";"))m"
    }

    private static func color(_ value: Int32, base: Int, depth: ColorDepth) -> String {
        if value < 0 { return "\(base + 9)" }
        switch depth {
        case .trueColor: return "\(base + 8);2;\(value >> 16 & 0xFF);\(value >> 8 & 0xFF);\(value & 0xFF)"
        case .palette256: return "\(base + 8);5;\(value)"
        case .ansi16, .mono: return value < 8 ? "\(base + Int(value))" : "\(base + 52 + Int(value))"
        }
    }
}
