import CNcurses
import CTerminal
import Explorer
import Glibc

/// The screen through ncurses, at every depth. One at a time, on the thread that runs the loop.
public final class NcursesScreen: Screen {
    public private(set) var size: (columns: Int, rows: Int)
    public private(set) var cell: CellSize?
    public let depth: ColorDepth
    public let descriptors: (input: Int32, signals: Int32)

    enum State { case running, suspended, restored }

    private let screen: OpaquePointer
    private let streams: (input: UnsafeMutablePointer<FILE>, output: UnsafeMutablePointer<FILE>)
    /// Keys are read through a pad: reading one never redraws.
    private let keyboard: UnsafeMutablePointer<WINDOW>
    private let terminal: Int32
    let traits: TerminalTraits
    let entryName: String
    /// Why it is drawn at this depth.
    let depthReason: String
    let modes: TerminalModes
    let output: FrameOutput
    /// The terminal's modes while we have it.
    private var ownModes: termios
    var palette: Palette
    var pairs: PairTable
    var decoder = KeyDecoder()
    private(set) var state = State.running
    private(set) var mouse = false
    private var title: String?
    var cursorShown = false
    /// What ncurses holds; nil when that is to be forgotten.
    var shown: ReducedFrame?
    var run: [cchar_t] = []
    private(set) var synchronized: Bool
    var pace = LinkPace()
    var pen = PenSaver()
    /// What the terminal was asked when it was taken, and what came of it.
    private(set) var inquiry: Inquiry
    let clipboard: Clipboard
    /// Milliseconds that making the last frame's bytes took.
    var drawingTime = 0.0
    /// Pictures in pixels that the terminal holds, and what the last that were sent took.
    var shelf: PictureShelf
    var pictureBytes = 0
    /// What is written where the program ends without its loop.
    var guarded: [UInt8] = []
    /// What was told last of the terminal's pixels.
    private var toldGraphics: GraphicsSupport

    /// Takes the terminal over. From here on signals go to ``descriptors``, a crash restores the terminal, and what is
    /// written to standard error waits for ``restore()``.
    ///
    /// - Throws: ``TerminalError`` with the terminal untouched.
    public init(_ settings: TerminalSettings) throws(TerminalError) {
        guard isatty(settings.input) == 1 else { throw .notATerminal("standard input") }
        guard isatty(settings.output) == 1 else { throw .notATerminal("standard output") }
        // ncurses writes what the character type locale allows; cells are Unicode.
        if setlocale(LC_CTYPE, "C.UTF-8") == nil { setlocale(LC_CTYPE, "") }

        let (entry, why) = try TerminalEntry.find(settings)
        let signals = terminal_signals_start()
        guard signals >= 0 else { throw .noPipe(code: errno) }
        guard terminal_guard_arm(settings.output) == 0,
            let input = Self.stream(settings.input, "r"), let output = Self.stream(settings.output, "w")
        else {
            terminal_guard_disarm()
            terminal_signals_stop()
            throw .notATerminal("standard output")
        }
        let traits = TerminalTraits(environment: settings.environment)
        let modes = TerminalModes(traits)
        modes.guardTerminal(with: modes.restoring)
        guard let screen = newterm(entry.name, output, input), let keyboard = newpad(1, 1) else {
            terminal_guard_disarm()
            terminal_signals_stop()
            throw .unknownTerminal(entry.name)
        }
        cbreak()
        noecho()
        nonl()
        let ownModes = Self.takeFlowControl(settings.output)
        // From here on ncurses writes into memory.
        let frames = FrameOutput(settings.output, catching: fileno(output))
        terminal_errors_hold()

        (self.screen, self.keyboard, self.modes, streams) = (screen, keyboard, modes, (input, output))
        (self.traits, entryName, depthReason) = (traits, entry.name, why)
        (self.ownModes, synchronized) = (ownModes, settings.isSynchronized)
        (self.output, terminal) = (frames, settings.output)
        descriptors = (settings.input, signals)
        depth = entry.depth
        size = (Int(getmaxx(getam_stdscr())), Int(getmaxy(getam_stdscr())))
        palette = Palette(depth: entry.depth)
        pairs = PairTable(capacity: 0)
        inquiry = Inquiry(background: settings.asksBackground, graphics: settings.asksGraphics && entry.depth.hasPictures, traits)
        shelf = PictureShelf(KittyGraphics(isThroughTmux: traits.isTmux), depth: entry.depth)
        toldGraphics = inquiry.graphics(depth: entry.depth, traits, isCatching: frames.isCatching)
        clipboard = Clipboard(traits: traits, environment: settings.environment)

        typeahead(-1)  // or a key typed meanwhile would stop a frame half drawn
        set_escdelay(25)
        nodelay(keyboard, true)
        keypad(keyboard, true)
        idcok(getam_stdscr(), false)
        define_key("\u{1B}[200~", KeyDecoder.pasteBegin)
        define_key("\u{1B}[201~", KeyDecoder.pasteEnd)
        define_key("\u{1B}[<", KeyDecoder.mouseDecimal)
        define_key("\u{1B}[M", KeyDecoder.mouseBytes)
        define_key("\u{1B}[I", KeyDecoder.focusIn)
        define_key("\u{1B}[O", KeyDecoder.focusOut)
        if depth != .mono, start_color() == OK, use_default_colors() == OK {
            pairs = PairTable(capacity: Int(getam_color_pairs()) - 2)
            palette = Palette(depth: depth, count: Int(getam_colors()))
            reservePairs()
        }
        curs_set(0)
        write(modes.entering)
        ask(inquiry.bytes)
        _ = resized()
    }

