import ArgumentParser
import GETAM

/// A format of another program, and where labels are written in it: `cvat=labels.zip`.
struct ExportTarget: ExpressibleByArgument, Sendable {
    let format: LabelFormat
    let path: String

    init?(argument: String) {
        guard let sign = argument.firstIndex(of: "="), let format = LabelFormat(rawValue: String(argument[..<sign])) else { return nil }
        let path = String(argument[argument.index(after: sign)...])
        if path.isEmpty { return nil }
        (self.format, self.path) = (format, path)
    }
}

/// Where labels are written for other programs.
struct ExportOptions: ParsableArguments {
    @Option(
        name: .customLong("export"),
        help: ArgumentHelp(
            "Write all labels for other programs too: \(LabelFormat.allCases.map(\.rawValue).joined(separator: ", ")); a file or a folder. Again for another.",
            valueName: "format=path"),
        completion: .exports)
    var targets: [ExportTarget] = []

    /// Begins the exports: what cannot be written is told before anything is computed.
    ///
    /// - Parameters:
    ///   - inputs: what is read, and not to be written over.
    ///   - outputs: folders of other outputs, which are there, and what their files end in.
    func begin(classNames: [String], inputs: InputFiles, outputs: [(folder: String, ending: String)]) throws -> LabelExports {
        for target in targets {
            let option = "--export \(target.format.rawValue)"
            guard target.format.fileExtension != nil else {
                try inputs.check(option, tree: target.path)
                continue
            }
            try inputs.check(option, file: target.path)
            for (folder, ending) in outputs { try InputFiles.check(option, file: target.path, notAmong: folder, ending: ending) }
        }
        return LabelExports(
            try targets.map {
                try $0.format.export(to: DashPath.output($0.path), classNames: classNames, program: "getam \(Getam.version)")
            })
    }
}

/// The labels of a run on their way to other programs.
struct LabelExports {
    let all: [any LabelExport]

    fileprivate init(_ exports: [any LabelExport]) { all = exports }

    /// Writes the labels of a run, those of an earlier one included, picture by picture; nothing where the run was not gone through.
    ///
    /// - Parameter labels: the file of a picture's label map.
    func write(_ pictures: [PictureList.Picture], _ summary: BatchSummary, labels: (String) -> String) throws {
        guard !all.isEmpty, summary.isComplete else { return }
        let failed = Set(summary.failures.map(\.position) + summary.labelMaps.map(\.position))
        for (position, picture) in pictures.enumerated() where !failed.contains(position) {
            let path = try picture.path()
            let label = ExportedLabel(
                name: picture.name, picture: path, fileName: picture.name.folder.appending(part: path.lastPart),
                labels: try ImageFile.readIndices(path: labels(picture.name)))
            for export in all { try export.add(label) }
        }
        for export in all { try export.finish() }
    }
}
