import Checkpoints
import Files

/// Which classes are in which picture, as a file says.
public struct ImageLabels: Sendable {
    /// What the file says of a picture.
    public struct Entry: Sendable, Hashable {
        /// The picture's name as the file writes it, folder and extension included.
        public let picture: String
        /// Whether the file gives the picture by a number.
        public let isNumber: Bool
        /// Class names, each once, as the file writes them; none for a picture without classes.
        public let classes: [String]

        public init(_ picture: String, _ classes: [String], isNumber: Bool = false) {
            self.picture = picture
            self.isNumber = isNumber
            var seen: Set<String> = []
            self.classes = classes.filter { seen.insert($0).inserted }
        }
    }

    /// What the reading of a file may ask: names with blanks and commas are taken for what is known.
    public struct Context: Sendable {
        let isPicture: @Sendable (String) -> Bool
        let classes: CommaNames

        /// - Parameters:
        ///   - classes: names of classes.
        ///   - isPicture: whether a text is a picture's name, with or without folder and extension.
        public init(classes: [String] = [], isPicture: @escaping @Sendable (String) -> Bool = { _ in false }) {
            self.isPicture = isPicture
            self.classes = CommaNames(classes)
        }
    }

    /// In the order of the file.
    public let entries: [Entry]
    private let numbers: [Int: Int]

    /// Of entries of one picture the last counts.
    public init(_ entries: [Entry] = []) {
        self.entries = entries
        numbers = Dictionary(
            entries.indices.compactMap { place in
                entries[place].isNumber ? Int(entries[place].picture).map { ($0, place) } : nil
            }, uniquingKeysWith: { $1 })
    }

    /// Where the entry that gives the picture by its number stands in ``entries``; nil where there is none.
    func place(ofNumbered picture: String) -> Int? {
        numbers.isEmpty ? nil : PictureNumber.number(of: picture.lastPart).flatMap { numbers[$0] }
    }

    /// The classes of the picture at a path or of a name; nil where nothing certain is known of it. ``PictureLabels`` finds
    /// the entries of many pictures.
    public func classes(of picture: String) -> [String]? {
        let name = PictureNames.name(of: picture)
        return (try? PictureLabels(self, of: PictureNames([name]), path: "").classes(of: name)) ?? nil
    }

    /// The labels in the file at `path`, whose format its content decides: `.npy` (`cls_labels.npy`), COCO or labelme JSON,
    /// VOC XML (one picture, named as the file), else text.
    public static func read(path: String, _ context: Context = Context()) throws(FileError) -> ImageLabels {
        let start = try FileContent(path: path, prefix: 64).withBytes { Array($0) }
        if start.starts(with: [0x93] + Array("NUMPY".utf8)) { return try readArrays(path: path) }
        switch start.first(where: { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }) {
        case UInt8(ascii: "{"): return try readJSON(path: path, context)
        case UInt8(ascii: "<"): return ImageLabels([Entry(stem(path), try VOCAnnotation.classes(path: path))])
        default: return try readText(path: path, context)
        }
    }

    /// A text file with a line `name class,class` a picture; see ``NameText`` for names with blanks and commas. A name alone
    /// has no classes.
    public static func readText(path: String, _ context: Context = Context()) throws(FileError) -> ImageLabels {
        var entries: [Entry] = []
        var lines: [NameKey: Int] = [:]
        for (number, line) in try TextLines.read(path, holdsNames: true) {
            let (picture, rest) = NameText.picture(in: line, isPicture: context.isPicture)
            let name = PictureNames.name(of: picture)
            if let earlier = lines.updateValue(number, forKey: NameKey(name)) {
                throw FileError(
                    .invalid, path: path, "line \(number) names the picture “\(name)” a second time, line \(earlier) the first")
            }
            guard let classes = rest.isEmpty ? [] : NameText.list(rest, known: context.classes) else {
                throw FileError(.invalid, path: path, "line \(number) has an empty class name; write “name class,class”")
            }
            entries.append(Entry(picture, classes))
        }
        return ImageLabels(entries)
    }

    /// A dictionary of vectors that NumPy pickled, such as VOC's `cls_labels.npy`: a class is present where the vector is
    /// above 0. Vectors of 20 are in VOC's order; classes of others are named by their numbers from 0.
    ///
    /// Keys are pictures' names or, as irn writes them, their numbers, the underscore left out. For forms beside the
    /// dictionary see ``PickledVectors``.
    public static func readArrays(path: String) throws(FileError) -> ImageLabels {
        ImageLabels(
            try PickledVectors.read(path: path).map { entry in
                let classes: [String]
                switch entry.value {
                case .names(let names): classes = names
                case .vector(let vector):
                    let isVOC = vector.count == ClassList.voc.names.count
                    classes = vector.indices.filter { vector[$0] > 0 }.map { isVOC ? ClassList.voc.names[$0] : "\($0)" }
                }
                switch entry.key {
                case .text(let name): return Entry(name, classes)
                case .number(let number): return Entry("\(number)", classes, isNumber: true)
                }
            })
    }

    /// Labels in JSON: a COCO annotation file, or labelme's file of one picture.
    private static func readJSON(path: String, _ context: Context) throws(FileError) -> ImageLabels {
        let value = try JSONValue.read(path: path)
        guard let annotation = LabelmeAnnotation(value) else { return try COCOAnnotations.labels(value, path: path) }
        let own = stem(path)
        let named = annotation.picture ?? own
        return ImageLabels([Entry(context.isPicture(named) || !context.isPicture(own) ? named : own, annotation.classes)])
    }

    /// A path's last part without its extension.
    public static func stem(_ path: String) -> String {
        PictureNames.name(of: path.lastPart)
    }
}
