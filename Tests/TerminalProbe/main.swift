import Explorer
import PTYSupport
import Synchronization
import Terminal

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

// A program to run in a terminal and look at: `terminal-probe echo|frames|pictures|colors DESCRIPTIONS DEPTH [SEED]`.

func complain(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    bytes.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

func environment() -> [String: String] {
    var result: [String: String] = [:]
    for name in ["TERM", "TMUX", "STY", "COLORTERM", "NO_COLOR", "TERMINFO_DIRS"] {
        result[name] = getenv(name).map { String(cString: $0) }
    }
    return result
}

func text(_ line: String, on frame: inout Frame, row: Int, style: Cell.Style = []) {
    guard row < frame.rows else { return }
    for (column, scalar) in line.unicodeScalars.enumerated() where column < frame.columns {
        frame[column, row] = Cell(scalar, style: style)
    }
}

/// Shows what arrives; some keys do something.
struct Echo {
    var count = 0
    var last: [String] = []
    var mouse = false

    func frame(_ screen: NcursesScreen) -> Frame {
        var frame = Frame(columns: screen.size.columns, rows: screen.size.rows)
        if frame.rows > 1 { text("size \(frame.columns)x\(frame.rows) \(screen.depth) mouse \(mouse)", on: &frame, row: 0) }
        for (i, line) in last.suffix(max(frame.rows - 2, 0)).enumerated() { text(line, on: &frame, row: i + 1) }
        text("events \(count) end", on: &frame, row: frame.rows - 1, style: .reverse)
        return frame
    }
}

func hexadecimal(_ color: Color) -> String {
    let digits = String(color.packed, radix: 16)
    return String(repeating: "0", count: 6 - digits.count) + digits
}

func name(_ event: Event) -> String {
    switch event {
    case .key(.character(let c)):
        // A wide character would need two cells.
        if let scalar = c.unicodeScalars.first, scalar.value >= 0x1100 {
            "character U+\(String(scalar.value, radix: 16, uppercase: true))"
        } else {
            "character \(c)"
        }
    case .key(.control(let c)): "control \(c)"
    case .key(let key): "key \(key)"
    case .mouse(let button, let column, let row): "mouse \(button) \(column) \(row)"
    case .drag(let column, let row): "drag \(column) \(row)"
    case .focus(let has): "focus \(has)"
    case .background(let color): "background \(hexadecimal(color))"
    case .graphics(let support): "graphics \(support)"
    case .paste(let text): "paste \(text.debugDescription)"
    case .resize(let columns, let rows, _): "resize \(columns) \(rows)"
    }
}

final class Posted: Sendable {
    let lines = Mutex<[String]>([])
}

func echo(_ screen: NcursesScreen) throws -> LoopEnd {
    let waker = try Waker()
    let posted = Posted()
    var echo = Echo()
    return TerminalLoop.run(screen: screen, waker: waker) { events in
        echo.last += posted.lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
        for event in events {
            if case .resize = event {} else {
                echo.count += 1
                echo.last.append("\(echo.count): \(name(event))")
            }
            switch event {
            case .key(.character("q")): return .finish
            // Ctrl-C is a key: what it does is the program's to say.
            case .key(.control("c")):
                screen.restore()
                exit(130)
            case .key(.character("M")):
                echo.mouse.toggle()
                screen.setMouse(echo.mouse)
            case .key(.character("T")): screen.setTitle("a title")
            case .key(.character("C")): _ = screen.copy("hello, world")
            case .key(.character("Y")): screen.setSynchronized(false)
            case .key(.character("D")): echo.last += screen.facts.map { "\($0.name): \($0.text)" }
            case .key(.character("Z")): return .suspend
            case .key(.character("E")): complain("a line on standard error")
            case .key(.character("X")): fatalError("the probe was told to crash")
            case .key(.character("A")): abort()
            case .key(.character("S")): raise(SIGSEGV)
            case .key(.character("O")): exit(7)
            case .key(.character("H")):
                echo.last.append("hangs")
                screen.draw(echo.frame(screen))
                while true {}
            case .key(.character("W")):
                let thread = Worker {
                    posted.lines.withLock { $0.append("from a worker") }
                    waker.wake()
                }
                thread.start()
            default: break
            }
        }
        return .draw(echo.frame(screen))
    }
}

/// A thread with a closure to run.
final class Worker: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func start() {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Worker>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        pthread_detach(thread)
    }
}

