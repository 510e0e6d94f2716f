import Checkpoints
import Tensors
import VisionTransformer

/// Something that a model's passes over a picture say, one value a place: a map over patches, colors, classes or a table.
///
/// A quantity is one type in one file, listed in ``Quantities/all``; every pane, grid, export and command knows it then.
/// A map method (``MapMethod``) is a quantity whose values are maps of a class or of the picture.
public protocol Quantity: Sendable {
    /// The name on the command line and in files, such as `entropy`.
    var identifier: String { get }
    /// The name in running text.
    var title: String { get }
    /// What it is, in one line.
    var summary: String { get }
    /// The definition: the formula in words and signs, its unit, its source.
    var definition: String { get }
    /// What a value depends on beside the picture and the model.
    var axes: QuantityAxes { get }
    /// How values become colors.
    var scale: QuantityScale { get }
    /// How maps of several layers become one, unless a preset says otherwise; of other values the last layer's stands for all.
    var fusion: MapFusion { get }
    /// Whether it takes a target for a sum of logits, which a probability is not (``ClassTarget/softMax(_:among:)``): it has no
    /// value of that.
    var sumsLogits: Bool { get }
    /// Whether it reads what only a complete trace has (``VisionTransformer/complete(_:isCancelled:)``). Given another it makes
    /// one for itself at every call, for a forward pass more.
    var readsCompleteTrace: Bool { get }
    /// Why a model of this configuration has no such values; nil where it has.
    func obstacle(for configuration: ModelConfiguration) -> String?

    /// How many heads there are to choose from, where it has heads.
    func headCount(of configuration: ModelConfiguration) -> Int

    /// The values at the places asked for, each handed over as soon as it is there, the last layer first.
    ///
    /// - Parameters:
    ///   - trace: a forward pass of `model`.
    ///   - isCancelled: asked between layers.
    /// - Throws: `ModelError`, `CancellationError`.
    func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws
}

extension Quantity {
    public var fusion: MapFusion { .last }
    public var readsCompleteTrace: Bool { false }
    public var sumsLogits: Bool { false }
    public func obstacle(for configuration: ModelConfiguration) -> String? { nil }
    public func headCount(of configuration: ModelConfiguration) -> Int { configuration.heads }
    /// Whether a value is that of a class, so that a model without a head has none.
    public var needsClass: Bool { axes.contains(.target) }
}

/// What a quantity's value depends on beside the picture and the model.
public struct QuantityAxes: OptionSet, Sendable, Hashable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The class, or what stands in its place (``ClassTarget``).
    public static let target = QuantityAxes(rawValue: 1)
    public static let layer = QuantityAxes(rawValue: 2)
    /// A head of the layer's attention, or the mean of all.
    public static let head = QuantityAxes(rawValue: 4)
    /// The token whose view it is (``QueryToken``).
    public static let query = QuantityAxes(rawValue: 8)
    /// The layer at which a method that goes through the layers starts.
    public static let start = QuantityAxes(rawValue: 16)
}

/// How a quantity's values become colors.
public enum QuantityScale: Sendable, Hashable {
    /// From the smallest value to the largest.
    case sequential
    /// Values of both signs, zero in the middle.
    case diverging
    /// The values are colors.
    case colors
    /// The values are classes.
    case classes
}

/// The scalar whose gradients are followed.
public enum ClassTarget: Sendable, Hashable {
    /// A class's logit.
    case logit(Int)
    /// One class's logit less another's.
    case difference(Int, Int)
    /// A class's logit against the three whose logits are nearest to it, each weighted by its probability (FinerCAM).
    case contrast(Int)
    /// A class's probability by the soft-max over some classes' logits, its own among them, and those of the background's words where
    /// the model has such (CLIP-ES); over all classes' where none is named.
    case softMax(Int, among: [Int])

    /// The class that it speaks for.
    public var classIndex: Int {
        switch self {
        case .logit(let index), .difference(let index, _), .contrast(let index), .softMax(let index, _): index
        }
    }
}

