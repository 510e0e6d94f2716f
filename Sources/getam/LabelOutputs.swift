import GETAM

/// The files that `getam label` writes for each picture.
struct LabelOutputs: Sendable {
    private let labels: OutputFolder
    /// Where class maps go; nil where they are not asked for.
    private let maps: OutputFolder?
    private let certainty: CertaintyOutputs
    private let classes: ClassList
    /// What the PNG says of its making; the same for every picture.
    private let notes: [PNGEncoder.Text]
    private let review: ReviewedFolder

    /// Which classes of a picture its label was made of.
    enum Wanted: Sendable {
        /// These numbers of the class list.
        case classes([UInt8])
        /// Those that the classifier finds.
        case predicted
    }

    /// Makes the folders where they are not there.
    init(folder: String, cams: String?, certainty: CertaintyOptions, classes: ClassList, notes: [PNGEncoder.Text]) throws {
        labels = try OutputFolder(folder, ending: "png")
        maps = try cams.map { try OutputFolder($0, ending: "npz") }
        self.certainty = try certainty.begin()
        self.classes = classes
        self.notes = notes
        review = try ReviewedFolder(folder)
    }

    /// Whether class maps are written, too.
    var keepsMaps: Bool { maps != nil }

    func label(_ name: String) -> String { labels.file(name) }

    /// What is there of a picture. Files are whole if they decode, have the picture's size, and hold no class beyond the
    /// list; they are the same if the label's notes say so. What lies beside it has none: it stands and falls with its label.
    func standing(_ name: String, width: Int, height: Int, _ wanted: Wanted) -> Standing {
        if review.accepted.contains(NameKey(name)) { return .same }
        let path = label(name), count = classes.names.count
        guard AtomicFile.exists(path), let labels = try? ImageFile.readIndices(path: path),
            labels.width == width, labels.height == height,
            labels.indices.allSatisfy({ Int($0) <= count || $0 == LabelCompletion.ignored })
        else { return .nothing }
        if let path = maps?.file(name) {
            guard AtomicFile.exists(path), let dump = try? ClassMapDump(path: path), dump.maps.width == width,
                dump.maps.height == height, dump.keys.allSatisfy({ $0 < count })
            else { return .nothing }
        }
        guard certainty.stand(name, width: width, height: height) else { return .nothing }
        guard let found = try? PNGText.read(path) else { return .other }
        var isSame = OutputNotes.agree(notes, found)
        // What the classifier found then it would find again.
        if case .classes(let numbers) = wanted { isSame = isSame && found[Self.classesKey] == text(of: numbers) }
        return isSame ? .same : .other
    }

    /// Writes the picture's files; the label last, so that where it is the maps are too.
    func write(
        _ name: String, _ label: IndexedImage, _ maps: PixelMaps, background: LabelCompletion.Background, numbers: [UInt8]
    ) throws {
        if let path = self.maps?.file(name) {
            guard let content = ClassMapDump(keys: numbers.map { Int($0) - 1 }, maps: maps).npz else {
                throw FileError(.invalid, path: path, "the maps take 4 GiB or more, which the format cannot hold")
            }
            try self.maps?.write(content, name)
        }
        try certainty.write(name, maps, background: background)
        let notes = notes + [(Self.classesKey, text(of: numbers))]
        try labels.write(PNGEncoder.encode(label, text: notes), name)
    }

    func check(_ name: String) throws(FileError) {
        try labels.check(name)
        try maps?.check(name)
        try certainty.check(name)
    }

    func removeLeftovers(of names: [String]) {
        labels.removeLeftovers(of: names)
        maps?.removeLeftovers(of: names)
        certainty.removeLeftovers(of: names)
    }

    private static let classesKey = "getam classes"

    /// `8 cat, 12 dog`, in whatever order the labels name them.
    private func text(of numbers: [UInt8]) -> String {
        numbers.sorted().map { number in
            let place = Int(number) - 1
            return "\(number) \(classes.names.indices.contains(place) ? classes.names[place] : "")"
        }.joined(separator: ", ").printable
    }
}

/// The notes in a PNG that say how it was made.
enum OutputNotes {
    /// Program, model and its content.
    static func of(_ model: LoadedModel) throws(FileError) -> [PNGEncoder.Text] {
        [
            ("Software", "getam \(Getam.version)"), ("getam model", model.displayName.printable),
            ("getam weights", try model.fingerprint()),
        ]
    }

    /// Whether a file is a label map that this program made, such as lie in folders that were outputs once.
    static func isLabelMap(_ path: String) -> Bool {
        guard path.ending == "png" else { return false }
        // Label maps have a palette, which the header says; the rest of other pictures is not read twice.
        let hasPalette = try? FileContent(path: path, prefix: 26).withBytes { $0.count > 25 && $0[25] == 3 }
        return hasPalette == true && (try? PNGText.read(path))?["getam weights"] != nil
    }

    /// Whether a file's notes say what these say. The program's version does not count: a new one is no reason to do all
    /// again; nor does what the model is called, for its weights do.
    static func agree(_ notes: [PNGEncoder.Text], _ found: [String: String]) -> Bool {
        notes.allSatisfy { ["Software", "getam model"].contains($0.key) || found[$0.key] == $0.value }
    }
}
