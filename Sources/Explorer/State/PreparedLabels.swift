import Attribution
import Images
import Labels

/// What a worker prepares for label views: everything of a picture's labels that no cut changes.
public struct LabelRequest: Sendable, Hashable {
    /// An index into the models.
    public let model: Int
    public let picture: Int
    var recordKey: RecordKey { RecordKey(model: model, picture: picture) }
    public let path: String
    /// The cuts are left at fixed values, so that requests that differ in them alone are equal.
    public let preset: Preset
    /// Whether the level of the background is found by asking the model.
    public let asksModel: Bool
    /// Among the model's logits, ascending.
    public let classes: [Int]
    /// The number of each class in the label map.
    public let numbers: [UInt8]
    /// What a hand asks of the maps; empty where that is nothing.
    public let strokes: NumberedStrokes

    public init(
        model: Int = 0, picture: Int, path: String, preset: Preset, classes: [Int], numbers: [UInt8],
        strokes: NumberedStrokes = NumberedStrokes(LabelStrokes()) { _ in nil }
    ) {
        self.model = model
        self.strokes = strokes
        var preset = preset
        preset.name = ""
        if case .automatic(let kind) = preset.completion.background { asksModel = kind.asksModel } else { asksModel = false }
        preset.completion = LabelCompletion()
        preset.saliencyLevel = nil
        // Both computed maps are always made, so that another way to join them needs no worker.
        if case .computed = preset.saliency { preset.saliency = .none }
        self.picture = picture
        self.path = path
        self.preset = preset
        self.classes = classes
        self.numbers = numbers
    }
}

extension LabelRequest {
    /// Whether only what is painted, and what classes it gives, differs.
    func isSame(besidesStrokes other: LabelRequest) -> Bool {
        model == other.model && picture == other.picture && path == other.path && preset == other.preset && asksModel == other.asksModel
    }
}

/// A picture's refined class maps and saliency, ready for label completion.
public struct PreparedLabels: Sendable, Equatable {
    public let request: LabelRequest
    /// Refined and normalized, at most about 500 pixels on the long side.
    public let maps: PixelMaps
    let activation: Activation
    /// Of the maps' size, as all below.
    let barrier: SaliencyMap?
    let tokens: SaliencyMap?
    /// Saliency from a file, binarized.
    let fileMask: Mask?
    let truth: IndexedImage?
    /// The level of the background that the model was asked for.
    let level: Double?
    /// The maps' size over the picture's own.
    let scale: Double

    /// - Parameter scale: the maps' size over the picture's own, which sizes in pixels are multiplied by.
    /// - Throws: `LabelError` where a size differs or the numbers are no label numbers.
    public init(
        _ request: LabelRequest, maps: PixelMaps, barrier: SaliencyMap?, tokens: SaliencyMap?, fileMask: Mask? = nil,
        truth: IndexedImage? = nil, level: Double? = nil, scale: Double = 1
    ) throws(LabelError) {
        for size in [
            barrier.map { ($0.width, $0.height) }, tokens.map { ($0.width, $0.height) },
            fileMask.map { ($0.width, $0.height) }, truth.map { ($0.width, $0.height) },
        ] {
            guard let size, size != (maps.width, maps.height) else { continue }
            throw .size(
                "saliency or truth", width: size.0, height: size.1, expected: "the class map", expectedWidth: maps.width,
                expectedHeight: maps.height)
        }
        self.request = request
        self.maps = maps
        activation = try Activation(maps, labels: request.numbers)
        self.barrier = barrier
        self.tokens = tokens
        self.fileMask = fileMask
        self.truth = truth
        self.level = level
        self.scale = scale
    }

    public static func == (a: Self, b: Self) -> Bool {
        a.request == b.request && a.maps == b.maps && a.barrier == b.barrier && a.tokens == b.tokens
            && a.fileMask == b.fileMask && a.truth == b.truth && a.level == b.level && a.scale == b.scale
    }

    /// About, histograms of the activation included.
    var byteCount: Int {
        let pixels = maps.width * maps.height
        return maps.values.count * 4 + pixels * 15 + maps.classes.count << 17
    }

    /// How salient each pixel is, for a preset; `nil` where it uses none, or only a mask is known.
    func saliencyMap(_ preset: Preset) -> SaliencyMap? {
        guard case .computed(let kind) = preset.saliency else { return nil }
        switch kind {
        case .barrier: return barrier
        case .tokens: return tokens
        case .intersection, .union, .mean:
            guard let barrier, let tokens else { return nil }
            let mean = barrier.mean(tokens)
            return kind == .mean ? mean.stretched : mean
        }
    }

    /// The salient pixels, for a preset; `nil` where it uses none.
    func mask(_ preset: Preset) -> Mask? {
        switch preset.saliency {
        case .none: nil
        case .files: fileMask
        case .computed(let kind): kind.mask(barrier: barrier, tokens: tokens, level: preset.saliencyLevel)
        }
    }

    /// The preset's completion at the maps' size, with the level of this picture.
    func completion(_ preset: Preset) -> LabelCompletion {
        preset.completion.scaled(by: scale).resolved(activation, found: level)
    }
}

/// Prepared labels of pictures looked at lately, within a bound of memory. The newest is kept however large it is.
struct LabelStore: Sendable, Equatable {
    /// Least recently used first.
    private(set) var entries: [PreparedLabels] = []

    subscript(request: LabelRequest) -> PreparedLabels? { entries.last { $0.request == request } }

    /// What was last prepared of a picture, whatever the request.
    func latest(of key: RecordKey) -> PreparedLabels? { entries.last { $0.request.recordKey == key } }

    mutating func keep(_ prepared: PreparedLabels) {
        entries.removeAll { $0.request == prepared.request }
        entries.append(prepared)
        // Every stroke has its own: the last few serve undo.
        let key = prepared.request.recordKey
        let painted = entries.indices.filter { entries[$0].request.recordKey == key && !entries[$0].request.strokes.strokes.isEmpty }
        if painted.count > Self.paintedLimit { entries.remove(at: painted[0]) }
    }

    /// Of one picture, with strokes.
    private static let paintedLimit = 6

    /// Forgets what was prepared with a model.
    mutating func forget(model: Int) { entries.removeAll { $0.request.model == model } }

    var byteCount: Int { entries.reduce(0) { $0 + $1.byteCount } }

    /// Forgets what was used longest ago until the rest fits in so many bytes; the newest stays, and what is on the screen.
    mutating func trim(to limit: Int, keeping shown: Set<LabelRequest>) {
        var total = byteCount
        while total > limit, let index = entries.dropLast().firstIndex(where: { !shown.contains($0.request) }) {
            total -= entries.remove(at: index).byteCount
        }
    }

    mutating func touch(_ request: LabelRequest) {
        guard entries.last?.request != request, let index = entries.firstIndex(where: { $0.request == request }) else { return }
        entries.append(entries.remove(at: index))
    }
}
