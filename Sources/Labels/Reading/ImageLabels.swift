import Checkpoints
import Files

/// Which classes are in which picture.
public struct ImageLabels: Sendable, Hashable {
    /// Class names by the picture's name, without folder and extension. A picture without classes has an empty list.
    public var names: [String: [String]]

    public init(_ names: [String: [String]] = [:]) { self.names = names }

    /// The classes of the picture at a path or of a name; nil where nothing is known of it.
    public func classes(of picture: String) -> [String]? { names[Self.stem(picture)] }

    /// The labels in the file at `path`, whose format its content decides: `.npy` (`cls_labels.npy`), COCO JSON, VOC XML
    /// (one picture, named as the file), else text.
    public static func read(path: String) throws(FileError) -> ImageLabels {
        let start = try MappedFile(path: path).withBytes { Array($0.prefix(64)) }
        if start.starts(with: [0x93] + Array("NUMPY".utf8)) { return try readArrays(path: path) }
        switch start.first(where: { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }) {
        case UInt8(ascii: "{"): return try readCOCO(path: path)
        case UInt8(ascii: "<"): return ImageLabels([stem(path): try VOCAnnotation.classes(path: path)])
        default: return try readText(path: path)
        }
    }

    /// A text file with a line `name class,class` a picture. Class names may hold blanks; a name alone has no classes.
    public static func readText(path: String) throws(FileError) -> ImageLabels {
        var labels = ImageLabels()
        for (number, line) in try TextLines.read(path, holdsNames: true) {
            let parts = line.split(maxSplits: 1, whereSeparator: \.isWhitespace)
            let name = stem(String(parts[0]))
            guard labels.names[name] == nil else {
                throw FileError(.invalid, path: path, "line \(number) names the picture '\(name)' a second time")
            }
            var classes: [String] = []
            for part in (parts.count > 1 ? parts[1] : "").split(separator: ",", omittingEmptySubsequences: parts.count < 2) {
                var part = part.drop(while: \.isWhitespace)
                while part.last?.isWhitespace == true { part.removeLast() }
                guard !part.isEmpty else {
                    throw FileError(.invalid, path: path, "line \(number) has an empty class name; write 'name class,class'")
                }
                if !classes.contains(String(part)) { classes.append(String(part)) }
            }
            labels.names[name] = classes
        }
        return labels
    }

    /// VOC's `cls_labels.npy`: a pickled dictionary of vectors, a class present where the vector is above 0.
    ///
    /// Vectors of 20 are in VOC's order; classes of others are named by their numbers from 0.
    public static func readArrays(path: String) throws(FileError) -> ImageLabels {
        var labels = ImageLabels()
        for (name, vector) in try PickledVectors.read(path: path) {
            let isVOC = vector.count == ClassList.voc.names.count
            labels.names[stem(name)] = vector.indices.filter { vector[$0] > 0 }.map { isVOC ? ClassList.voc.names[$0] : "\($0)" }
        }
        return labels
    }

    /// The VOC annotations `folder/NAME.xml` of the pictures named; objects marked as difficult count.
    public static func readVOC(folder: String, pictures: [String]) throws(FileError) -> ImageLabels {
        var labels = ImageLabels()
        for picture in pictures {
            labels.names[stem(picture)] = try VOCAnnotation.classes(path: "\(folder)/\(stem(picture)).xml")
        }
        return labels
    }

    /// A COCO annotation file: the names of every picture's categories, in the order of the categories.
    public static func readCOCO(path: String) throws(FileError) -> ImageLabels {
        func malformed(_ reason: String) -> FileError { FileError(.invalid, path: path, reason) }
        let value = try JSONValue.read(path: path)
        func list(_ key: String) throws(FileError) -> [[String: JSONValue]] {
            guard case .object(let members) = value, case .array(let elements)? = members[key] else {
                throw malformed("is not a COCO annotation file: it has no list '\(key)'")
            }
            var objects: [[String: JSONValue]] = []
            for element in elements {
                guard case .object(let object) = element else { throw malformed("'\(key)' must be a list of objects") }
                objects.append(object)
            }
            return objects
        }
        func number(_ object: [String: JSONValue], _ key: String, of kind: String) throws(FileError) -> Int {
            guard case .integer(let number)? = object[key] else { throw malformed("\(kind) lacks the number '\(key)'") }
            return number
        }
        var pictures: [Int: String] = [:], categories: [Int: (order: Int, name: String)] = [:]
        var labels = ImageLabels()
        for image in try list("images") {
            guard case .string(let file)? = image["file_name"] else { throw malformed("an image lacks its 'file_name'") }
            pictures[try number(image, "id", of: "an image")] = stem(file)
            labels.names[stem(file)] = []
        }
        for (order, category) in try list("categories").enumerated() {
            guard case .string(let name)? = category["name"] else { throw malformed("a category lacks its 'name'") }
            categories[try number(category, "id", of: "a category")] = (order, name)
        }
        var present: [String: Set<Int>] = [:]
        for annotation in try list("annotations") {
            let image = try number(annotation, "image_id", of: "an annotation")
            let category = try number(annotation, "category_id", of: "an annotation")
            guard let picture = pictures[image] else { throw malformed("an annotation names the image \(image), which is not there") }
            guard categories[category] != nil else { throw malformed("an annotation names the category \(category), which is not there") }
            present[picture, default: []].insert(category)
        }
        for (picture, numbers) in present {
            labels.names[picture] = numbers.compactMap { categories[$0] }.sorted { $0.order < $1.order }.map(\.name)
        }
        return labels
    }

    /// A path's last part without its extension.
    public static func stem(_ path: String) -> String {
        // Names such as 2007_000032 have no extension, v1.5 has none that is one.
        path.lastPart.withoutEnding(["png", "jpg", "jpeg", "jpe", "jfif", "ppm", "pgm", "pbm", "pnm", "xml", "npy", "npz", "json"])
    }
}
