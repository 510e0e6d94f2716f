import Files

/// The classes of a label map by name: number 1 is the first, 0 is background, 255 unknown.
public struct ClassList: Sendable, Hashable {
    /// 1 to 254 names.
    public let names: [String]

    /// - Throws: `LabelError` where there is no name or too many, or one stands there twice.
    public init(_ names: [String]) throws(LabelError) {
        guard !names.isEmpty else { throw .setting("the class list is empty") }
        guard names.count <= 254 else {
            throw .setting("the class list has \(names.count) classes; a label map holds at most 254, choose some with a class list file")
        }
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw .setting("the class list has '\(name)' twice")
        }
        self.names = names
    }

    private init(known names: [String]) { self.names = names }

    /// The 20 classes of Pascal VOC, in its order.
    public static let voc = ClassList(known: [
        "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog", "horse",
        "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    ])

    /// The list in a text file, one name a line; empty lines and lines that start with `#` are skipped.
    ///
    /// - Throws: `FileError`.
    public init(path: String) throws(FileError) {
        let names = try TextLines.read(path).map(\.text)
        do throws(LabelError) {
            try self.init(names)
        } catch { throw FileError(.invalid, path: path, "\(error)") }
    }

    /// A class's number in a label map; nil for a name that is not in the list.
    public func number(of name: String) -> UInt8? { names.firstIndex(of: name).map { UInt8($0 + 1) } }

    /// What a number of a label map stands for.
    public func name(of number: UInt8) -> String {
        switch number {
        case 0: "background"
        case LabelCompletion.ignored: "unknown"
        default: Int(number) <= names.count ? names[Int(number) - 1] : "\(number)"
        }
    }
}
