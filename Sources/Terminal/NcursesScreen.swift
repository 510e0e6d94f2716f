import CNcurses
import CTerminal
import Explorer
import Glibc

/// What a screen must be told from outside.
public struct TerminalSettings: Sendable {
    /// The process's environment: `TERM`, `NO_COLOR`, `STY`, `TMUX`, `COLORTERM`, `TERMINFO_DIRS` are looked at.
    public var environment: [String: String]
    /// The depth the user asked for.
    public var depth: ColorDepth?
    /// The folder of our compiled terminal descriptions.
    public var descriptions: String?
    public var input: Int32
    public var output: Int32

    public init(
        environment: [String: String], depth: ColorDepth? = nil, descriptions: String? = nil,
        input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO
    ) {
        self.environment = environment
        self.depth = depth
        self.descriptions = descriptions
        self.input = input
        self.output = output
    }
}

/// The screen through ncurses, at every depth. One at a time, on the thread that runs the loop.
public final class NcursesScreen: Screen {
    public private(set) var size: (columns: Int, rows: Int)
    public let depth: ColorDepth
    public let descriptors: (input: Int32, output: Int32, signals: Int32)

    private enum State { case running, suspended, restored }

    private let screen: OpaquePointer
    private let streams: (input: UnsafeMutablePointer<FILE>, output: UnsafeMutablePointer<FILE>)
    /// Keys are read through a pad: reading one never redraws.
    private let keyboard: UnsafeMutablePointer<WINDOW>
    private let modes: TerminalModes
    private var palette: Palette
    private var pairs: PairTable
    private var decoder = KeyDecoder()
    private var state = State.running
    private var mouse = false
    private var cursorShown = false
    /// What ncurses holds; nil when that is to be forgotten.
    private var shown: ReducedFrame?
    private var run: [cchar_t] = []

    /// Takes the terminal over. From here on signals go to ``descriptors``, a crash restores the terminal, and what is
    /// written to standard error waits for ``restore()``.
    ///
    /// - Throws: ``TerminalError`` with the terminal untouched.
    public init(_ settings: TerminalSettings) throws(TerminalError) {
        guard isatty(settings.input) == 1 else { throw .notATerminal("standard input") }
        guard isatty(settings.output) == 1 else { throw .notATerminal("standard output") }
        // ncurses writes what the character type locale allows; cells are Unicode.
        if setlocale(LC_CTYPE, "C.UTF-8") == nil { setlocale(LC_CTYPE, "") }

        let entry = try TerminalEntry.find(settings)
        let signals = terminal_signals_start()
        guard signals >= 0 else { throw .noPipe(code: errno) }
        guard terminal_guard_arm(settings.output) == 0,
            let input = Self.stream(settings.input, "r"), let output = Self.stream(settings.output, "w")
        else {
            terminal_guard_disarm()
            terminal_signals_stop()
            throw .notATerminal("standard output")
        }
        let modes = TerminalModes()
        modes.restoring.withUnsafeBufferPointer {
            $0.withMemoryRebound(to: CChar.self) { terminal_guard_restore_with($0.baseAddress, $0.count) }
        }
        guard let screen = newterm(entry.name, output, input), let keyboard = newpad(1, 1) else {
            terminal_guard_disarm()
            terminal_signals_stop()
            throw .unknownTerminal(entry.name)
        }
        terminal_errors_hold()

        (self.screen, self.keyboard, self.modes, streams) = (screen, keyboard, modes, (input, output))
        descriptors = (settings.input, settings.output, signals)
        depth = entry.depth
        size = (Int(getmaxx(getam_stdscr())), Int(getmaxy(getam_stdscr())))
        palette = Palette(depth: entry.depth)
        pairs = PairTable(capacity: 0)

        cbreak()
        noecho()
        nonl()
        takeFlowControl()
        typeahead(-1)  // or a key typed meanwhile would stop a frame half drawn
        set_escdelay(25)
        nodelay(keyboard, true)
        keypad(keyboard, true)
        idcok(getam_stdscr(), false)
        define_key("\u{1B}[200~", KeyDecoder.pasteBegin)
        define_key("\u{1B}[201~", KeyDecoder.pasteEnd)
        define_key("\u{1B}[<", KeyDecoder.mouseDecimal)
        define_key("\u{1B}[M", KeyDecoder.mouseBytes)
        if depth != .mono, start_color() == OK, use_default_colors() == OK {
            pairs = PairTable(capacity: Int(getam_color_pairs()) - 2)
            palette = Palette(depth: depth, count: Int(getam_colors()))
            reservePairs()
        }
        curs_set(0)
        write(modes.pasteOn)
        _ = resized()
    }

