import Attribution
import Files
import Foundation
import Images
import Tensors

/// Writes one export: an overlay PNG, a raw map `.npy`, or a binary mask PNG.
struct ExportWriter {
    let request: ExportRequest
    let modelName: String
    let programVersion: String

    /// Makes the file; the answer is `.exported`, `.exportExists` or `.exportFailed`.
    func write() -> Action {
        let path = expandedPath
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            return .exportFailed(message: "\(path): is a folder; name a file in it")
        }
        if !request.overwrite, AtomicFile.exists(path) { return .exportExists(request) }
        do {
            let bytes = try contents()
            try AtomicFile.write(bytes, to: path, replaces: request.overwrite)
            return .exported(path: path, bytes: bytes.count)
        } catch {
            return .exportFailed(message: "\(error)")
        }
    }

    private var expandedPath: String {
        request.path.hasPrefix("~/") ? NSHomeDirectory() + request.path.dropFirst(1) : request.path
    }

    private func contents() throws -> [UInt8] {
        let map = request.map
        switch request.kind {
        case .raw: return NumPyFile.encode(shape: [map.rows, map.columns], map.values)
        case .mask:
            let mask = map.mask(
                width: request.width, height: request.height, low: request.low, high: request.high, cut: request.cut,
                sampling: request.sampling)
            return try PNGEncoder.encode(mask: mask, width: request.width, height: request.height, depth: .eight, text: notes)
        case .overlay:
            let picture = try ImageFile.read(path: request.picturePath)
            if request.view == .picture { return try PNGEncoder.encode(picture, text: notes) }
            return try PNGEncoder.encode(
                map.picture(
                    over: picture, opacity: request.view == .map ? 1 : request.opacity, low: request.low, high: request.high,
                    cut: request.cut, sampling: request.sampling, colorMap: request.colorMap),
                text: notes)
        }
    }

    /// What made the file, so that it can be made again.
    private var notes: [PNGEncoder.Text] {
        let methods = MapMethods.all
        var notes: [PNGEncoder.Text] = [("Software", "getam \(programVersion)"), ("Source", request.picturePath)]
        notes.append(("getam model", modelName))
        notes.append(("getam class", "\(request.classIndex) \(request.className)"))
        if methods.indices.contains(request.method) { notes.append(("getam method", methods[request.method].identifier)) }
        notes.append(("getam layers", "\(request.layers.lowerBound)-\(request.layers.upperBound)"))
        notes.append(("getam range", "\(request.low) \(request.high)"))
        if request.cut > 0 { notes.append(("getam threshold", "\(request.cut)")) }
        return notes
    }
}
