import Attribution
import Checkpoints
import Images

/// What the explorer shows of a model.
public struct ModelSummary: Sendable, Equatable {
    /// For the title line.
    public let name: String
    /// The number of blocks; layers are counted from 0, first block first.
    public let depth: Int
    /// One a class, made safe to draw: control characters replaced. None without a head.
    public let classNames: [String]
    /// How its segmentation decoder is asked, in words; `nil` without one.
    public let decoder: String?
    /// Of every layer's attention.
    public let heads: Int
    /// Of quantities whose attention has heads of its own, by identifier.
    let ownHeads: [String: Int]
    /// The tokens before the patches, by name: `cls`, `dist`, `reg0` and on.
    public let prefixTokens: [String]
    /// Why the model lacks a quantity, by its identifier.
    public let obstacles: [String: String]
    /// What it is; `nil` where that is not known.
    let configuration: ModelConfiguration?

    public init(
        name: String, depth: Int, classNames: [String], decoder: String? = nil, heads: Int = 1, prefixTokens: [String] = [],
        obstacles: [String: String] = [:], ownHeads: [String: Int] = [:], configuration: ModelConfiguration? = nil
    ) {
        self.ownHeads = ownHeads
        self.configuration = configuration
        self.decoder = decoder
        self.heads = max(heads, 1)
        self.prefixTokens = prefixTokens
        self.obstacles = obstacles
        self.name = DisplayText.sanitized(name)
        self.depth = max(depth, 1)
        self.classNames = classNames.map(DisplayText.sanitized)
        longestName = self.classNames.map { DisplayText.width(of: $0) }.max() ?? 0
    }

    /// Why there are no classes, and what helps.
    static let headless = "the model has no head; --head gives it one"
    /// Why there is no answer of a decoder.
    static let decoderless = "the model has no segmentation decoder"
    /// Columns of the longest of the class names.
    let longestName: Int

    /// The heads to choose from, of a quantity.
    func heads(of method: MethodSummary?) -> Int { method.flatMap { ownHeads[$0.identifier] } ?? heads }

    /// Whether it has a head.
    public var hasClasses: Bool { !classNames.isEmpty }

    /// The name of a class, its index where it has none.
    public func className(_ index: Int) -> String {
        guard classNames.indices.contains(index), !classNames[index].isEmpty else { return "\(index)" }
        return classNames[index]
    }

    /// A class's name, where on a command line it means no other class and nothing else; its index elsewhere.
    func word(forClass index: Int) -> String {
        let name = className(index)
        let isSure = Int(name) == nil && !name.hasPrefix("-") && !name.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{FFFD}" } && name.first != " " && name.last != " "
            && !Self.reservedWords.contains(name) && classNames.count { $0.lowercased() == name.lowercased() } == 1
        return isSure ? name : "\(index)"
    }

    /// What stands for something else where a class may be named.
    private static let reservedWords: Set = ["first", "last", "none", "only", "nearest", "toggle", "auto"]
}

/// What the explorer shows of a map method.
public struct MethodSummary: Sendable, Equatable {
    /// As in `--method`, for example `getam`.
    public let identifier: String
    public let title: String
    /// One sentence.
    public let explanation: String
    /// Whether a map is that of a class; else there is one for all.
    public let needsClass: Bool
    /// How the layers' maps become the fused map.
    public let fusion: MapFusion
    /// Whether every layer's map depends on the start layer.
    public let dependsOnStart: Bool
    /// Whether it is a map method; else another quantity of the model's passes.
    public let isMethod: Bool
    /// Whether a map takes passes by the dozen: too slow to stand in every grid.
    let takesManyPasses: Bool
    /// What its values depend on.
    public let axes: QuantityAxes
    public let scale: QuantityScale
    /// The formula in words and signs.
    public let definition: String
    /// Whether it has no values of a probability by soft-max.
    public let sumsLogits: Bool

