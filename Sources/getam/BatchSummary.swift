import Explorer
import Foundation
import GETAM

/// What a batch has done.
struct BatchSummary: Sendable {
    struct Failure: Sendable {
        let position: Int
        let text: String
        let status: ExitStatus
    }

    /// Pictures whose files were written.
    var made = 0
    /// Of those, pictures whose files were there and whole, but made otherwise.
    var remade = 0
    /// Left out because their files were there.
    var resumed = 0
    var failures: [Failure] = []
    /// Left out because they are label maps that this program made, no pictures; with their positions.
    var labelMaps: [(position: Int, path: String)] = []
    /// Why the run goes no further: nothing more can be written, or the model is no longer what it was.
    var obstacle: CommandFailure?
    var signal: Int32?
    var milliseconds = 0.0

    /// Whether every picture was seen.
    var isComplete: Bool { obstacle == nil && signal == nil }

    mutating func add(_ error: any Error, of name: String, at position: Int) {
        let status = ExitStatus(error) ?? .badData
        if Self.stops(error, status) {
            obstacle = obstacle ?? CommandFailure(status, "\(error)")
            return
        }
        // An error about a file names it; others say whose they are.
        let text = error is FileError ? "\(error)" : "\(name): \(error)"
        failures.append(Failure(position: position, text: text, status: status))
    }

    /// Whether an error concerns all pictures. What is wrong with one output is no reason to leave out the others.
    private static func stops(_ error: any Error, _ status: ExitStatus) -> Bool {
        if let error = error as? ModelError, case .changed = error { return true }
        return status == .unwritable && (error as? FileError)?.kind != .blocked
    }

    /// Prints what was done, and which pictures failed.
    ///
    /// - Parameters:
    ///   - verb: what was done to a picture: "labeled".
    ///   - remarks: further lines, between the two.
    func report(_ verb: String, pictures: Int, jobs: Int, threads: Int, remarks: [String] = []) throws {
        if let obstacle { throw obstacle }
        let seconds = Numbers.duration(milliseconds / 1000)
        var text = "\(made) of \(pictures) pictures \(verb) in \(seconds)"
        if let rate = Progress.rate(made, milliseconds) { text += ", \(rate) a minute" }
        text += " (\(jobs) \(jobs == 1 ? "job" : "jobs")"
        text += threads == 1 ? ")" : " of \(threads) threads)"
        if resumed > 0 { text += "; \(resumed) were there" }
        if remade > 0 { text += "; \(remade) were made otherwise and are made anew" }
        Report.line(text)
        if !labelMaps.isEmpty {
            let paths = labelMaps.sorted { $0.position < $1.position }.map(\.path)
            Report.line("left out \(paths.count) that are label maps made by getam, no pictures: \(ClassMatch.some(paths))")
        }
        remarks.forEach(Report.line)
        let shown = 5
        for failure in failures.sorted(by: { $0.position < $1.position }).prefix(shown) { Report.line(failure.text) }
        if failures.count > shown { Report.line("and \(failures.count - shown) more") }
    }

    /// - Throws: what the command ends with, where not all is well.
    func check(_ verb: String, canResume: Bool = true) throws {
        if let signal {
            guard signal == SIGINT else { Foundation.exit(128 + signal) }
            throw CommandFailure(.interrupted, canResume ? "interrupted; go on with --resume" : "interrupted")
        }
        guard !failures.isEmpty else { return }
        // One status for failures of one kind; the command itself was understood, and memory sufficed for others.
        let common = failures[0].status
        let isCommon = failures.allSatisfy { $0.status == common } && common != .usage
        let status = isCommon && (common != .memory || made + resumed == 0) ? common : .badData
        throw CommandFailure(status, "\(failures.count) of the pictures failed, all others are \(verb)")
    }
}
