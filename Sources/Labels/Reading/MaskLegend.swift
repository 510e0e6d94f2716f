import Checkpoints
import Files
import Images

/// What the colors or numbers of a folder's masks mean, as other programs write it beside them: CVAT's `labelmap.txt`, Datumaro's
/// `dataset_meta.json`, Roboflow's `_classes.csv`, and numbers with names in `mask_targets.json` and `id2label.json`.
public struct MaskLegend: Sendable {
    /// The file that says it.
    public let path: String
    /// The classes, in the order of the file; background and unknown are none. ``labels(_:)`` numbers them from 1.
    public let names: [String]
    /// What a mask's name ends in beside its picture's.
    let suffix: String
    private let meaning: Meaning

    private enum Meaning: Sendable {
        case colors([RGBColor: UInt8])
        case numbers([UInt8: UInt8])
    }

    /// The legend in a folder of masks or in the folder around it; nil where there is none.
    ///
    /// - Throws: `FileError` where it is damaged.
    public init?(of folder: String) throws(FileError) {
        let around = folder.withoutTrailingSlash.folder
        for place in [folder.withoutTrailingSlash, around.isEmpty ? "." : around] {
            for name in ["labelmap.txt", "dataset_meta.json", "_classes.csv", "mask_targets.json", "id2label.json"] {
                let path = place.appending(part: name)
                guard AtomicFile.exists(path) else { continue }
                let entries: [Entry] =
                    switch name {
                    case "labelmap.txt": try Self.colorLines(path)
                    case "dataset_meta.json": try Self.colorsOfDatumaro(path)
                    case "_classes.csv": try Self.numberLines(path)
                    default: try Self.numberNames(path)
                    }
                try self.init(entries, path: path, suffix: name == "_classes.csv" ? "_mask" : "")
                return
            }
        }
        return nil
    }

    private init(_ entries: [Entry], path: String, suffix: String) throws(FileError) {
        var names: [String] = [], colors: [RGBColor: UInt8] = [:], numbers: [UInt8: UInt8] = [:]
        for entry in entries {
            let number: UInt8
            switch entry.name.lowercased() {
            case "background", "_background_", "unlabeled", "__background__": number = 0
            case "unknown", "ignore", "ignored", "void", "__ignore__": number = LabelCompletion.ignored
            default:
                guard names.count < 254 else { throw FileError(.invalid, path: path, "names more than 254 classes") }
                names.append(entry.name)
                number = UInt8(names.count)
            }
            let isFirst: Bool
            switch entry.value {
            case .color(let color): isFirst = colors.updateValue(number, forKey: color) == nil
            case .number(let value): isFirst = numbers.updateValue(number, forKey: value) == nil
            }
            guard isFirst else { throw FileError(.invalid, path: path, "gives “\(entry.name)” the value of another class: \(entry.value)") }
        }
        guard !names.isEmpty else { throw FileError(.invalid, path: path, "names no class of the masks beside it") }
        guard Set(names).count == names.count else { throw FileError(.invalid, path: path, "names a class twice") }
        // What needs no line: black is background, and 255 or VOC's color for it unknown.
        if colors.isEmpty {
            numbers = [0: 0, 255: LabelCompletion.ignored].merging(numbers) { $1 }
        } else {
            colors = [VOCPalette.colors[0]: 0, VOCPalette.colors[255]: LabelCompletion.ignored].merging(colors) { $1 }
        }
        (self.path, self.names, self.suffix) = (path, names, suffix)
        meaning = colors.isEmpty ? .numbers(numbers) : .colors(colors)
    }

    /// The mask at a path in the numbers of ``names``: 0 background, 255 unknown.
    ///
    /// - Throws: `FileError`, also for a color or number that the legend lacks.
    public func labels(_ mask: String) throws(FileError) -> IndexedImage {
        switch meaning {
        case .numbers(let numbers):
            var image = try ImageFile.readIndices(path: mask)
            if let stranger = Set(image.indices).first(where: { numbers[$0] == nil }) {
                throw FileError(.invalid, path: mask, "holds the number \(stranger), which \(path) does not name")
            }
            let table = (0...255).map { numbers[UInt8($0)] ?? 0 }
            for place in image.indices.indices { image.indices[place] = table[Int(image.indices[place])] }
            image.palette = VOCPalette.colors
            return image
        case .colors(let colors):
            let picture = try ImageFile.read(path: mask)
            var indices: [UInt8] = []
            indices.reserveCapacity(picture.width * picture.height)
            var last: (color: RGBColor, number: UInt8)?
            for place in stride(from: 0, to: picture.samples.count, by: 3) {
                let color = RGBColor(red: picture.samples[place], green: picture.samples[place + 1], blue: picture.samples[place + 2])
                if last?.color != color {
                    guard let number = colors[color] else {
                        throw FileError(
                            .invalid, path: mask, "holds the color \(color.red),\(color.green),\(color.blue), which \(path) does not name")
                    }
                    last = (color, number)
                }
                indices.append(last?.number ?? 0)
            }
            return IndexedImage(width: picture.width, height: picture.height, indices: indices)
        }
    }

