import ArgumentParser
import Foundation
import GETAM

/// `getam segment`: label maps from a model with a segmentation decoder.
struct SegmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment", abstract: "Label every pixel of pictures with a segmentation model.")

    /// What is written for a picture.
    enum Format: String, CaseIterable, ExpressibleByArgument { case png, npy }

    @Argument(help: ArgumentHelp("Pictures, or folders of pictures.", valueName: "image|dir"))
    var pictures: [String] = []

    @Option(help: ArgumentHelp("Segment the pictures named in this file, one name a line.", valueName: "file"))
    var list: String?

    @Option(help: ArgumentHelp("Folder in which the names of --list are looked for. (default: this one)", valueName: "dir"))
    var images: String?

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("A .png or .npy file for one picture, otherwise a folder.", valueName: "path"))
    var output: String

    @Option(help: ArgumentHelp("png: label maps in VOC's colors; npy: probabilities.", valueName: "format"))
    var format: Format?

    @Option(
        help: ArgumentHelp("Sides of the squares that a picture is segmented as, their logits averaged.", valueName: "n,n,..."))
    var scales: Scales = Scales(sides: MultiScaleSegmentation.publishedSides)

    @Flag(help: "Refine with a dense conditional random field.")
    var crf = false

    @Flag(help: "Skip pictures whose output is there already.")
    var resume = false

    @OptionGroup var model: ModelOptions

    /// A list of sides.
    struct Scales: ExpressibleByArgument {
        let sides: [Int]

        init(sides: [Int]) { self.sides = sides }

        init?(argument: String) {
            let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
            let sides = parts.compactMap { Int($0) }
            guard sides.count == parts.count, !sides.isEmpty, sides.allSatisfy({ (1...8192).contains($0) }) else { return nil }
            self.sides = sides
        }

        var defaultValueDescription: String { sides.map(String.init).joined(separator: ",") }
    }

    func validate() throws {
        if pictures.isEmpty, list == nil { throw ValidationError("Name a picture or a folder, or give a --list.") }
        if images != nil, list == nil { throw ValidationError("--images needs a --list.") }
    }

    func run() throws {
        var paths = pictures.isEmpty ? [] : try PictureList.paths(pictures)
        if let list { paths += try Self.read(list, folder: images) }
        guard !paths.isEmpty else { throw CommandFailure(.missingInput, "\(list ?? ""): names no picture") }
        let jobs = try outputs(for: paths)
        let (_, transformer) = try model.load()
        let segmenter = try SegmentationModel(transformer)
        let step = transformer.configuration.inputStep
        if let wrong = scales.sides.first(where: { $0 % step.width != 0 || $0 % step.height != 0 }) {
            throw CommandFailure(.usage, "--scales \(wrong): this model needs multiples of \(max(step.width, step.height))")
        }
        guard segmenter.labelCount <= 255 else {
            throw CommandFailure(.badData, "the model has \(segmenter.labelCount) labels, a label map holds 255")
        }
        var failures: [any Error] = []
        for job in jobs where !(resume && AtomicFile.exists(job.output)) {
            do {
                try segment(job, segmenter)
            } catch let error as FileError where jobs.count > 1 && error.kind != .unwritable {
                // A bad picture does not stop the run.
                Report.line("\(error)")
                failures.append(error)
            }
        }
        if let first = failures.first {
            throw CommandFailure(
                ExitStatus(first) ?? .badData, "\(failures.count) of \(jobs.count) pictures could not be segmented")
        }
    }

    private typealias Job = (picture: String, output: String, format: Format)

    private func segment(_ job: Job, _ model: SegmentationModel) throws {
        let picture = try ImageFile.read(path: job.picture)
        var maps = try MultiScaleSegmentation(sides: scales.sides).probabilities(of: picture, by: model)
        if crf { maps = DenseCRF().refine(maps, guide: picture, compute: model.transformer.compute) }
        switch job.format {
        case .npy:
            try AtomicFile.write(
                NumPyFile.encode(shape: [maps.classes.count, maps.height, maps.width], maps.values), to: job.output)
        case .png:
            let labels = IndexedImage(
                width: maps.width, height: maps.height, indices: maps.largest.map { UInt8(truncatingIfNeeded: $0) })
            try AtomicFile.write(try PNGEncoder.encode(labels), to: job.output)
        }
    }

    // MARK: Files

    /// Where each picture's labels go.
    private func outputs(for paths: [String]) throws -> [Job] {
        let suffix = Format.allCases.first { output.lowercased().hasSuffix(".\($0.rawValue)") }
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: output, isDirectory: &isFolder)
        if paths.count == 1, !isFolder.boolValue, suffix != nil || AtomicFile.isSpecial(output) {
            return [(paths[0], output, format ?? suffix ?? .npy)]
        }
        if exists, !isFolder.boolValue {
            throw CommandFailure(.unwritable, "\(output): is no folder, and there are several pictures to write")
        }
        do {
            try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        } catch {
            throw FileError(.unwritable, path: output, "cannot be made a folder")
        }
        let format = format ?? .png
        let prefix = output.hasSuffix("/") ? output : output + "/"
        var seen: Set<String> = []
        return try paths.map { path in
            let name = ImageLabels.stem(path)
            guard seen.insert(name).inserted else {
                throw CommandFailure(.usage, "\(path): two pictures would be written to \(prefix)\(name).\(format.rawValue)")
            }
            return (path, "\(prefix)\(name).\(format.rawValue)", format)
        }
    }

    /// The pictures a list names: as it stands there, or with any known extension.
    private static func read(_ list: String, folder: String?) throws -> [String] {
        let prefix = folder.map { $0.hasSuffix("/") ? $0 : $0 + "/" } ?? ""
        return try TextLines.read(list).map { line in
            let path = line.text.hasPrefix("/") ? line.text : prefix + line.text
            let candidates = [path] + ImageFile.extensions.sorted().map { "\(path).\($0)" }
            guard let found = candidates.first(where: { AtomicFile.exists($0) }) else {
                throw FileError(.missing, path: list, "line \(line.number): no picture \(path)")
            }
            return found
        }
    }
}
