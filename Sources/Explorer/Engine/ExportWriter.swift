import Attribution
import Files
import Foundation
import Images
import Labels
import Tensors
import VisionTransformer

/// Writes one export: the map's as it is shown; the label's made anew at the picture's own size.
struct ExportWriter {
    let request: ExportRequest
    let model: VisionTransformer
    let saliencyFolder: CompanionFiles?
    let modelName: String
    let programVersion: String
    let input: @Sendable (String, ExportKind) -> String?

    /// Makes the file; the answer is `.exported`, `.exportExists` or `.exportFailed`.
    func write() -> Action {
        let paths = self.paths
        for path in paths {
            if path.isFolder, !request.kind.fileExtension.isEmpty {
                return .exportFailed(message: "\(path): is a folder; name a file in it")
            }
            if let what = input(path, request.kind) ?? (path.isSameFile(as: request.picturePath) ? "the picture" : nil) {
                return .exportFailed(message: "\(path): is an input (\(what)) and would be written over; name another file")
            }
        }
        if let obstacle = request.kind.obstacle(to: request.path) { return .exportFailed(message: obstacle) }
        if !request.overwrite, paths.contains(where: AtomicFile.exists) { return .exportExists(.export(request)) }
        do {
            if let format = request.kind.format { return try export(format) }
            let (contents, note) = try contents()
            for (path, bytes) in zip(paths, contents) {
                try AtomicFile.write(bytes, to: path, replaces: request.overwrite, waits: false)
            }
            let names = paths.count > 2 ? "\(paths[0]) … (\(paths.count) files)" : paths.joined(separator: " and ")
            return .exported(
                path: names, bytes: contents.reduce(0) { $0 + $1.count }, note: note,
                preset: request.kind == .preset ? request.preset : nil)
        } catch {
            return .exportFailed(message: "\(error)")
        }
    }

    /// The label of this one picture in another program's format.
    private func export(_ format: LabelFormat) throws -> Action {
        let path = expandedPath
        // A folder that was made for it is no export yet.
        let replaces = request.overwrite || path.isFolder
        let export = try format.export(
            to: path, classNames: request.labelNames, program: "getam \(programVersion)", replaces: replaces)
        let file = request.picturePath.lastPart
        let label = ExportedLabel(name: PictureNames.name(of: file), picture: request.picturePath, fileName: file, labels: try labels())
        try export.add(label)
        try export.finish()
        return .exported(path: path, bytes: path.isFolder ? nil : FileSystem.status(path).map { Int($0.st_size) })
    }

    /// Where to: one file, or one a class.
    private var paths: [String] {
        guard request.kind == .masks else { return [expandedPath] }
        let stem = expandedPath.withoutEnding(["png"])
        let names = maskNumbers.map { number in
            let name = Int(number) <= request.labelNames.count ? request.labelNames[Int(number) - 1] : "\(number)"
            return String(name.map { $0.isLetter || $0.isNumber ? $0 : "_" })
        }
        return zip(maskNumbers, names).map { number, name in
            let isShared = names.count { $0 == name } > 1
            return stem + "-" + name + (isShared ? "-\(number)" : "") + ".png"
        }
    }

    /// The numbers that get a mask each.
    private var maskNumbers: [UInt8] {
        if let answer = request.answer { return answer.numbers }
        let painted = request.strokes.strokes.classNames.compactMap { request.strokes.numbers[$0] }
        return painted.isEmpty ? request.labelNumbers : Set(request.labelNumbers + painted).sorted()
    }

    private var expandedPath: String { request.path.expandingHome }

    /// Writes marks; the answer is `.marksSaved`, `.exportExists` or `.exportFailed`.
    static func save(_ request: MarksRequest) -> Action {
        let path = request.path.expandingHome
        if path.isFolder { return .exportFailed(message: "\(path): is a folder; name a file in it") }
        if !request.overwrite, AtomicFile.exists(path) { return .exportExists(.marks(request)) }
        do throws(FileError) {
            try AtomicFile.write(request.text.bytes, to: path, replaces: request.overwrite)
            return .marksSaved(request)
        } catch { return .exportFailed(message: "\(error)") }
    }

    /// The files' contents, in the order of the paths, and what they leave out.
    private func contents() throws -> ([[UInt8]], note: String?) {
        if request.kind == .labelme {
            let document = try LabelmeDocument(
                labels(), classNames: request.labelNames,
                imagePath: RelativePath.path(to: request.picturePath, besides: expandedPath),
                minimumArea: request.areaLimit.pixels(width: request.width, height: request.height))
            let (regions, pixels) = document.dropped
            return (
                [Array(document.json.utf8)],
                regions > 0 ? "left out \(pixels) pixels in \(regions) \(regions == 1 ? "part" : "parts")" : nil
            )
        }
        return (request.kind.needsLabels ? try labelContents() : try mapContents(), nil)
    }

    private func mapContents() throws -> [[UInt8]] {
        switch request.kind {
        case .raw: return [request.value.array]
        case .mask:
            guard let map = request.map else { return [] }
            let mask = map.mask(
                width: request.width, height: request.height, scale: request.scale, cut: request.cut, sampling: request.sampling)
            return [try PNGEncoder.encode(mask: mask, width: request.width, height: request.height, depth: .eight, text: notes)]
        case .overlay:
            if case .table(let table) = request.value, request.view != .picture { return [try tableOutput(table).bytes(sheet(table))] }
            return [try PNGEncoder.encode(shown(over: ImageFile.read(path: request.picturePath)), text: notes)]
        default: return [Array(request.preset.json.utf8)]
        }
    }

