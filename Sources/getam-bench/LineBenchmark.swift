import ArgumentParser
import Explorer
import Foundation
import PTYSupport

/// The explorer at the far end of a slow line: a pseudo terminal that is read no faster than the line, and answers each frame
/// once that has been read. Before it answers it looks whether more has been sent: that would be a second frame in the queue.
struct LineBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "line", abstract: "Hold a layer key on a slow line: frames in the queue, bytes, waiting times.")

    @Option(help: "Bits a second.")
    var rate = 64_000
    @Option(help: "Columns of the terminal.")
    var columns = 200
    @Option(help: "Rows of the terminal.")
    var rows = 60
    @Option(help: "Keys, ten a second.")
    var keys = 120

    private static let question = Array("\u{1B}[5n".utf8), answer = "\u{1B}[0n"

    func run() throws {
        for depth in ColorDepthName.allCases {
            let session = try PTYSession(
                "/proc/self/exe", ["frame-child", depth.rawValue, "--paced"], environment: ["TERM": "xterm-256color"], columns: columns,
                rows: rows)
            session.keepsOutput = false
            let start = ContinuousClock.now
            func now() -> Double { (ContinuousClock.now - start) / .seconds(1) }
            var budget = 0.0, filled = 0.0, isAsked = false, frameBytes = 0, sizes: [Int] = [], queued = 1, window: [UInt8] = []
            var pressed = 0, firstKey = 0.0, arrivals: [Double] = []
            while true {
                // The first frame must be through before keys are pressed.
                if !sizes.isEmpty, pressed < keys {
                    if firstKey == 0 { firstKey = now() }
                    if now() >= firstKey + Double(pressed) / 10 {
                        try session.send(pressed / 12 % 2 == 0 ? "h" : "l")
                        pressed += 1
                    }
                }
                let time = now()
                budget = min(budget + (time - filled) * Double(rate) / 8, 512)
                filled = time
                if budget < 64 { usleep(2000) }
                let bytes = budget >= 64 ? session.taken(upTo: Int(budget), within: 5) : []
                budget -= Double(bytes.count)
                for byte in bytes {
                    frameBytes += 1
                    window.append(byte)
                    if window.count > Self.question.count { window.removeFirst() }
                    guard window == Self.question else { continue }
                    window = []
                    // The first question asks how far the terminal is, before there is a frame.
                    if isAsked {
                        sizes.append(frameBytes)
                        arrivals.append(now())
                        if session.isReadable(within: 20) { queued = 2 }
                    }
                    isAsked = true
                    frameBytes = 0
                    try session.send(Self.answer)
                }
                if bytes.isEmpty, pressed == keys, !arrivals.isEmpty, now() > arrivals[arrivals.count - 1] + 2,
                    !session.isReadable(within: 500) { break }
                if now() > 600 { throw ValidationError("the line never came to rest") }
            }
            session.hangUp()
            let steps = sizes.dropFirst().sorted(), gaps = zip(arrivals.dropFirst(), arrivals).map { $0 - $1 }.sorted()
            guard !steps.isEmpty else { throw ValidationError("no frame came") }
            func text(_ value: Double) -> String { String(format: "%.2f", value) }
            try Output.line(
                "line of \(rate / 1000) kbit/s, \(columns)×\(rows), \(depth.rawValue): \(pressed) keys, \(steps.count) frames, "
                    + (queued == 1 ? "never more than one queued" : "MORE THAN ONE QUEUED")
                    + ", first \(text(Double(sizes[0]) / 1024)) KiB, then median \(text(Double(steps[steps.count / 2]) / 1024)) KiB, a frame each "
                    + "\(text(gaps[gaps.count / 2])) s, the last \(text(arrivals[arrivals.count - 1] - firstKey - Double(keys - 1) / 10)) s after the last key")
        }
    }
}
