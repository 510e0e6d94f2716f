import Labels

/// The brush of the label view.
public struct PaintTool: Sendable, Hashable {
    /// A pixel of the picture.
    public var cursor: StrokePoint
    /// In pixels of the picture.
    public var radius: Double
    public var target: StrokeTarget
    /// Whether refiners spread what is painted, or it changes no other pixels.
    public var spreads = true
    /// Where the last stroke ended: a line goes on from there.
    var last: StrokePoint?
    /// The first corner of a box.
    var corner: StrokePoint?
    /// Whether the mouse, held down, goes on with the last stroke.
    var isDragging = false

    /// As strokes have it. What is taken back is taken back from refiners too.
    var mode: StrokeMode { spreads || target == .automatic ? .constraint : .exact }
}

/// What is done with the brush, and with strokes.
public enum PaintAction: Sendable, Hashable {
    case toggle
    case set(Bool)
    case move(Direction)
    case goTo(StrokePoint)
    /// By so many steps.
    case resize(Int)
    case setRadius(Double)
    case setTarget(StrokeTarget)
    /// A class by its place in the legend, the first is 1.
    case setListedTarget(Int)
    case toggleSpread
    case setSpread(Bool)
    /// The brush's disc, and a line to it from where the last stroke ended.
    case dot, line
    /// The region under the cursor.
    case fill
    /// Begins a box, and ends it.
    case box
    /// The region under the cursor becomes background; the others of its class become what is around them.
    case delete, only
    /// The class's map under the brush, raised or taken away.
    case more, less
    /// Puts the brush's class in order.
    case tidy(LabelTidying)
    case tidyAll(LabelTidying)
    case add(LabelStroke)
    case undo, redo, clear
    /// Lists the regions of the label.
    case list
    /// To one of those listed, the first is 1.
    case ofRegion(Int, RegionChange)

    /// Whether it is of the brush in hand.
    var usesBrush: Bool {
        switch self {
        case .move, .goTo, .resize, .setRadius, .setTarget, .setListedTarget, .dot, .line, .fill, .box, .delete, .only, .more, .less: true
        case .toggle, .set, .toggleSpread, .setSpread, .tidy, .tidyAll, .add, .undo, .redo, .clear, .list, .ofRegion: false
        }
    }

    /// What becomes of a region.
    public enum RegionChange: Sendable, Hashable {
        case delete, only
        case become(StrokeTarget)
    }
}

/// The truth over what panes show.
public enum TruthLook: String, Sendable, Hashable, CaseIterable {
    case off
    /// The borders of its classes.
    case outline
    /// What the label misses, what it has too much, what does not count.
    case error
}

extension ExplorerState {
    /// The strokes of the picture shown that hold.
    var strokesHere: LabelStrokes { strokes[picture] ?? LabelStrokes() }

    /// The number in label maps of a class's name.
    func labelNumber(of name: String) -> UInt8? { labelSetup.names.prefix(254).firstIndex(of: name).map { UInt8($0 + 1) } }

    func numbered(_ strokes: LabelStrokes) -> NumberedStrokes { NumberedStrokes(strokes, numbers: labelNumber) }

    /// The classes whose maps make the label: those that apply, and those that strokes give, ascending.
    var labelClasses: [Int] {
        let painted = paintedClasses(strokesHere)
        return painted.isEmpty ? applied.classes : Set(applied.classes + painted).sorted()
    }

    /// The classes that strokes ask for, among the model's.
    func paintedClasses(_ strokes: LabelStrokes) -> [Int] {
        strokes.asking.classNames.compactMap(labelNumber).compactMap { number in labelSetup.numbers.firstIndex(of: number) }
            .filter(model.classNames.indices.contains)
    }

    /// Whether a stroke would be lost at the end.
    var hasUnsavedStrokes: Bool { strokes.contains { savedStrokes[$0.key] != $0.value && !($0.value.isEmpty && savedStrokes[$0.key] == nil) } }

    /// What a class's pixels become when it is painted.
    func target(ofClass index: Int) -> StrokeTarget? {
        guard labelSetup.has(index), let number = labelSetup.numbers[index] else { return nil }
        return .named(labelSetup.name(of: number))
    }

    func name(of target: StrokeTarget) -> String {
        switch target {
        case .named(let name): name
        case .background: "background"
        case .ignored: "ignore"
        case .automatic: "automatic"
        }
    }
}
