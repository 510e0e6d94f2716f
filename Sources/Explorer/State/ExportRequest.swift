import Attribution
import Images
import Labels

/// What an export holds.
public enum ExportKind: String, Sendable, Hashable, CaseIterable {
    /// The picture with the map or the label over it, as shown, at the picture's own size; a table in colors with its numbers; a
    /// grid as a figure: PNG.
    case overlay
    /// The raw values as `.npy`: of a map Float32 `[rows, columns]` at patch resolution, of colors UInt8 with three more at the end,
    /// of classes Int32, of a table Float32 `[layers, columns]`, of a grid Float32 `[grid rows, grid columns, rows, columns]`.
    case raw
    /// White where the map reaches the display threshold, at the picture's own size: PNG.
    case mask
    /// The label map in VOC's palette: PNG.
    case label
    /// One binary PNG a class; the class's name is put before the path's extension.
    case masks
    /// The label's masks as compressed run lengths: COCO JSON.
    case coco
    /// The label's regions: labelme JSON.
    case labelme
    /// The refined class maps: `.npz` (`keys`, `maps`), or `.npy` `[classes, height, width]` where the path says so.
    case maps
    /// How sure the label is, pixel by pixel, as ``CertaintyMap`` has it: gray PNG.
    case confidence, doubt
    /// How the label is made: JSON.
    case preset
    /// The label in the formats of other programs, as ``LabelFormat`` has them: a file, or a folder.
    case cocoStuff = "coco-stuff", cocoPanoptic = "coco-panoptic", polygons, cvat, labelStudio = "label-studio", datumaro, roboflow,
        fiftyOne = "fiftyone", imageFolder = "imagefolder"

    /// The format of another program that it is; `nil` where it is none.
    public var format: LabelFormat? { LabelFormat(rawValue: rawValue) }

    /// Empty for a folder.
    public var fileExtension: String {
        switch self {
        case .overlay, .mask, .label, .masks, .confidence, .doubt: "png"
        case .raw: "npy"
        case .maps: "npz"
        case .labelme, .preset: "json"
        default: format?.fileExtension ?? ""
        }
    }
    /// Whether the picture's labels must be made for it.
    public var needsLabels: Bool {
        switch self {
        case .overlay, .raw, .mask, .preset: false
        default: true
        }
    }
    /// What its name may end in; the ending decides the format where there are several.
    public var endings: [String] { self == .maps ? ["npz", "npy"] : [fileExtension] }

    /// Why a file cannot have this name; `nil` where it can.
    func obstacle(to path: String) -> String? {
        let name = path.lowercased()
        if fileExtension.isEmpty { return nil }
        guard !endings.contains(where: { name.hasSuffix("." + $0) }) else { return nil }
        let wanted = endings.map { "." + $0 }.joined(separator: " or ")
        return "\(path): the name must end in \(wanted), as \(self == .masks ? "masks are" : "\(rawValue) is") written so"
    }

    var title: String {
        switch self {
        case .overlay: "overlay PNG"
        case .raw: "raw map .npy"
        case .mask: "mask PNG"
        case .label: "label PNG"
        case .masks: "mask PNGs, one a class,"
        case .labelme: "labelme JSON"
        case .maps: "class maps .npz"
        case .confidence, .doubt: "\(rawValue) PNG"
        case .preset: "preset"
        case .coco: "COCO JSON"
        default: rawValue
        }
    }
}

/// Regions that an export leaves out, because they are smaller.
public enum AreaLimit: Sendable, Hashable {
    case pixels(Int)
    /// Of the picture, 0 to 1.
    case share(Double)

    /// In pixels of a picture of a size: regions of fewer are left out.
    func pixels(width: Int, height: Int) -> Int {
        switch self {
        case .pixels(let count): count
        case .share(let share): Int((share * Double(width * height)).rounded(.up))
        }
    }
}

/// What is seen of the picture, beside the map: noted in a PNG, so that it can be gone back to.
public struct ScreenView: Sendable, Equatable {
    public var viewport = Viewport()
    public var probe: PatchPosition?
    public var layout = PaneLayout.single
    public var histogram = false
    public var quality = false
    public var filter = ""
}

/// All that is needed to write what is shown.
public struct ExportRequest: Sendable, Equatable {
    public let kind: ExportKind
    /// Where to, as typed; relative to the current directory, `~/` not yet expanded.
    public let path: String
    /// Whether an existing file may be replaced.
    public var overwrite: Bool
    /// An index into the models.
    public let model: Int
    public let picture: Int
    public let picturePath: String
    /// The picture's own size in pixels.
    public let width: Int
    public let height: Int
    /// What the map is of.
    public let key: MapKey
    /// `nil` for a method that needs no class.
    public var classIndex: Int? { key.classIndex }
    /// Empty without a class.
    public let className: String
    public let method: Int
    /// `nil` for the fused map.
    public let layer: Int?
    /// The layers summed: one, or the start layer to the last.
    public let layers: ClosedRange<Int>
    /// What is shown: a map's raw values, colors, classes or a table.
    public let value: QuantityValue
    var table: QuantityTable? { if case .table(let table) = value { table } else { nil } }
    public var map: PatchMap? { value.map }
    /// The method in words, and whether its values have both signs.
    let title: String
    let isDiverging: Bool
    /// The token that looks, as `--query` has it; `nil` for what stands for the picture.
    let query: String?
    /// What the class is told from, as `--contrast` has it; `nil` for nothing.
    let contrast: String?
    /// What was taken from the map, in words; `nil` where nothing was.
    let less: String?
    /// The raw values drawn with the first and the last color.
    public let scale: MapScale
    /// The display threshold as a fraction of the scale; 0 is off, never so for a mask.
    public let cut: Float
    public let blend: Blend
    /// Of the classes in label views.
    public let fill: Float
    public let palette: LabelPalette
    public let colorMap: ColorMap
    public let sampling: Sampling
    public let normalization: Normalization
    /// Whether the picture is blended in, and the map.
    public let view: ViewKind
    /// What the screen shows of it.
    public let screen: ScreenView
    /// Smaller regions are left out; of labelme's files only.
    public let areaLimit: AreaLimit
    /// How the label is made, and of which classes.
    public let preset: Preset
    /// Who says which classes those are, and from which probability they are predicted.
    public let labelSource: LabelSource
    public let prediction: Float
    /// Corrections of the label by hand.
    public let strokes: NumberedStrokes
    /// Those that say so, among the model's logits, ascending.
    public let appliedClasses: [Int]
    /// Also those that strokes give.
    public let labelClasses: [Int]
    /// The number of each class in the label map.
    public let labelNumbers: [UInt8]
    /// In the decoder view the classes among the model's logits that its label may take, and their numbers, as the label is the
    /// decoder's then; `nil` in others.
    public let answer: Answer?
    public let scope: DecoderScope
    public struct Answer: Sendable, Equatable {
        public let classes: [Int], numbers: [UInt8]
    }
    /// The name of each number, number 1 first.
    public let labelNames: [String]
}
