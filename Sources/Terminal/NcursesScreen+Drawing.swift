import CNcurses
import Explorer

extension NcursesScreen {
    public var isReady: Bool { !output.isSending && pace.wait(at: Self.now()) == 0 }

    public var sending: Int32? { output.isSending ? output.descriptor : nil }

    public func send() {
        output.send()
        if !output.isSending { pace.taken(at: Self.now()) }
    }

    public func draw(_ frame: Frame) {
        start(frame)
        output.flush()
        pace.taken(at: Self.now())
    }

    public func start(_ frame: Frame) {
        guard state == .running else { return }
        let begun = Self.now()
        let (pictures, sent) = shelf.take(frame.images, coarseness: [1, 2, 2, 4][pace.thrift])
        compose(frame, pictures)
        // A picture is there before what shows it, and goes after what shows another.
        let bytes = sent + output.collect(&pen) + shelf.cleared(), now = Self.now()
        drawingTime = (now - begun) * 1000
        if !sent.isEmpty { pictureBytes = sent.count }
        guardPictures()
        guard !bytes.isEmpty else { return }
        // On a slow line the terminal would not wait for the frame's end: it shows it as it comes.
        let isWhole = synchronized && pace.thrift == 0
        if isWhole { output.append(modes.frameBegin) }
        output.append(bytes)
        if isWhole { output.append(modes.frameEnd) }
        let isAsked = pace.answers || now < inquiry.asked + KeyDecoder.awaiting
        pace.begin(bytes: bytes.count, isAsked: isAsked, at: now)
        if isAsked {
            output.append(TerminalQuestion.status)
            decoder.expect(1, at: now, within: pace.answers ? 2 + 2 * pace.expected : KeyDecoder.awaiting)
        }
        send()
    }

    /// Has ncurses write what is new.
    private func compose(_ frame: Frame, _ pictures: [UInt32]) {
        // A frame of more color pairs than there are is drawn with fewer colors.
        for bits: UInt32 in [5, 4, 3, 2] {
            palette.bits = bits
            var next = ReducedFrame(frame, columns: size.columns, rows: size.rows, palette: palette, pictures: pictures, sparesCorner: true)
            if let shown, pace.thrift > 0 { next.steady(shown, frame, palette: palette, thrift: pace.thrift) }
            if put(next) || (forgetPairs() && put(next)) {
                shown = next
                break
            }
            _ = forgetPairs()
        }
        place(frame.cursor)
        wrefresh(getam_stdscr())
    }

    /// Sends the changed cells to ncurses. False when the pairs do not suffice.
    private func put(_ next: ReducedFrame) -> Bool {
        let window = getam_stdscr()
        if run.count < next.columns { run = Array(repeating: cchar_t(), count: next.columns) }
        return next.cells.withUnsafeBufferPointer { new in
            run.withUnsafeMutableBufferPointer { buffer -> Bool in
                for row in 0..<next.rows {
                    let start = row * next.columns
                    var column = 0
                    while column < next.columns {
                        if let shown, shown.cells[start + column] == new[start + column] {
                            column += 1
                            continue
                        }
                        let first = column
                        var count = 0
                        while column < next.columns {
                            let cell = new[start + column]
                            if let shown, shown.cells[start + column] == cell { break }
                            column += 1
                            if cell.scalar == 0 { continue }
                            guard let pair = pair(of: cell) else { return false }
                            if let marks = cell.marks {
                                getam_set_marked_cell(
                                    &buffer[count], wchar_t(PixelImage.cell.scalar.value), wchar_t(marks.row), wchar_t(marks.column),
                                    wchar_t(marks.highest), pair)
                            } else {
                                getam_set_cell(&buffer[count], wchar_t(cell.scalar), Self.attributes(cell.style), pair)
                            }
                            count += 1
                        }
                        if count > 0 {
                            mvwadd_wchnstr(window, Int32(row), Int32(first), buffer.baseAddress, Int32(count))
                        }
                    }
                }
                return true
            }
        }
    }

    @inline(__always)
    private func pair(of cell: ReducedCell) -> Int32? {
        if pairs.capacity == 0 { return 0 }
        switch pairs.pair(cell.foreground, cell.background) {
        case .known(let pair): return pair
        case .new(let pair):
            init_extended_pair(pair, cell.foreground, cell.background)
            return pair
        case .full: return nil
        }
    }

    /// Frees all pairs, at the price of writing the whole screen once. Redefining single pairs would cost a scan of the
    /// screen each.
    private func forgetPairs() -> Bool {
        reset_color_pairs()
        pairs.removeAll()
        reservePairs()
        shown = nil
        // Write over what is there instead of clearing it first, which would flicker.
        clearok(getam_curscr(), false)
        redrawwin(getam_stdscr())
        return true
    }

    /// Defines the last pair, which we do not give out, so that ncurses makes room for all at once: it would double its
    /// table again and again, and sort all pairs anew each time.
    func reservePairs() {
        if depth == .trueColor { init_extended_pair(pairs.capacity + 1, 0, 0) }
    }

    private static func attributes(_ style: UInt8) -> attr_t {
        if style == 0 { return 0 }
        let style = Cell.Style(rawValue: style)
        var result: attr_t = 0
        if style.contains(.bold) { result |= getam_bold() }
        if style.contains(.dim) { result |= getam_dim() }
        if style.contains(.reverse) { result |= getam_reverse() }
        if style.contains(.underline) { result |= getam_underline() }
        return result
    }

    private func place(_ cursor: (column: Int, row: Int)?) {
        let inside = cursor.flatMap { (0..<size.columns ~= $0.column && 0..<size.rows ~= $0.row) ? $0 : nil }
        wmove(getam_stdscr(), Int32(inside?.row ?? 0), Int32(inside?.column ?? 0))
        if cursorShown != (inside != nil) {
            cursorShown = inside != nil
            curs_set(cursorShown ? 1 : 0)
        }
    }
}
