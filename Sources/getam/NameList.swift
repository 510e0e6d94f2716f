import GETAM

/// Lists of pictures: a text file with a name or a path a line.
///
/// A name may be in quotes; of two paths in a line, as in lists of picture and mask, the first counts.
enum NameList {
    /// The pictures of a list, found by name among all that are named; in the list's order. What a line names and is not there
    /// is an error in that picture's place.
    ///
    /// - Parameters:
    ///   - path: of the list.
    ///   - folder: where a picture that is not there would lie.
    /// - Throws: a failure for a list without names, and for a picture that stands there twice.
    static func choose(_ path: String, from all: PictureList, in folder: String) throws -> PictureList {
        let names = PictureNames(all.pictures.map(\.name))
        // A name's files, more than one where they differ in their extensions.
        var files: [NameKey: [Int]] = [:]
        for (place, picture) in all.pictures.enumerated() { files[NameKey(picture.name), default: []].append(place) }
        var chosen: [PictureList.Picture] = [], elsewhere: [String] = []
        var lines: [NameKey: Int] = [:]
        for (number, text) in try read(path, isPicture: { names.contains($0) }) {
            var picture: PictureList.Picture
            switch names.find(text) {
            case .one(let place), .elsewhere(let place):
                let name = names.names[place]
                let twins = files[NameKey(name)] ?? []
                let wanted = twins.first { ((try? all.pictures[$0].path()) ?? "").ending == text.ending } ?? twins[0]
                picture = all.pictures[wanted]
                if case .elsewhere = names.find(text) { elsewhere.append("“\(text)” is “\(name)”") }
            case .several(let places):
                let some = places.prefix(2).map { "“\(names.names[$0])”" }.joined(separator: " or ")
                picture = failing(folder, text, .invalid, "may be \(some); name its folder too")
            case .none:
                picture = failing(folder, text, .missing, "no picture of this name (.jpg, .png, .ppm, …)")
            }
            if let earlier = lines.updateValue(number, forKey: NameKey(picture.name)) {
                throw FileError(
                    .invalid, path: path, "line \(number) names “\(picture.name)” a second time, line \(earlier) the first")
            }
            chosen.append(picture)
        }
        let remarks = elsewhere.isEmpty ? [] : [
            "\(path): \(elsewhere.count) names found in other folders than the list says: \(ClassMatch.some(elsewhere))"
        ]
        return PictureList(pictures: chosen, known: names.names, remarks: all.remarks + remarks)
    }

    /// The names that a list holds among these, in its order; names that are not among them as they stand.
    static func names(_ path: String, among known: PictureNames) throws -> [String] {
        let list = PictureList(pictures: known.names.map { PictureList.Picture(name: $0, file: .success($0)) })
        return try choose(path, from: list, in: "").pictures.map(\.name)
    }

    /// The pictures of a list of paths, as seen from the working folder.
    ///
    /// - Throws: a failure for a list that names no file at all.
    static func paths(_ path: String) throws -> PictureList {
        let pictures = try read(path, isPicture: AtomicFile.exists).map { _, text in
            let name = PictureNames.name(of: text.lastPart)
            return AtomicFile.exists(text) ? PictureList.Picture(name: name, file: .success(text))
                : PictureList.Picture(name: name, file: .failure(FileError(.missing, path: text, "no such picture")))
        }
        guard pictures.contains(where: { (try? $0.path()) != nil }) else {
            throw CommandFailure(
                .missingInput, "\(path): no line is the path of a picture; for names, give the folder of the pictures too: --images")
        }
        return PictureList(pictures: PictureList.told(apart: pictures, pictures.indices.filter { (try? pictures[$0].path()) != nil }))
    }

    private static func failing(
        _ folder: String, _ text: String, _ kind: FileError.Kind, _ reason: String
    ) -> PictureList.Picture {
        PictureList.Picture(
            name: PictureNames.name(of: text), file: .failure(FileError(kind, path: folder.appending(part: text), reason)))
    }

    /// The lines' names.
    private static func read(_ path: String, isPicture: (String) -> Bool) throws -> [(number: Int, text: String)] {
        let lines = try TextLines.read(path, holdsNames: true)
        guard !lines.isEmpty else { throw FileError(.invalid, path: path, "has no names in it; write one a line") }
        return lines.map { ($0.number, NameText.picture(in: $0.text, isPicture: isPicture).name) }
    }
}
