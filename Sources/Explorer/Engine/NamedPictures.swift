import Files
import Images
import Labels

/// Pictures named by hand while the explorer runs.
enum NamedPictures {
    /// The files that the first reading means of which all are there, folders replaced by the pictures in them.
    static func find(_ text: String, _ readings: [[String]]) -> Action {
        let readings = readings.map { $0.map(\.expandingHome) }
        guard let paths = readings.first(where: { !$0.isEmpty && $0.allSatisfy(AtomicFile.exists) }) else {
            let name = DisplayText.truncated(DisplayText.sanitized(readings.last?.first ?? text), to: 60)
            return .noPictures(message: "no file “\(name)”: a pasted path opens that picture")
        }
        do throws(FileError) {
            var found: [String] = []
            for path in paths {
                guard path.isFolder else {
                    found.append(path)
                    continue
                }
                let folder = try PictureFiles(folder: path, endings: ImageFile.extensions)
                found += folder.named.flatMap(\.paths)
            }
            return found.isEmpty ? .noPictures(message: "no pictures in \(DisplayText.sanitized(paths[0]))") : .picturesOpened(found)
        } catch { return .noPictures(message: "\(error)") }
    }
}
