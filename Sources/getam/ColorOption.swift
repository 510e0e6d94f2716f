import ArgumentParser
import Explorer
import Files
import Foundation
import Terminal

/// `--colors`: how many colors to draw with.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
    case auto
    case truecolor = "24bit"
    case palette256 = "256"
    case ansi16 = "16"
    case mono

    /// The depth that was asked for; nil for `auto`.
    var depth: ColorDepth? {
        switch self {
        case .auto: nil
        case .truecolor: .trueColor
        case .palette256: .palette256
        case .ansi16: .ansi16
        case .mono: .mono
        }
    }

    /// The depth for text on standard output: none of it where that is no terminal, unless asked for.
    var forStandardOutput: ColorDepth {
        if let depth { return depth }
        guard StandardStream.output.isTerminal else { return .mono }
        let terminal = Environment.value("TERM") ?? "dumb"
        return .detect(
            environment: Environment.variables,
            terminfoColors: ColorDepth.terminfoColors(of: terminal, descriptor: STDOUT_FILENO))
    }
}

struct ColorOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Colors to draw with; NO_COLOR makes auto mono.", valueName: "depth"))
    var colors: ColorChoice = .auto
}

/// The size of the terminal on standard output.
enum TerminalSize {
    /// Columns and rows; from `COLUMNS` and `LINES`, or 80×24, where it is no terminal.
    static var current: (columns: Int, rows: Int) {
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 {
            return (Int(size.ws_col), Int(size.ws_row))
        }
        func number(_ name: String, _ otherwise: Int) -> Int {
            Environment.value(name).flatMap { Int($0) }.map { min(max($0, 1), 1000) } ?? otherwise
        }
        return (number("COLUMNS", 80), number("LINES", 24))
    }
}
