import Explorer
import Foundation
import Testing
import TestSupport

/// A screen as a text file in `Tests/Fixtures/frames`.
enum GoldenFrame {
    /// Compares a screen with its file, or with `GETAM_UPDATE_FRAMES=1` writes it.
    ///
    /// - Parameter looks: whether colors are compared, too.
    static func compare(_ frame: Frame, _ name: String, looks: Bool = false) throws {
        let text = (frame.lines + (looks ? ["--- looks"] + frame.looks : [])).joined(separator: "\n") + "\n"
        let path = Fixtures.path("frames/\(name).txt")
        if ProcessInfo.processInfo.environment["GETAM_UPDATE_FRAMES"] == "1" {
            try FileManager.default.createDirectory(atPath: Fixtures.path("frames"), withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return
        }
        let expected = try String(contentsOfFile: path, encoding: .utf8)
        if text != expected {
            Issue.record("\(name) differs from \(path); it is now\n\(text)")
        }
    }
}
