import Files

/// The classes of a label map by name: number 1 is the first, 0 is background, 255 unknown.
public struct ClassList: Sendable, Hashable {
    /// 1 to 254 names, all different.
    public let names: [String]

    /// - Throws: `LabelError` where there is no name or too many, or one stands there twice.
    public init(_ names: [String]) throws(LabelError) {
        guard !names.isEmpty else { throw .setting("the class list is empty") }
        guard names.count <= 254 else {
            throw .setting("the class list has \(names.count) classes; a label map holds at most 254, choose some with a class list file")
        }
        var places: [String: Int] = [:]
        for (place, name) in names.enumerated() {
            guard let earlier = places.updateValue(place, forKey: name) else { continue }
            throw .setting(
                "the class list has “\(name)” twice, as numbers \(earlier + 1) and \(place + 1); "
                    + "write “\(name)#INDEX” for each, with the model's own index")
        }
        self.names = names
    }

    private init(known names: [String]) { self.names = names }

    /// The 20 classes of Pascal VOC, in its order.
    public static let voc = ClassList(known: [
        "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog", "horse",
        "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
    ])

    /// The 80 classes of COCO, in the order of its category numbers (which leave some out).
    public static let coco = ClassList(known: [
        "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light", "fire hydrant",
        "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe",
        "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat",
        "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl",
        "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
        "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave",
        "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
    ])

    /// The list in a text file, one name a line; empty lines and lines that start with `#` are skipped. A name may be in quotes.
    ///
    /// - Throws: `FileError`.
    public init(path: String) throws(FileError) {
        let names = try TextLines.read(path).map { NameText.unquoted($0.text) }
        do throws(LabelError) {
            try self.init(names)
        } catch { throw FileError(.invalid, path: path, "\(error)") }
    }

    /// A class's number in a label map; nil for a name that is not in the list.
    public func number(of name: String) -> UInt8? { names.firstIndex(of: name).map { UInt8($0 + 1) } }

    /// The numbers of the classes in a list of names separated by commas, in which those of the class list that hold commas are
    /// one name each, and quotes keep a name together; `background` is 0.
    ///
    /// - Throws: `LabelError` for a name that the class list lacks, and for one that several of its classes have.
    public func numbers(in text: String) throws(LabelError) -> [UInt8] {
        guard let wanted = NameText.list(text, known: CommaNames(names)) else {
            throw .setting("a name in the list is empty")
        }
        var numbers: [UInt8] = []
        for name in wanted {
            if let number = number(of: name) {
                numbers.append(number)
                continue
            }
            if name == "background" {
                numbers.append(0)
                continue
            }
            // Of the model's classes with one name, the list has NAME#INDEX.
            let namesakes = names.filter { $0.hasPrefix(name + "#") && $0.dropFirst(name.count + 1).allSatisfy(\.isWholeNumber) }
            guard namesakes.isEmpty else {
                throw .setting("“\(name)” is the name of \(namesakes.count) classes: write \(namesakes.prefix(5).joined(separator: " or "))")
            }
            throw .unknownClass(name, known: names)
        }
        return numbers
    }

    /// What a number of a label map stands for.
    public func name(of number: UInt8) -> String {
        switch number {
        case 0: "background"
        case LabelCompletion.ignored: "unknown"
        default: Int(number) <= names.count ? names[Int(number) - 1] : "\(number)"
        }
    }
}