    /// The names of the classes in the mask at a path, in the legend's order.
    ///
    /// - Throws: as ``labels(_:)``.
    func classes(_ mask: String) throws(FileError) -> [String] {
        let present = Set(try labels(mask).indices)
        return names.indices.filter { present.contains(UInt8($0 + 1)) }.map { names[$0] }
    }

    // MARK: Files

    private struct Entry {
        let name: String
        let value: Value
    }

    private enum Value: CustomStringConvertible {
        case color(RGBColor)
        case number(UInt8)

        var description: String {
            switch self {
            case .color(let color): "\(color.red),\(color.green),\(color.blue)"
            case .number(let number): "\(number)"
            }
        }
    }

    /// `name:r,g,b:parts:actions` a line.
    private static func colorLines(_ path: String) throws(FileError) -> [Entry] {
        var entries: [Entry] = []
        for (number, line) in try TextLines.read(path) {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            let samples = fields.count > 1 ? fields[1].split(separator: ",").compactMap { UInt8($0.filter { $0 != " " }) } : []
            guard samples.count == 3, !fields[0].isEmpty else {
                throw FileError(.invalid, path: path, "line \(number) is not “name:red,green,blue::”")
            }
            entries.append(Entry(name: String(fields[0]), value: .color(RGBColor(red: samples[0], green: samples[1], blue: samples[2]))))
        }
        return entries
    }

    /// `label_map`, numbers with names, and `segmentation_colors` in their order; numbers alone are what the masks hold.
    private static func colorsOfDatumaro(_ path: String) throws(FileError) -> [Entry] {
        guard case .object(let members) = try JSONValue.read(path: path), let map = members["label_map"] else {
            throw FileError(.invalid, path: path, "has no “label_map” with the classes' names")
        }
        let numbered = try numberNames(map, path)
        guard case .array(let colors)? = members["segmentation_colors"] else { return numbered }
        guard colors.count == numbered.count else {
            throw FileError(.invalid, path: path, "has \(colors.count) colors for \(numbered.count) names")
        }
        var entries: [Entry] = []
        for (entry, color) in zip(numbered, colors) {
            guard case .array(let samples) = color else { throw FileError(.invalid, path: path, "the color of “\(entry.name)” is no list") }
            let bytes = samples.compactMap { sample -> UInt8? in if case .integer(let value) = sample { UInt8(exactly: value) } else { nil } }
            guard samples.count == 3, bytes.count == 3 else {
                throw FileError(.invalid, path: path, "the color of “\(entry.name)” is not three numbers from 0 to 255")
            }
            entries.append(Entry(name: entry.name, value: .color(RGBColor(red: bytes[0], green: bytes[1], blue: bytes[2]))))
        }
        return entries
    }

    /// `Pixel Value, Class`, then `1, cat` a line.
    private static func numberLines(_ path: String) throws(FileError) -> [Entry] {
        var entries: [Entry] = []
        for (number, line) in try TextLines.read(path) {
            let fields = line.split(separator: ",", maxSplits: 1).map { $0.drop(while: \.isWhitespace) }
            guard fields.count == 2, let value = UInt8(fields[0]) else {
                if entries.isEmpty, number == 1 { continue }
                throw FileError(.invalid, path: path, "line \(number) is not “number, class”, the number below 256")
            }
            entries.append(Entry(name: NameText.unquoted(String(fields[1])), value: .number(value)))
        }
        return entries
    }

    private static func numberNames(_ path: String) throws(FileError) -> [Entry] { try numberNames(try JSONValue.read(path: path), path) }

    /// `{"1": "cat"}`, in the order of the numbers.
    private static func numberNames(_ value: JSONValue, _ path: String) throws(FileError) -> [Entry] {
        guard case .object(let members) = value else { throw FileError(.invalid, path: path, "is not an object of numbers with names") }
        var entries: [(number: UInt8, name: String)] = []
        for (key, value) in members {
            guard let number = UInt8(key), case .string(let name) = value else {
                throw FileError(.invalid, path: path, "“\(key)” is no number below 256 with a name")
            }
            entries.append((number, name))
        }
        return entries.sorted { $0.number < $1.number }.map { Entry(name: $0.name, value: .number($0.number)) }
    }
}
