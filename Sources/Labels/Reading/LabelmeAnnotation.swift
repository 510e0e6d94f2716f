import Checkpoints
import Files

/// labelme's file of one picture, as far as image-level labels need it.
struct LabelmeAnnotation {
    /// The last part of the picture's path; nil where the file names none.
    let picture: String?
    /// The different labels of its shapes, in file order.
    let classes: [String]

    /// - Returns: nil for a value that is no labelme file: one with a list `shapes`.
    init?(_ value: JSONValue) {
        guard case .object(let members) = value, case .array(let shapes)? = members["shapes"] else { return nil }
        var classes: [String] = []
        for shape in shapes {
            guard case .object(let shape) = shape, case .string(let label)? = shape["label"], !label.isEmpty else { continue }
            if !classes.contains(label) { classes.append(label) }
        }
        self.classes = classes
        guard case .string(let path)? = members["imagePath"] else {
            picture = nil
            return
        }
        // Windows writes the separators its way.
        picture = path.utf8.split(whereSeparator: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }).last.flatMap { String($0) }
    }

    /// The file at `path`.
    init(path: String) throws(FileError) {
        guard let annotation = LabelmeAnnotation(try JSONValue.read(path: path)) else {
            throw FileError(.invalid, path: path, "is no labelme file: it has no list “shapes”")
        }
        self = annotation
    }
}