    /// What the view shows, over the picture.
    func shown(over picture: RGBImage) throws -> RGBImage {
        switch request.view {
        case .picture: return picture
        case _ where request.table != nil: return request.table.map { tableOutput($0).picture(sheet($0)) } ?? picture
        case .label, .decoder:
            return LabelPaint(palette: request.palette, fill: request.fill).picture(try labels(), over: picture)
        case .map, .overlay, .refined, .saliency:
            return request.value.picture(
                over: picture, blend: request.view == .map ? nil : request.blend, scale: request.scale, cut: request.cut,
                sampling: request.sampling, colorMap: request.colorMap) ?? picture
        }
    }

    private func sheet(_ table: QuantityTable) -> FigureSheet {
        let parts = [request.picturePath.lastPart.printable, request.className]
        return FigureSheet(
            table, title: request.title, isDiverging: request.isDiverging, colorMap: request.colorMap,
            legend: FigureCaption.legend(parts, model: modelName))
    }

    private func tableOutput(_ table: QuantityTable) -> FigureOutput {
        FigureOutput(of: table, program: "getam \(programVersion)", notes: notes)
    }

    /// The label map at the picture's own size.
    private func labels() throws -> IndexedImage { try made().labels }

    /// The label map at the picture's own size, the maps it was made of, and what their classes had to exceed; nil where the
    /// background has a map of its own.
    private func made() throws -> (labels: IndexedImage, maps: PixelMaps, background: LabelCompletion.Background?) {
        let picture = try ImageFile.read(path: request.picturePath)
        if let answer = request.answer {
            let maps = try MultiScaleSegmentation.usual(for: model.parameters).probabilities(of: picture, by: SegmentationModel(model))
            return (maps.labels(classes: answer.classes, numbers: answer.numbers), maps, nil)
        }
        let made = try LabelPipeline(model: model, preset: request.preset).labels(
            picture, classes: request.labelClasses, labels: request.labelNumbers,
            saliencyFile: SaliencyFolder.file(for: request.picturePath, request.preset, in: saliencyFolder), strokes: request.strokes)
        return (made.labels.labels, made.maps, made.background)
    }

    private func labelContents() throws -> [[UInt8]] {
        if request.kind == .maps {
            let picture = try ImageFile.read(path: request.picturePath)
            let maps = try LabelPipeline(model: model, preset: request.preset).classMaps(
                picture, classes: request.labelClasses,
                constraints: request.strokes.constraints(
                    pictureWidth: picture.width, pictureHeight: picture.height, width: picture.width, height: picture.height,
                    numbers: request.labelNumbers))
            if request.path.lowercased().hasSuffix(".npy") {
                return [NumPyFile.encode(shape: [maps.classes.count, maps.height, maps.width], maps.values)]
            }
            guard let bytes = ClassMapDump(keys: request.labelNumbers.map { Int($0) - 1 }, maps: maps).npz else {
                throw FileError(.invalid, path: request.path, "cannot hold maps of 4 GiB and more")
            }
            return [bytes]
        }
        let (labels, maps, background) = try made()
        switch request.kind {
        case .confidence, .doubt:
            let certainty: CertaintyMap = request.kind == .confidence ? .confidence : .doubt
            return [try PNGEncoder.encode(certainty.picture(of: maps, background: background), text: notes)]
        case .masks:
            return try maskNumbers.map { number in
                try PNGEncoder.encode(
                    mask: labels.indices.map { $0 == number }, width: labels.width, height: labels.height, depth: .eight,
                    text: notes)
            }
        default: return [try PNGEncoder.encode(labels, text: notes)]
        }
    }

    private var notes: [PNGEncoder.Text] {
        ExportNotes.of(
            request, model: modelName, content: PictureContent.of(request.picturePath), programVersion: programVersion)
    }
}

extension String {
    /// The path with the home folder in place of `~/` at its start.
    var expandingHome: String { hasPrefix("~/") ? NSHomeDirectory() + dropFirst(1) : self }
}

extension Preset {
    /// Under the file's name where it bears that of a built-in one without being that.
    public func truthfullyNamed(_ path: String) -> Preset {
        guard let builtIn = Preset.named(name), builtIn != self else { return self }
        var preset = self
        let stem = path.lastPart.withoutEnding(["json"])
        preset.name = Preset.named(stem) == nil ? stem : path.lastPart
        return preset
    }
}

extension QuantityValue {
    /// The numbers as `.npy`: see ``ExportKind/raw``.
    var array: [UInt8] {
        switch self {
        case .map(let map): NumPyFile.encode(shape: [map.rows, map.columns], map.values)
        case .colors(let colors): NumPyFile.encode(shape: [colors.rows, colors.columns, 3], colors.samples)
        case .classes(let found): NumPyFile.encode(shape: [found.rows, found.columns], found.classes.map { Int32(clamping: $0) })
        case .table(let table): NumPyFile.encode(shape: [table.rows.count, table.columns.count], table.rows.flatMap(\.self))
        }
    }
}
