import Foundation
import GETAM

/// The files that a batch writes for each picture.
struct LabelOutputs: Sendable {
    let folder: String
    /// Where class maps go; nil where they are not asked for.
    let cams: String?
    /// Classes in the class list.
    let classes: Int
    /// What the PNG says of its making; the same for every picture.
    let notes: [PNGEncoder.Text]

    /// Makes the folders where they are not there.
    init(folder: String, cams: String?, classes: Int, notes: [PNGEncoder.Text]) throws {
        func trimmed(_ path: String) -> String { path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }
        self.folder = trimmed(folder)
        self.cams = cams.map(trimmed)
        self.classes = classes
        self.notes = notes
        for path in [self.folder] + (self.cams.map { [$0] } ?? []) {
            if !path.isFolder {
                do {
                    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                } catch {
                    throw FileError(.unwritable, path: path, "the folder cannot be made: \(Self.reason(error))")
                }
            }
            // Known before the first picture is computed.
            if access(path, W_OK | X_OK) != 0 {
                let reason = String(cString: strerror(errno))
                throw FileError(.unwritable, path: path, "cannot be written: \(reason.prefix(1).lowercased())\(reason.dropFirst())")
            }
        }
    }

    private static func reason(_ error: any Error) -> String {
        let error = error as NSError
        let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError
        guard let number = cause.flatMap({ $0.domain == NSPOSIXErrorDomain ? Int32($0.code) : nil }) else {
            return "something stands in its way, or it may not be written"
        }
        let text = String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    func label(_ name: String) -> String { "\(folder)/\(name).png" }
    func dump(_ name: String) -> String? { cams.map { "\($0)/\(name).npz" } }

    /// Whether the picture's files are there and whole: they decode, have the picture's size, and no class is beyond the list.
    func isWhole(_ name: String, width: Int, height: Int) -> Bool {
        guard AtomicFile.exists(label(name)), let labels = try? ImageFile.readIndices(path: label(name)),
            labels.width == width, labels.height == height,
            labels.indices.allSatisfy({ Int($0) <= classes || $0 == LabelCompletion.ignored })
        else { return false }
        guard let path = dump(name) else { return true }
        guard AtomicFile.exists(path), let dump = try? ClassMapDump(path: path) else { return false }
        return dump.maps.width == width && dump.maps.height == height && dump.keys.allSatisfy { $0 < classes }
    }

    /// Writes the picture's files; the label last, so that where it is the maps are too.
    func write(_ name: String, _ labels: IndexedImage, _ maps: PixelMaps, numbers: [UInt8]) throws {
        if let path = dump(name) {
            guard let content = ClassMapDump(keys: numbers.map { Int($0) - 1 }, maps: maps).npz else {
                throw FileError(.invalid, path: path, "the maps take 4 GiB or more, which the format cannot hold")
            }
            try AtomicFile.write(content, to: path)
        }
        try AtomicFile.write(PNGEncoder.encode(labels, text: notes), to: label(name))
    }

    /// Removes what a killed run has left of these pictures' files: hidden, and never given their name.
    func removeLeftovers(of names: [String]) {
        for (folder, ending) in [(folder, ".png"), (cams, ".npz")] {
            guard let folder, let entries = try? FileManager.default.contentsOfDirectory(atPath: folder) else { continue }
            let own = Set(names.map { String(($0 + ending).prefix(100)) })
            for entry in entries where entry.hasPrefix(".") && entry.hasSuffix(".part") {
                let inner = entry.dropFirst().dropLast(5)
                guard let dot = inner.lastIndex(of: "."), own.contains(String(inner[..<dot])) else { continue }
                unlink("\(folder)/\(entry)")
            }
        }
    }
}
