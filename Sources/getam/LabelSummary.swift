import Foundation
import GETAM

/// What a batch has done.
struct LabelSummary: Sendable {
    struct Failure: Sendable {
        let position: Int
        let text: String
        let status: ExitStatus
    }

    var labeled = 0
    /// Left out because their files were there.
    var resumed = 0
    var failures: [Failure] = []
    /// Labeled without any class of the model.
    var withoutClass = 0
    /// Labeled though the label file does not name them.
    var withoutEntry = 0
    /// How often each label name was skipped.
    var skippedLabels: [String: Int] = [:]
    /// Why nothing more can be written.
    var unwritable: String?
    var signal: Int32?
    var milliseconds = 0.0

    /// Whether every picture was seen.
    var isComplete: Bool { unwritable == nil && signal == nil }

    mutating func add(_ error: any Error, of name: String, at position: Int) {
        let status = ExitStatus(error) ?? .badData
        if status == .unwritable {
            unwritable = unwritable ?? "\(error)"
            return
        }
        // An error about a file names it; others say whose they are.
        let text = error is FileError ? "\(error)" : "\(name): \(error)"
        failures.append(Failure(position: position, text: text, status: status))
    }

    /// Prints what was done, and which pictures failed.
    func report(pictures: Int, jobs: Int, threads: Int) throws {
        if let unwritable { throw CommandFailure(.unwritable, unwritable) }
        let seconds = Progress.duration(milliseconds / 1000)
        var text = "\(labeled) of \(pictures) pictures labeled in \(seconds)"
        if let rate = Progress.rate(labeled, milliseconds) { text += ", \(rate) a minute" }
        text += " (\(jobs) \(jobs == 1 ? "job" : "jobs")"
        text += threads == 1 ? ")" : " of \(threads) threads)"
        if resumed > 0 { text += "; \(resumed) were there" }
        Report.line(text)
        if !skippedLabels.isEmpty {
            let names = skippedLabels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) (\($0.value))" }
            Report.line("labels skipped: \(skippedLabels.values.reduce(0, +)) that the model or the class list lacks: \(ClassMatch.some(names))")
        }
        if withoutEntry > 0 { Report.line("\(withoutEntry) pictures have no entry among the labels") }
        if withoutClass > 0 { Report.line("\(withoutClass) pictures without a usable label: background, unknown where salient") }
        let shown = 5
        for failure in failures.sorted(by: { $0.position < $1.position }).prefix(shown) { Report.line(failure.text) }
        if failures.count > shown { Report.line("and \(failures.count - shown) more") }
    }

    /// - Throws: what the command ends with, where not all is well.
    func check() throws {
        if let signal {
            guard signal == SIGINT else { Foundation.exit(128 + signal) }
            throw CommandFailure(.interrupted, "interrupted; go on with --resume")
        }
        guard !failures.isEmpty else { return }
        let status: ExitStatus = failures.allSatisfy { $0.status == .missingInput } ? .missingInput : .badData
        throw CommandFailure(status, "\(failures.count) of the pictures failed, all others are labeled")
    }
}