    deinit { restore() }

    public func resized() -> Event {
        var columns: Int32 = 0, rows: Int32 = 0
        if terminal_size(descriptors.output, &columns, &rows) == 0 {
            // Not resizeterm(), which queues a key of its own.
            if is_term_resized(rows, columns) { resize_term(rows, columns) }
        }
        size = (max(Int(getmaxx(getam_stdscr())), 1), max(Int(getmaxy(getam_stdscr())), 1))
        forget()
        return .resize(columns: size.columns, rows: size.rows)
    }

    public func setMouse(_ on: Bool) {
        mouse = on
        if state == .running { write(on ? modes.mouseOn : modes.mouseOff) }
    }

    public func nextEvents() -> [Event] {
        guard state == .running else { return [] }
        while true {
            let code = wgetch(keyboard)
            if code == ERR { break }
            decoder.take(code, at: Self.now())
        }
        return decoder.finish(at: Self.now())
    }

    public var patience: Int32? {
        // Rounded up, or the loop would turn in vain.
        decoder.patience(at: Self.now()).map { Int32(($0 * 1000).rounded(.up)) + 1 }
    }

    /// Seconds of a clock that never steps.
    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    public func suspend() {
        guard state == .running else { return }
        state = .suspended
        leave()
    }

    public func resume() {
        guard state == .suspended else { return }
        state = .running
        terminal_guard_rearm()
        terminal_errors_hold()
        reset_prog_mode()
        takeFlowControl()
        forget()
        wrefresh(getam_curscr())  // switches back to our own screen
        curs_set(cursorShown ? 1 : 0)
        write(modes.pasteOn)
        if mouse { write(modes.mouseOn) }
    }

    public func restore() {
        if state == .restored { return }
        if state == .running { leave() }
        state = .restored
        terminal_signals_stop()
        delwin(keyboard)
        delscreen(screen)
        fclose(streams.input)
        fclose(streams.output)
    }

    private func leave() {
        if mouse { write(modes.mouseOff) }
        write(modes.pasteOff)
        curs_set(1)
        endwin()
        terminal_guard_restore_modes()
        terminal_guard_disarm()
        terminal_errors_release()
    }

    /// Ctrl-S must not stop the screen, nor Ctrl-V swallow a key; Ctrl-C is a key, so that it can be answered by a question.
    private func takeFlowControl() {
        var modes = termios()
        guard tcgetattr(descriptors.output, &modes) == 0 else { return }
        modes.c_iflag &= ~tcflag_t(IXON)
        modes.c_lflag &= ~tcflag_t(IEXTEN)
        withUnsafeMutableBytes(of: &modes.c_cc) { $0[Int(VINTR)] = 0 }
        tcsetattr(descriptors.output, TCSADRAIN, &modes)
        def_prog_mode()
    }

    private func forget() {
        shown = nil
        werase(getam_stdscr())
        clearok(getam_curscr(), true)
    }

    private func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptors.output, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func stream(_ descriptor: Int32, _ mode: String) -> UnsafeMutablePointer<FILE>? {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        if copy < 0 { return nil }
        if let stream = fdopen(copy, mode) { return stream }
        close(copy)
        return nil
    }
}

// MARK: - Drawing

extension NcursesScreen {
    public func draw(_ frame: Frame) {
        guard state == .running else { return }
        // A frame of more color pairs than there are is drawn with fewer colors.
        for bits: UInt32 in [5, 4, 3, 2] {
            palette.bits = bits
            let next = ReducedFrame(frame, columns: size.columns, rows: size.rows, palette: palette, sparesCorner: true)
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
                            getam_set_cell(&buffer[count], wchar_t(cell.scalar), Self.attributes(cell.style), pair)
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
    private func reservePairs() {
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