/// Marks a frame's end in the output.
func mark(_ step: Int) {
    let mark = Array("\u{1B}]frame \(step)\u{7}".utf8)
    mark.withUnsafeBytes { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

func frames(_ screen: NcursesScreen, seed: UInt64) throws -> LoopEnd {
    let waker = try Waker()
    var step = 0
    return TerminalLoop.run(screen: screen, waker: waker) { events in
        for case .key(let key) in events {
            if key == .character("q") { return .finish }
            step += 1
        }
        let size = screen.size
        // Seed 0 is noise.
        var frame =
            seed == 0
            ? RandomFrames.noise(columns: size.columns, rows: size.rows)
            : RandomFrames.frame(seed: seed, step: step, columns: size.columns, rows: size.rows)
        if step % 2 == 1 { frame.cursor = (step % frame.columns, step % frame.rows) }
        screen.draw(frame)
        mark(step)
        return .idle
    }
}

/// Pictures in pixels; `x` takes them all away, `r` has the screen painted again, `z` stops, `c` crashes.
func pictures(_ screen: NcursesScreen) throws -> LoopEnd {
    let waker = try Waker()
    var step = 0, marks = 0
    return TerminalLoop.run(screen: screen, waker: waker) { events in
        for case .key(.character(let key)) in events {
            switch key {
            case "q": return .finish
            case "x": screen.dropPictures()
            case "r": _ = screen.resized()
            case "z": return .suspend
            case "c": fatalError("the probe was told to crash")
            default: step += 1
            }
        }
        screen.draw(PictureFrames.frame(step: step % PictureFrames.steps, columns: screen.size.columns, rows: screen.size.rows))
        mark(marks)
        marks += 1
        return .idle
    }
}

/// Known colors, a row each, and a last word. A key changes them by less than the depths can show.
func colors(_ screen: NcursesScreen) throws -> LoopEnd {
    let waker = try Waker()
    var step = 0
    return TerminalLoop.run(screen: screen, waker: waker) { events in
        if events.contains(.key(.character("q"))) { return .finish }
        var frame = Frame(columns: screen.size.columns, rows: screen.size.rows)
        let less = UInt8(step % 2)
        let swatches = [
            Color(255, 0, 0), Color(0, 132 + less, 66), Color(8, 8 + less, 255), Color(less, 0, 0),
            Color(255, 255 - less, 255),
        ]
        for (row, color) in swatches.enumerated() where row < frame.rows {
            for column in 0..<min(8, frame.columns) {
                frame[column, row] = Cell(column < 4 ? " " : "▀", foreground: Color(255, 206, 0), background: color)
            }
        }
        text("\(screen.depth) done", on: &frame, row: min(6, frame.rows - 1))
        screen.draw(frame)
        mark(step)
        step += 1
        return .idle
    }
}

let arguments = CommandLine.arguments
let depths: [String: ColorDepth] = [
    "mono": .mono, "ansi16": .ansi16, "palette256": .palette256, "trueColor": .trueColor,
]
guard arguments.count >= 3 else {
    complain("usage: terminal-probe echo|frames|colors DESCRIPTIONS [DEPTH] [SEED|pixels]")
    exit(64)
}
do {
    let screen = try NcursesScreen(
        TerminalSettings(
            environment: environment(), depth: arguments.count > 3 ? depths[arguments[3]] : nil,
            descriptions: arguments[2], asksGraphics: arguments.contains("pixels")))
    let end =
        switch arguments[1] {
        case "frames": try frames(screen, seed: arguments.count > 4 ? UInt64(arguments[4]) ?? 0 : 0)
        case "pictures": try pictures(screen)
        case "colors": try colors(screen)
        default: try echo(screen)
        }
    screen.restore()
    exit(end.exitStatus)
} catch {
    complain("terminal-probe: \(error)")
    exit(1)
}
