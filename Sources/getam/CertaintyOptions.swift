import ArgumentParser
import GETAM

/// Where maps go of how sure labels are.
struct CertaintyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Folder for gray PNGs of the largest share that a class or the background has of each pixel.", valueName: "dir"),
        completion: .directory)
    var confidence: String?
    @Option(
        help: ArgumentHelp("Folder for gray PNGs of how little is known of each pixel: white where nothing is.", valueName: "dir"),
        completion: .directory)
    var doubt: String?

    func validate() throws {
        for (kind, folder) in all where folder.isEmpty { throw ValidationError("--\(kind.rawValue) needs a folder.") }
    }

    /// The folders that are asked for.
    var folders: [String] { all.map(\.folder) }

    private var all: [(kind: CertaintyMap, folder: String)] {
        [(.confidence, confidence), (.doubt, doubt)].compactMap { kind, folder in folder.map { (kind, $0) } }
    }

    /// - Parameter others: folders that PNGs of the same names are written to.
    /// - Throws: a usage failure where files would lie among others, or among what is read.
    func check(_ inputs: InputFiles, others: [String]) throws(CommandFailure) {
        var taken = others
        for (kind, folder) in all {
            try inputs.check("--\(kind.rawValue)", folder: folder, ending: "png")
            if let other = taken.first(where: { $0 == folder || $0.isSameFile(as: folder) }) {
                throw CommandFailure(.usage, "--\(kind.rawValue) \(folder): PNGs of the same names are written to \(other); name another folder")
            }
            taken.append(folder)
        }
    }

    /// Makes the folders where they are not there.
    func begin() throws -> CertaintyOutputs {
        CertaintyOutputs(folders: try all.map { ($0.kind, try OutputFolder($0.folder, ending: "png")) })
    }
}

/// Maps of how sure labels are, a file a picture and kind.
struct CertaintyOutputs: Sendable {
    fileprivate let folders: [(kind: CertaintyMap, folder: OutputFolder)]

    /// Whether all are there, in a picture's size.
    func stand(_ name: String, width: Int, height: Int) -> Bool {
        folders.allSatisfy { _, folder in
            let path = folder.file(name)
            guard AtomicFile.exists(path), let image = try? ImageFile.read(path: path) else { return false }
            return image.width == width && image.height == height
        }
    }

    /// - Parameters:
    ///   - background: what classes must exceed; nil where the maps have one of the background among them.
    func write(_ name: String, _ maps: PixelMaps, background: LabelCompletion.Background?) throws {
        for (kind, folder) in folders {
            let picture = kind.picture(of: maps, background: background)
            try folder.write(PNGEncoder.encode(picture, text: [("Software", "getam \(Getam.version)")]), name)
        }
    }

    func check(_ name: String) throws(FileError) {
        for (_, folder) in folders { try folder.check(name) }
    }

    func removeLeftovers(of names: [String]) { folders.forEach { $0.folder.removeLeftovers(of: names) } }
}
