import Attribution
import Images
import Labels

/// What a worker must do. At most one `open` or `map` is wanted at a time: a newer one, or `cancel`, ends the one under way.
public enum Effect: Sendable, Equatable {
    /// Decode a picture and run its forward pass. Answered by `.progress`, then `.traced` or `.openFailed`.
    case open(picture: Int, path: String, generation: Int)
    /// Compute a method's maps, every layer, deepest first (tracing the picture again where its trace was dropped).
    /// Answered by `.layerMapped` and `.progress`, then `.finished` or `.failed`.
    case map(picture: Int, path: String, key: MapKey, generation: Int)
    /// Prepare labels. `layerMaps` holds what is known already: every layer's map of a class, first layer first; others are
    /// answered by `.layerMapped`. Answered by `.progress`, then `.labelsPrepared` or `.failed`.
    case prepareLabels(LabelRequest, layerMaps: [Int: [PatchMap]], generation: Int)
    /// After a moment, answer with `.flashOver`.
    case endFlash(serial: Int)
    /// Read a preset file. Answered by `.presetLoaded` or `.exportFailed`.
    case loadPreset(path: String)
    /// Likely to be wanted next: decode and trace when nothing else is to be done, answered by `.traced` with
    /// generation 0; failures are not reported.
    case prefetch(picture: Int, path: String)
    /// Stop the work of this generation and of all before it; no answer.
    case cancel(generation: Int)
    /// Write a file. Answered by `.exported`, `.exportExists` or `.exportFailed`.
    case export(ExportRequest)
    case setMouse(Bool)
    /// Paint the whole screen again.
    case redraw
    /// Stop as Ctrl-Z does; paint again on return.
    case suspend
    case quit
}

/// What an export holds.
public enum ExportKind: String, Sendable, Hashable, CaseIterable {
    /// The picture with the map over it, as shown, at the picture's own size: PNG.
    case overlay
    /// The raw map at patch resolution: `.npy`, Float32, `[rows, columns]`.
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
    /// How the label is made: JSON.
    case preset

    public var fileExtension: String {
        switch self {
        case .overlay, .mask, .label, .masks: "png"
        case .raw: "npy"
        case .maps: "npz"
        case .coco, .labelme, .preset: "json"
        }
    }
    /// Whether the picture's labels must be made for it.
    public var needsLabels: Bool {
        switch self {
        case .label, .masks, .coco, .labelme, .maps: true
        case .overlay, .raw, .mask, .preset: false
        }
    }
    var title: String {
        switch self {
        case .overlay: "overlay PNG"
        case .raw: "raw map .npy"
        case .mask: "mask PNG"
        case .label: "label PNG"
        case .masks: "mask PNGs, one a class,"
        case .coco: "COCO JSON"
        case .labelme: "labelme JSON"
        case .maps: "class maps .npz"
        case .preset: "preset"
        }
    }
}

/// All that is needed to write what is shown.
public struct ExportRequest: Sendable, Equatable {
    public let kind: ExportKind
    /// Where to, as typed; relative to the current directory, `~/` not yet expanded.
    public let path: String
    /// Whether an existing file may be replaced.
    public var overwrite: Bool
    public let picture: Int
    public let picturePath: String
    /// The picture's own size in pixels.
    public let width: Int
    public let height: Int
    /// `nil` for a method that needs no class.
    public let classIndex: Int?
    /// Empty without a class.
    public let className: String
    public let method: Int
    /// `nil` for the fused map.
    public let layer: Int?
    /// The layers summed: one, or the start layer to the last.
    public let layers: ClosedRange<Int>
    /// Raw values.
    public let map: PatchMap
    /// The raw values drawn with the first and the last color.
    public let low: Float
    public let high: Float
    /// The display threshold as a fraction of `low…high`; 0 is off, never so for a mask.
    public let cut: Float
    public let opacity: Float
    public let colorMap: ColorMap
    public let sampling: Sampling
    public let normalization: Normalization
    /// Whether the picture is blended in, and the map.
    public let view: ViewKind
    /// How the label is made, and of which classes.
    public let preset: Preset
    /// Among the model's logits, ascending.
    public let labelClasses: [Int]
    /// The number of each class in the label map.
    public let labelNumbers: [UInt8]
    /// The name of each number, number 1 first.
    public let labelNames: [String]
}
