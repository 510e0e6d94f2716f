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

    /// Makes the file; the answer is `.exported`, `.exportExists` or `.exportFailed`.
    func write() -> Action {
        let paths = self.paths
        for path in paths {
            if path.isFolder {
                return .exportFailed(message: "\(path): is a folder; name a file in it")
            }
            if !request.overwrite, AtomicFile.exists(path) { return .exportExists(request) }
        }
        do {
            let contents = try contents()
            for (path, bytes) in zip(paths, contents) {
                try AtomicFile.write(bytes, to: path, replaces: request.overwrite)
            }
            let names = paths.count > 2 ? "\(paths[0]) … (\(paths.count) files)" : paths.joined(separator: " and ")
            return .exported(path: names, bytes: contents.reduce(0) { $0 + $1.count })
        } catch {
            return .exportFailed(message: "\(error)")
        }
    }

    /// Where to: one file, or one a class.
    private var paths: [String] {
        guard request.kind == .masks else { return [expandedPath] }
        let path = expandedPath
        let stem = path.lowercased().hasSuffix(".png") ? String(path.dropLast(4)) : path
        let names = request.labelNumbers.map { number in
            let name = Int(number) <= request.labelNames.count ? request.labelNames[Int(number) - 1] : "\(number)"
            return String(name.map { $0.isLetter || $0.isNumber ? $0 : "_" })
        }
        return zip(request.labelNumbers, names).map { number, name in
            let isShared = names.count { $0 == name } > 1
            return stem + "-" + name + (isShared ? "-\(number)" : "") + ".png"
        }
    }

    private var expandedPath: String {
        request.path.hasPrefix("~/") ? NSHomeDirectory() + request.path.dropFirst(1) : request.path
    }

    /// The files' contents, in the order of the paths.
    private func contents() throws -> [[UInt8]] {
        let map = request.map
        switch request.kind {
        case .raw: return [NumPyFile.encode(shape: [map.rows, map.columns], map.values)]
        case .mask:
            let mask = map.mask(
                width: request.width, height: request.height, low: request.low, high: request.high, cut: request.cut,
                sampling: request.sampling)
            return [try PNGEncoder.encode(mask: mask, width: request.width, height: request.height, depth: .eight, text: notes)]
        case .overlay:
            let picture = try ImageFile.read(path: request.picturePath)
            if request.view == .picture { return [try PNGEncoder.encode(picture, text: notes)] }
            return [
                try PNGEncoder.encode(
                    map.picture(
                        over: picture, opacity: request.view == .map ? 1 : request.opacity, low: request.low,
                        high: request.high, cut: request.cut, sampling: request.sampling, colorMap: request.colorMap),
                    text: notes)
            ]
        case .preset: return [Array(request.preset.json.utf8)]
        case .label, .masks, .coco, .labelme, .maps: return try labelContents()
        }
    }

    private func labelContents() throws -> [[UInt8]] {
        let pipeline = try LabelPipeline(model: model, preset: request.preset)
        let picture = try ImageFile.read(path: request.picturePath)
        if request.kind == .maps {
            let maps = try pipeline.classMaps(picture, classes: request.labelClasses)
            if request.path.lowercased().hasSuffix(".npy") {
                return [NumPyFile.encode(shape: [maps.classes.count, maps.height, maps.width], maps.values)]
            }
            guard let bytes = ClassMapDump(keys: request.labelNumbers.map { Int($0) - 1 }, maps: maps).npz else {
                throw FileError(.invalid, path: request.path, "cannot hold maps of 4 GiB and more")
            }
            return [bytes]
        }
        let labels = try pipeline.labels(
            picture, classes: request.labelClasses, labels: request.labelNumbers,
            saliencyFile: SaliencyFolder.file(for: request.picturePath, request.preset, in: saliencyFolder)
        ).labels.labels
        let fileName = request.picturePath.lastPart
        switch request.kind {
        case .masks:
            return try request.labelNumbers.map { number in
                try PNGEncoder.encode(
                    mask: labels.indices.map { $0 == number }, width: labels.width, height: labels.height, depth: .eight,
                    text: notes)
            }
        case .coco:
            var document = COCODocument(classNames: request.labelNames)
            document.add(labels, fileName: fileName)
            return [Array(document.json.utf8)]
        case .labelme:
            return [Array(try LabelmeDocument.json(labels, classNames: request.labelNames, imagePath: request.picturePath).utf8)]
        default: return [try PNGEncoder.encode(labels, text: notes)]
        }
    }

    /// What made the file, so that it can be made again.
    private var notes: [PNGEncoder.Text] {
        let methods = MapMethods.all
        var notes: [PNGEncoder.Text] = [("Software", "getam \(programVersion)"), ("Source", request.picturePath)]
        notes.append(("getam model", modelName))
        if let index = request.classIndex { notes.append(("getam class", "\(index) \(request.className)")) }
        if methods.indices.contains(request.method) { notes.append(("getam method", methods[request.method].identifier)) }
        notes.append(("getam layers", "\(request.layers.lowerBound)-\(request.layers.upperBound)"))
        notes.append(("getam range", "\(request.low) \(request.high)"))
        notes.append(("getam view", request.view.rawValue))
        notes.append(("getam layer", request.layer.map { "\($0)" } ?? "fused"))
        notes.append(("getam colormap", request.colorMap.rawValue))
        notes.append(("getam opacity", "\(request.opacity)"))
        notes.append(("getam scale", request.normalization.rawValue))
        notes.append(("getam sampling", request.sampling.rawValue))
        notes.append(("getam labels", request.labelClasses.map(String.init).joined(separator: " ")))
        notes.append(("getam preset", request.preset.json))
        if request.cut > 0 { notes.append(("getam threshold", "\(request.cut)")) }
        return notes
    }
}
