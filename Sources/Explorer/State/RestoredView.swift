import Attribution
import Files
import Images
import Labels

/// The view that an exported PNG was made from, by the notes in it.
public struct RestoredView: Sendable, Equatable {
    /// The picture's path, as the explorer knew it.
    public let picture: String
    /// The model's name.
    public let model: String
    public let preset: Preset
    let classIndex: Int?
    /// `nil` for the fused map.
    let layer: Int?
    let labelClasses: [Int]
    let view: ViewKind
    let notes: [String: String]

    /// Reads the notes of the PNG at a path.
    ///
    /// - Throws: `FileError` where it is no PNG, or none that the explorer exported.
    public init(path: String) throws(FileError) {
        let notes = try PNGText.read(path)
        guard let picture = notes["Source"], let preset = notes["getam preset"], let model = notes["getam model"],
            let view = notes["getam view"].flatMap(ViewKind.init(rawValue:))
        else { throw FileError(.invalid, path: path, "holds no view: it was not exported by getam explore") }
        self.picture = picture
        self.model = model
        self.preset = try Preset.decode(preset, path: path)
        self.view = view
        self.notes = notes
        classIndex = notes["getam class"].flatMap { $0.split(separator: " ").first }.flatMap { Int($0) }
        layer = notes["getam layer"].flatMap { Int($0) }
        labelClasses = (notes["getam labels"] ?? "").split(separator: " ").compactMap { Int($0) }
    }
}

extension ExplorerState {
    /// Goes to the view that a PNG was exported from. For a state that has not been started.
    public mutating func restore(_ restored: RestoredView) {
        let notes = restored.notes
        adjustments.view = restored.view
        if let text = notes["getam threshold"], let cut = Float(text), (0...1).contains(cut) { adjustments.cut = cut }
        if let text = notes["getam opacity"], let opacity = Float(text), (0...1).contains(opacity) {
            adjustments.opacity = opacity
        }
        if let map = notes["getam colormap"].flatMap(ColorMap.init(rawValue:)) { adjustments.colorMap = map }
        if let scale = notes["getam scale"].flatMap(Normalization.init(rawValue:)) { adjustments.normalization = scale }
        if let sampling = notes["getam sampling"].flatMap(Sampling.init(rawValue:)) { adjustments.sampling = sampling }
        if let layer = restored.layer, layer >= 0, layer < model.depth {
            self.layer = .layer(layer)
            lastLayer = layer
        }
        let index = pictures.firstIndex(of: restored.picture) ?? 0
        picture = pictures.isEmpty ? 0 : index
        let marks = Set(restored.labelClasses.filter { model.classNames.indices.contains($0) })
        adjustments.marks[picture] = marks.isEmpty ? nil : marks
        classToSelect = restored.classIndex
    }
}