    /// Asks what the terminal can tell. The answers come when they come, among the keys.
    private func ask(_ questions: [UInt8]) {
        guard !questions.isEmpty else { return }
        write(questions)
        inquiry.asked = Self.now()
        decoder.expect(Inquiry.answers, at: inquiry.asked)
    }

    public func askBackground() {
        guard state == .running else { return }
        inquiry.askAgain(background: true, traits)
        ask(inquiry.bytes)
    }

    public func askGraphics() {
        guard state == .running, depth.hasPictures else { return }
        inquiry.askAgain(graphics: true, traits)
        ask(inquiry.bytes)
    }

    deinit { restore() }

    public func resized() -> Event {
        var columns: Int32 = 0, rows: Int32 = 0
        if terminal_size(terminal, &columns, &rows) == 0 {
            // Not resizeterm(), which queues a key of its own.
            if is_term_resized(rows, columns) { resize_term(rows, columns) }
        }
        size = (max(Int(getmaxx(getam_stdscr())), 1), max(Int(getmaxy(getam_stdscr())), 1))
        var width: Int32 = 0, height: Int32 = 0
        cell = terminal_cell_size(terminal, &width, &height) == 0 ? CellSize(width: Int(width), height: Int(height)) : nil
        forget()
        return .resize(columns: size.columns, rows: size.rows, cell: cell)
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
        let now = Self.now()
        var events = decoder.finish(at: now)
        for reply in decoder.takeReplies() {
            if !inquiry.take(reply, at: now) {
                pace.answered(at: now)
            } else if reply == .status {
                pace.answered(after: inquiry.asked, at: now)
            }
        }
        let graphics = graphics
        if graphics != toldGraphics {
            toldGraphics = graphics
            events.insert(.graphics(graphics), at: 0)
        }
        return events
    }

    public var patience: Int32? {
        let now = Self.now(), link = pace.wait(at: now)
        let waits = [decoder.patience(at: now), link > 0 ? link : nil].compactMap(\.self)
        // Rounded up, or the loop would turn in vain.
        return waits.min().map { Int32(($0 * 1000).rounded(.up)) + 1 }
    }

    /// Seconds of a clock that never steps.
    static func now() -> Double {
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
        tcsetattr(terminal, TCSADRAIN, &ownModes)
        ownModes = Self.takeFlowControl(terminal)
        forget()
        wrefresh(getam_curscr())  // switches back to our own screen
        curs_set(cursorShown ? 1 : 0)
        write(modes.entering)
        if mouse { write(modes.mouseOn) }
        if let title { write(modes.title(title)) }
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
        // What waits to be seen no longer matters; what follows begins with ESC, which ends any sequence cut off.
        let isCut = output.isSending
        if isCut { output.dropUnsent() } else { takeLateAnswers() }
        pace.forgetFrames()
        removePictures(isCut: isCut)
        if synchronized { output.append(modes.frameEnd) }
        if mouse { output.append(modes.mouseOff) }
        output.append(modes.leaving)
        curs_set(1)
        endwin()
        output.append(pen.settled() + output.collect(&pen) + pen.settled())
        pen.forget()
        output.flush(patience: 2000)
        terminal_guard_restore_modes()
        terminal_guard_disarm()
        terminal_errors_release()
    }

    /// Waits a moment for what was asked and not answered, or it would be typed at the shell.
    private func takeLateAnswers() {
        let end = Self.now() + min(max(0.15, pace.expected * 2), 2)
        while decoder.isAwaiting(at: Self.now()), Self.now() < end {
            var waiting = pollfd(fd: descriptors.input, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, Int32(max(end - Self.now(), 0) * 1000) + 1) > 0, Int32(waiting.revents) & POLLHUP == 0,
                terminal_bytes_waiting(descriptors.input) > 0
            else { return }
            while case let code = wgetch(keyboard), code != ERR { decoder.take(code, at: Self.now()) }
        }
    }

    /// Ctrl-S must not stop the screen, nor Ctrl-V swallow a key; Ctrl-C is a key, so that it can be answered by a question.
    ///
    /// - Returns: the modes as they are now.
    private static func takeFlowControl(_ terminal: Int32) -> termios {
        var modes = termios()
        guard tcgetattr(terminal, &modes) == 0 else { return modes }
        modes.c_iflag &= ~tcflag_t(IXON)
        modes.c_lflag &= ~tcflag_t(IEXTEN)
        withUnsafeMutableBytes(of: &modes.c_cc) { $0[Int(VINTR)] = 0 }
        tcsetattr(terminal, TCSADRAIN, &modes)
        return modes
    }

    public func setSynchronized(_ on: Bool) { synchronized = on }

    public func setTitle(_ title: String) {
        guard modes.hasTitle, title != self.title else { return }
        self.title = title
        if state == .running { write(modes.title(title)) }
    }

    public func copy(_ text: String) -> Bool {
        guard let bytes = clipboard.bytes(text) else { return false }
        write(bytes)
        return true
    }

    func forget() {
        shown = nil
        shelf.empty()
        werase(getam_stdscr())
        clearok(getam_curscr(), true)
    }

    /// Sends bytes after all that ncurses has written.
    private func write(_ bytes: [UInt8]) {
        output.append(output.collect(&pen) + bytes)
        output.send()
    }

    private static func stream(_ descriptor: Int32, _ mode: String) -> UnsafeMutablePointer<FILE>? {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        if copy < 0 { return nil }
        if let stream = fdopen(copy, mode) { return stream }
        close(copy)
        return nil
    }
}
