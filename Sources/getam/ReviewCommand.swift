import ArgumentParser
import Foundation
import GETAM

/// `getam review`: what was decided in the explorer, counted, merged and delivered.
struct ReviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review", abstract: "Count, merge and deliver what was decided about labels.",
        discussion: """
            Decisions are made in the explorer (getam explore --review DIR) and kept in DIR/review.jsonl. Alone, the command counts \
            them; “getam review merge A B -o C” joins those of several people; with --accepted the accepted labels are delivered.
            """)

    @Argument(
        help: ArgumentHelp("Folder of a review, or its file; or the word merge and two or more of them.", valueName: "review"),
        completion: .directory)
    var words: [String]
    @OptionGroup(title: "Merging") var merging: MergeOptions
    @OptionGroup(title: "Delivery") var delivery: DeliveryOptions
    @Flag(help: "Print JSON.")
    var json = false
    @OptionGroup(title: "Model") var model: CheckpointOption

    /// The reviews to be merged; nil where they are not.
    private var merged: [String]? { words.first == "merge" ? Array(words.dropFirst()) : nil }

    func validate() throws {
        if let merged {
            if merged.count < 2 { throw ValidationError("merge needs two reviews or more.") }
            if merging.output == nil { throw ValidationError("merge needs -o: the file for all decisions.") }
            if delivery.accepted != nil { throw ValidationError("--accepted does not go with merge; deliver what was merged.") }
        } else {
            if words.count > 1 { throw ValidationError("One review at a time; “getam review merge A B -o C” joins several.") }
            if merging.output != nil { throw ValidationError("-o goes with merge.") }
            if merging.flagConflicts { throw ValidationError("--flag-conflicts goes with merge.") }
        }
        try delivery.check()
    }

    func run() throws {
        if let merged { return try merge(merged) }
        let path = ReviewLog.file(at: words[0]), log = try self.log(path)
        if let accepted = delivery.accepted { return try deliver(log, of: path, to: accepted) }
        let text = ReviewText(log, path)
        if json { try Output.printJSON(text.figures) } else { try Output.write(text.text) }
    }

    private func log(_ path: String) throws(FileError) -> ReviewLog {
        guard AtomicFile.exists(path) else {
            throw FileError(.missing, path: path, "no decisions are there yet; getam explore --review DIR makes them")
        }
        return try ReviewLog(path: path)
    }

    // MARK: Merging

    private func merge(_ paths: [String]) throws {
        let paths = paths.map { ReviewLog.file(at: $0) }, output = ReviewLog.file(at: merging.output ?? "")
        for path in paths where output.isSameFile(as: path) {
            throw CommandFailure(.usage, "-o \(output): is one of those that are merged; name another file")
        }
        var merge = try ReviewMerge(log(paths[0]), flagsConflicts: merging.flagConflicts)
        for path in paths.dropFirst() { merge.add(try log(path)) }
        try merge.log.write(to: output)
        if json {
            return try Output.printJSON(MergeFigures(
                pictures: merge.log.entries.count, conflicts: merge.conflicts.map { .init(picture: $0.picture, text: $0.text) }))
        }
        for conflict in merge.conflicts { try Output.data(conflict.text + "\n") }
        let count = merge.conflicts.count
        let kept = merging.flagConflicts ? "flagged" : "the later counts"
        Report.line(
            "\(output): \(merge.log.entries.count) pictures, " + (count == 0 ? "no conflict" : "\(count) \(count == 1 ? "conflict" : "conflicts"), \(kept)"))
    }

    private struct MergeFigures: Encodable {
        struct Conflict: Encodable {
            let picture: String
            let text: String
        }

        let pictures: Int
        let conflicts: [Conflict]
    }

    // MARK: Delivery

    private func deliver(_ log: ReviewLog, of path: String, to output: String) throws {
        let folder = path.outerFolder
        let list = try delivery.images.map { try PictureList([$0], leavingOut: [folder, output]) }
        let subjects = try subjects(log, list)
        var inputs = InputFiles()
        inputs.add("a picture", list?.paths ?? [])
        inputs.add("the review", path)
        inputs.add("a reviewed label", folder: folder, ["png"])
        inputs.add("the class list", delivery.classList.choice.path)
        try inputs.check("--accepted", folder: output, ending: "png")
        if let report = delivery.report { try inputs.check("--report", file: report) }
        let classes = try delivery.classList.choice.list { try model.load().configuration }
        let exports = try delivery.export.begin(classNames: classes.names, inputs: inputs, outputs: [(output, "png")])
        let interruption = Interruption()
        var progress = Progress(total: subjects.count)
        let outcome = try ReviewDelivery(folder: folder, output: output, report: delivery.report, classNames: classes.names)
            .deliver(subjects, to: exports.all, isCancelled: { interruption.signal != nil }) { progress.show(done: $0, skipped: 0, failed: 0) }
        progress.finish()
        if json {
            try Output.printJSON(DeliveryFigures(
                delivered: outcome.delivered, pending: outcome.pending, leftovers: outcome.leftovers, review: ReviewText(log, path).figures))
        } else {
            try Output.line("\(output.printable): \(outcome.text)")
        }
        outcome.remarks.forEach(Notes.add)
        guard outcome.pending.isEmpty else {
            throw CommandFailure(.badData, outcome.remarks[0].printable)
        }
    }

    private struct DeliveryFigures: Encodable {
        let delivered: Int
        let pending: [String]
        let leftovers: [String]
        let review: ReviewText.Figures
    }

    /// The pictures of the review, and those of the folder that it does not speak of.
    private func subjects(_ log: ReviewLog, _ list: PictureList?) throws -> [ReviewDelivery.Subject] {
        guard let list else { return log.entries.map { .init(name: $0.picture, picture: nil, entry: $0) } }
        let names = PictureNames(log.entries.map(\.picture))
        var pictures: [Int: String] = [:], others: [ReviewDelivery.Subject] = []
        for picture in list.pictures {
            let path = try picture.path()
            switch names.find(picture.name) {
            case .one(let place), .elsewhere(let place): if pictures[place] == nil { pictures[place] = path }
            case .several, .none: others.append(.init(name: picture.name, picture: path, entry: ReviewEntry(picture: picture.name)))
            }
        }
        return log.entries.enumerated().map { .init(name: $1.picture, picture: pictures[$0], entry: $1) } + others
    }
}

