import Explorer
import PTYSupport
import Terminal

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// "Key to finished frame" through a real pseudo terminal: a key's byte is written to it, a child reads the key, makes a
/// frame and draws it; the clock stops when the frame's last byte has been read.
enum FrameBenchmark {
    static let childCommand = "frame-child"
    static let depths = ["palette256", "trueColor"]
    /// Written after each frame; terminals ignore it.
    private static let mark = Array("\u{1B}]777;frame\u{7}".utf8)

    /// One line of results.
    static func measure(
        depth: String, descriptions: String, columns: Int, rows: Int, frames: Int
    ) throws -> String {
        let session = try PTYSession(
            "/proc/self/exe", [childCommand, depth, descriptions], environment: ["TERM": "xterm-256color"],
            columns: columns, rows: rows)
        _ = try session.skip(through: mark)
        var times: [Double] = []
        var sizes: [Int] = []
        for _ in 0..<frames {
            let start = ContinuousClock.now
            try session.send("l")
            let bytes = try session.skip(through: mark)
            times.append((ContinuousClock.now - start) / .milliseconds(1))
            sizes.append(bytes)
        }
        times.sort()
        sizes.sort()
        func text(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
        return "frames \(columns)x\(rows) \(depth): median \(text(times[frames / 2])) ms, 99th percentile "
            + "\(text(times[min(frames - 1, frames * 99 / 100)])) ms, worst \(text(times[frames - 1])) ms, "
            + "\(sizes[frames / 2] / 1024) KiB a frame (\(frames) keys)"
    }

    /// The child's side: draws `source` for each key until the terminal goes away.
    static func runChild(
        depth: String, descriptions: String, source: (_ step: Int, _ columns: Int, _ rows: Int) -> Frame
    ) -> Int32 {
        let depths: [String: ColorDepth] = ["palette256": .palette256, "trueColor": .trueColor]
        do {
            let screen = try NcursesScreen(
                TerminalSettings(
                    environment: ["TERM": "xterm-256color"], depth: depths[depth], descriptions: descriptions))
            defer { screen.restore() }
            let waker = try Waker()
            var step = 0
            return TerminalLoop.run(screen: screen, waker: waker) { events in
                step += events.count
                screen.draw(source(step, screen.size.columns, screen.size.rows))
                mark.withUnsafeBytes { _ = write(STDOUT_FILENO, $0.baseAddress, $0.count) }
                return .idle
            }.exitStatus
        } catch {
            complain("\(error)")
            return 1
        }
    }
}