    public init(
        identifier: String, title: String, explanation: String, needsClass: Bool = true, fusion: MapFusion = .sum,
        dependsOnStart: Bool = false, isMethod: Bool = true, takesManyPasses: Bool = false, axes: QuantityAxes? = nil, scale: QuantityScale = .sequential,
        definition: String = "", sumsLogits: Bool = false
    ) {
        self.sumsLogits = sumsLogits
        self.isMethod = isMethod
        self.takesManyPasses = takesManyPasses
        self.axes = axes ?? (needsClass ? [.target, .layer] : [.layer])
        self.scale = scale
        self.definition = definition
        self.identifier = identifier
        self.title = title
        self.explanation = explanation
        self.needsClass = needsClass
        self.fusion = fusion
        self.dependsOnStart = dependsOnStart
    }

    /// Whether its value is a table with layers of its own, no map.
    var isTable: Bool { !axes.contains(.layer) }

    /// Whether a gradient of the class is followed, so that another scalar can stand in the class' place.
    var followsTargets: Bool { axes.contains(.target) }

    /// Everything that can be shown of a model's passes, the map methods first.
    public static var all: [MethodSummary] { Quantities.all.map(MethodSummary.init) }

    public init(_ quantity: any Quantity) {
        self.init(
            identifier: quantity.identifier, title: quantity.title, explanation: quantity.summary,
            needsClass: quantity.needsClass, fusion: quantity.fusion,
            dependsOnStart: quantity.axes.contains(.start), isMethod: quantity is any MapMethod, takesManyPasses: quantity is any PictureMethod, axes: quantity.axes, scale: quantity.scale,
            definition: quantity.definition, sumsLogits: quantity.sumsLogits)
    }
}

/// What the label file says of a picture.
public struct NamedClasses: Sendable, Equatable {
    /// Among the model's; `nil` where the file knows nothing of the picture.
    public let classes: [Int]?
    /// What is wrong with what it says; one line.
    public let note: String?

    public init(classes: [Int]? = nil, note: String? = nil) {
        self.classes = classes
        self.note = note
    }
}

/// A picture after its forward pass, as much of it as the screen needs.
public struct TraceResult: Sendable, Equatable {
    /// The picture for display, at most about 1600 pixels on its long side, EXIF orientation applied.
    public let picture: PicturePyramid
    /// The picture's own size in pixels, EXIF orientation applied.
    public let originalWidth: Int
    public let originalHeight: Int
    /// What the model was given, in pixels.
    public let inputWidth: Int
    public let inputHeight: Int
    /// Patches of the input; every map of this picture has this size.
    public let gridRows: Int
    public let gridColumns: Int
    /// One a class; none without a head.
    public let logits: [Float]
    /// One a class, as many as `logits`, 0 to 1.
    public let probabilities: [Float]
    public let named: NamedClasses

    /// - Parameter picture: what is displayed, at most about 1600 pixels on its long side. Its pyramid is built here,
    ///   which takes milliseconds: call this on a worker.
    public init(
        picture: RGBImage, originalWidth: Int, originalHeight: Int, inputWidth: Int, inputHeight: Int, gridRows: Int,
        gridColumns: Int, logits: [Float], probabilities: [Float], named: NamedClasses = NamedClasses()
    ) {
        self.picture = PicturePyramid(picture)
        self.originalWidth = originalWidth
        self.originalHeight = originalHeight
        self.inputWidth = inputWidth
        self.inputHeight = inputHeight
        self.gridRows = gridRows
        self.gridColumns = gridColumns
        self.logits = logits
        self.probabilities = probabilities
        self.named = named
    }

    /// Whether the sizes can be drawn at all.
    var isSound: Bool {
        picture.width > 0 && picture.height > 0 && originalWidth > 0 && originalHeight > 0 && gridRows > 0
            && gridColumns > 0 && logits.count == probabilities.count
    }
}