/// How reviews are merged.
struct MergeOptions: ParsableArguments {
    @Option(
        name: .shortAndLong, help: ArgumentHelp("File for the decisions of all; or a folder, for review.jsonl in it.", valueName: "file"),
        completion: .endings(["jsonl"]))
    var output: String?
    @Flag(help: "Flag the pictures that were decided in two ways, in place of taking the later decision.")
    var flagConflicts = false

    func validate() throws {
        if output == "" || output == "-" { throw ValidationError("-o needs a file.") }
    }
}

/// Where accepted labels go.
struct DeliveryOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Folder for the accepted labels; made where it is not there.", valueName: "dir"), completion: .directory)
    var accepted: String?
    @Option(help: ArgumentHelp("Folder of the pictures, for --export and the report.", valueName: "dir"), completion: .directory)
    var images: String?
    @Option(help: ArgumentHelp("File for a report: all labels in small, areas, decisions; HTML.", valueName: "file"), completion: .endings(["html"]))
    var report: String?
    @OptionGroup var export: ExportOptions
    @OptionGroup var classList: ClassListOption

    func check() throws {
        for (name, value) in [("--accepted", accepted), ("--images", images)] where value == "" { throw ValidationError("\(name) needs a folder.") }
        if report == "" { throw ValidationError("--report needs a file.") }
        if accepted == nil, report != nil || images != nil || !export.targets.isEmpty {
            throw ValidationError("--report, --images and --export go with --accepted.")
        }
        if !export.targets.isEmpty, images == nil { throw ValidationError("--export needs --images: the folder of the pictures.") }
    }
}
