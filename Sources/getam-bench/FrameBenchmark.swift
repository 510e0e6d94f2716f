import ArgumentParser
import Assets
import Explorer
import Foundation
import PTYSupport
import Terminal

/// "Key to finished frame" through a real pseudo terminal: a key's byte is written to it, a child with the explorer reads
/// the key and draws; the clock stops when the frame's last byte has been read.
struct FrameBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "frames", abstract: "Time the explorer from a key to the finished frame, for cached maps.")

    @Option(help: "Keys to press at each color depth.")
    var keys = 300
    @Option(help: "Columns of the terminal.")
    var columns = 200
    @Option(help: "Rows of the terminal.")
    var rows = 60
    @Option(help: "What is on the screen. (default: each in turn)")
    var scene: FrameScene?
    @OptionGroup var checkpoint: TimedModel
    @Option(help: "Keys to press in turn, all of them keys of one character. (default: the scene's own)")
    var script: String?

    /// Written by the child after each frame; terminals ignore it.
    static let mark = Array("\u{1B}]777;frame\u{7}".utf8)

    func validate() throws { if script?.isEmpty == true { throw ValidationError("--script names no keys.") } }

    func run() throws {
        for scene in scene.map({ [$0] }) ?? FrameScene.allCases { try run(scene) }
    }

    private func run(_ scene: FrameScene) throws {
        let script = script.map { $0.map { String($0) } } ?? scene.script
        for depth in ColorDepthName.allCases {
            let session = try PTYSession(
                "/proc/self/exe", ["frame-child", depth.rawValue, "--scene", scene.rawValue] + (checkpoint.model.map { ["--model", $0] } ?? []), environment: ["TERM": "xterm-256color"], columns: columns,
                rows: rows)
            session.keepsOutput = false
            _ = try session.skip(through: Self.mark, within: .seconds(60))
            var times: [Double] = []
            var sizes: [Int] = []
            for index in 0..<max(keys, 1) {
                let start = ContinuousClock.now
                try session.send(script[index % script.count])
                sizes.append(try session.skip(through: Self.mark))
                times.append((ContinuousClock.now - start) / .milliseconds(1))
            }
            session.hangUp()
            times.sort()
            sizes.sort()
            func text(_ value: Double) -> String { String(format: "%.2f", value) }
            try Output.line(
                "key to frame, \(scene.rawValue), \(columns)×\(rows), \(depth.rawValue): median \(text(times[times.count / 2])) ms, "
                    + "99th percentile \(text(times[min(times.count - 1, times.count * 99 / 100)])) ms, "
                    + "worst \(text(times[times.count - 1])) ms, \(text(Double(sizes[sizes.count / 2]) / 1024)) KiB a frame (\(times.count) keys)")
        }
    }
}

/// The color depths that are timed.
enum ColorDepthName: String, CaseIterable, ExpressibleByArgument {
    case palette256 = "256 colors"
    case trueColor = "24-bit"
}

/// What the explorer shows while its frames are timed.
enum FrameScene: String, CaseIterable, ExpressibleByArgument {
    case pane, panes, grid

    /// What is asked for, and has come, before the first key.
    var wishes: [Action] {
        switch self {
        case .pane: [.start, .stepClass(1), .stepClass(-1)]
        case .panes: [.start] + [Action](repeating: .addPane, count: 3).flatMap { [$0, .stepClass(1)] }
        case .grid: [.start, .openGrid(.layers, .classes)]
        }
    }

    /// Keys for which everything is there, as a user presses them.
    var script: [String] {
        switch self {
        // Layers, classes, views, thresholds, zoom.
        case .pane: "hhhlljhhkvhhvhvs]]]]h[[[[\tllj++hHL00ko".map { String($0) }
        // Layers, the panes in turn, differences, blinking, peeking, scales, views, zoom; at the end the pane of the beginning.
        case .panes: "hhhwllDhhw.l.hhOlOrhrlrhrwvhvlvv+lhH0wkhjl".map { String($0) }
        // The cells around, scales, color maps, sampling.
        case .grid: [Self.right, Self.right, Self.down, Self.down, "r", Self.down, "c", Self.left, Self.up, "r", "i", Self.left, Self.up, "r", "r", Self.up]
        }
    }

    private static let up = "\u{1B}OA", down = "\u{1B}OB", right = "\u{1B}OC", left = "\u{1B}OD"
}

/// The child of ``FrameBenchmark``: the explorer on the bundled picture, with all its maps there before the first key.
struct FrameChild: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "frame-child", shouldDisplay: false)

    @Argument var depth: ColorDepthName
    @Option var scene = FrameScene.pane
    @Option var model: String?
    @Flag(help: "Draw as the explorer does, no more than one frame on its way.")
    var paced = false

    func run() throws {
        var state = try CachedExplorer.state(
            depth: depth == .trueColor ? .trueColor : .palette256, model: model, wishes: scene.wishes)
        let screen = try NcursesScreen(TerminalSettings(
            environment: ["TERM": "xterm-256color"], depth: state.colorDepth, descriptions: Assets.terminfo))
        defer { screen.restore() }
        // A description that is missing would quietly lower the depth, and the figures would be another depth's.
        guard screen.depth == state.colorDepth else {
            throw ValidationError("no \(depth.rawValue) here: the terminal descriptions in assets/terminfo are missing")
        }
        let waker = try Waker()
        _ = TerminalLoop.run(screen: screen, waker: waker) { events in
            for event in events {
                if let action = state.action(for: event) { _ = update(&state, action) }
                if case .resize(let columns, let rows, _) = event { _ = update(&state, .resized(columns: columns, rows: rows)) }
            }
            guard !paced else { return .draw(view(state, columns: state.columns, rows: state.rows)) }
            screen.draw(view(state, columns: state.columns, rows: state.rows))
            FrameBenchmark.mark.withUnsafeBytes { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            return .idle
        }
    }
}