/// A token as the one that looks (or, of some quantities, is looked at).
public enum QueryToken: Sendable, Hashable {
    /// What stands for the picture: the class token, or all patches where a head pools them.
    case picture
    /// A class, distillation or register token, by its place among the tokens.
    case prefix(Int)
    /// A patch, counted row by row from the top left.
    case patch(Int)
}

/// Which heads' values are asked for.
public enum HeadSelection: Sendable, Hashable {
    /// The quantity over all heads, as it defines that.
    case mean
    case one(Int)
    /// Every head by itself.
    case each
}

/// Which values are asked for.
public struct QuantityRequest: Sendable, Hashable {
    /// Ignored by a quantity without a class.
    public var targets: [ClassTarget]
    /// From 0, first block first.
    public var layers: ClosedRange<Int>
    public var heads: HeadSelection
    public var query: QueryToken
    /// Where a method that goes through the layers starts.
    public var start: Int

    public init(
        targets: [ClassTarget] = [], layers: ClosedRange<Int>, heads: HeadSelection = .mean, query: QueryToken = .picture, start: Int = 0
    ) {
        self.targets = targets
        self.layers = layers
        self.heads = heads
        self.query = query
        self.start = start
    }
}

/// Where a value belongs among those asked for.
public struct QuantityPlace: Sendable, Hashable {
    /// Position of the target in the request; 0 for a quantity without a class.
    public var target: Int
    /// Nil for a quantity without layers, such as a table over them.
    public var layer: Int?
    /// Nil for all heads together.
    public var head: Int?

    public init(target: Int = 0, layer: Int? = nil, head: Int? = nil) {
        self.target = target
        self.layer = layer
        self.head = head
    }
}

/// A value of a quantity.
public enum QuantityValue: Sendable, Equatable {
    case map(PatchMap)
    case colors(PatchColors)
    case classes(PatchClasses)
    case table(QuantityTable)
}

/// A color a patch.
public struct PatchColors: Sendable, Equatable {
    public let rows: Int
    public let columns: Int
    /// `rows × columns × 3`, 0 to 255.
    public let samples: [UInt8]

    public init(rows: Int, columns: Int, samples: [UInt8]) {
        precondition(samples.count == rows * columns * 3)
        self.rows = rows
        self.columns = columns
        self.samples = samples
    }
}

/// A class a patch, and the value by which it was the greatest.
public struct PatchClasses: Sendable, Equatable {
    public let rows: Int
    public let columns: Int
    /// `rows × columns` class indices.
    public let classes: [Int]
    /// `rows × columns`
    public let values: [Float]

    public init(rows: Int, columns: Int, classes: [Int], values: [Float]) {
        precondition(classes.count == rows * columns && values.count == rows * columns)
        self.rows = rows
        self.columns = columns
        self.classes = classes
        self.values = values
    }
}

/// Numbers by layer and column, such as a column a head.
public struct QuantityTable: Sendable, Equatable {
    /// The name of each column, such as `head 3` or `MLP`.
    public let columns: [String]
    /// A row a layer, the first block's first; NaN where there is no value.
    public let rows: [[Float]]
    /// What the numbers are in, such as `nats` or `pixels`; empty for none.
    public let unit: String
    /// What the numbers add up to, one a class; none where they are no parts of a sum.
    public let sums: [Sum]

    public init(columns: [String], rows: [[Float]], unit: String = "", sums: [Sum] = []) {
        self.columns = columns
        self.rows = rows
        self.unit = unit
        self.sums = sums
    }

    /// A sum whose parts are the numbers of a table and some that stand in none of its cells.
    public struct Sum: Sendable, Equatable {
        public struct Part: Sendable, Equatable {
            public let name: String
            public let value: Float

            public init(_ name: String, _ value: Float) { (self.name, self.value) = (name, value) }
        }

        /// Those that no cell has, such as the embedding's.
        public let parts: [Part]
        /// All together, those of the cells too.
        public let total: Float
        /// What it is the sum of, by name, as the pass gives it: the total but for rounding.
        public let whole: Part

        public init(parts: [Part], total: Float, whole: Part) {
            self.parts = parts
            self.total = total
            self.whole = whole
        }

        /// The parts, the sum and what it is the sum of.
        public var lines: [Part] { parts + [Part("sum", total), whole] }
    }
}
