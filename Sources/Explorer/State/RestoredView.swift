import Attribution
import Files
import Images
import Labels

/// The view that an exported PNG was made from, by the notes in it.
public struct RestoredView: Sendable, Equatable {
    /// The picture's name; in files of older versions its path.
    public let picture: String
    /// What ``PictureContent`` said of the picture's file; `nil` in files of older versions.
    public let content: String?
    /// The model's name.
    public let model: String
    public let preset: Preset
    let strokes: LabelStrokes
    let classIndex: Int?
    /// `nil` for the fused map.
    let layer: Int?
    let labelClasses: [Int]
    let labelSource: LabelSource
    let view: ViewKind
    let scope: DecoderScope
    let screen: ScreenView?
    let notes: [String: String]

    /// Reads the notes of the PNG at a path.
    ///
    /// - Throws: `FileError` where it is no PNG, or none that the explorer exported.
    public init(path: String) throws(FileError) {
        let notes = try PNGText.read(path)
        guard let picture = notes[ExportNotes.picture], let preset = notes[ExportNotes.preset],
            let model = notes[ExportNotes.model], let view = notes[ExportNotes.view].flatMap(ViewKind.init(rawValue:))
        else { throw FileError(.invalid, path: path, "holds no view: it was not exported by getam explore") }
        self.picture = picture
        self.model = model
        self.preset = try Preset.decode(preset, path: path)
        strokes = try notes[ExportNotes.strokes].map { text throws(FileError) in try LabelStrokes.decode(text, path: path) } ?? LabelStrokes()
        self.view = view
        scope = notes[ExportNotes.scope].flatMap(DecoderScope.init(rawValue:)) ?? .all
        self.notes = notes
        content = notes[ExportNotes.content]
        classIndex = notes[ExportNotes.classLooked].flatMap { $0.split(separator: " ").first }.flatMap { Int($0) }
        layer = notes[ExportNotes.layer].flatMap { Int($0) }
        labelClasses = Self.integers(notes[ExportNotes.labels])
        // Before the note was written, who had chosen the classes was not known: the model goes on doing it.
        labelSource = notes[ExportNotes.labelSource].flatMap(LabelSource.init(noteName:)) ?? .predicted
        screen = Self.screen(notes)
    }

    private static func integers(_ text: String?) -> [Int] { (text ?? "").split(separator: " ").compactMap { Int($0) } }

    private static func screen(_ notes: [String: String]) -> ScreenView? {
        guard let layout = notes[ExportNotes.layout].flatMap(PaneLayout.init(rawValue:)) else { return nil }
        var screen = ScreenView(layout: layout)
        let place = (notes[ExportNotes.viewport] ?? "").split(separator: " ").compactMap { Double($0) }
        if place.count == 3, Viewport.zoomLimits.contains(place[0]), place.allSatisfy(\.isFinite) {
            screen.viewport.zoom = place[0]
            screen.viewport.centerX = min(max(place[1], 0), 1)
            screen.viewport.centerY = min(max(place[2], 0), 1)
        }
        let patch = integers(notes[ExportNotes.probe])
        if patch.count == 2, patch.allSatisfy({ (0..<100_000).contains($0) }) {
            screen.probe = PatchPosition(column: patch[0], row: patch[1])
        }
        screen.histogram = notes[ExportNotes.histogram] == "on"
        screen.quality = notes[ExportNotes.quality] == "on"
        screen.filter = DisplayText.sanitized(notes[ExportNotes.filter] ?? "")
        return screen
    }
}

extension ExplorerState {
    /// Goes to the view that a PNG was exported from. For a state that has not been started.
    ///
    /// - Parameters:
    ///   - picture: the place of its picture among those there are.
    ///   - differs: whether that is not, or may not be, the file that the view was made from.
    public mutating func restore(_ restored: RestoredView, picture: Int, differs: Bool = false) {
        let notes = restored.notes
        adjustments.view = restored.view
        adjustments.scope = restored.scope
        func number(_ key: String) -> Float? { notes[key].flatMap { Float($0) }.flatMap { (0...1).contains($0) ? $0 : nil } }
        if let cut = number(ExportNotes.threshold) { adjustments.cut = cut }
        // Before there was a note, the opacity was the same everywhere.
        adjustments.blend = notes[ExportNotes.blend].flatMap(Blend.Kind.init(rawValue:)) ?? .flat
        if let opacity = number(ExportNotes.opacity) { adjustments.opacity = opacity }
        if let fill = number(ExportNotes.fill) { adjustments.fill = fill }
        if let palette = notes[ExportNotes.palette].flatMap(LabelPalette.init(rawValue:)) { adjustments.palette = palette }
        if let map = notes[ExportNotes.colorMap].flatMap(ColorMap.init(rawValue:)) { adjustments.colorMap = map }
        if let scale = notes[ExportNotes.scale].flatMap(Normalization.init(rawValue:)) { adjustments.normalization = scale }
        if let sampling = notes[ExportNotes.sampling].flatMap(Sampling.init(rawValue:)) { adjustments.sampling = sampling }
        if let layer = restored.layer, layer >= 0, layer < model.depth {
            self.layer = .layer(layer)
            lastLayer = layer
        }
        self.picture = pictures.indices.contains(picture) ? picture : 0
        classToSelect = restored.classIndex
        if let screen = restored.screen {
            viewport = screen.viewport
            probe = screen.probe
            adjustments.layout = screen.layout
            histogramShown = screen.histogram
            qualityShown = screen.quality
            filter = screen.filter
        }
        let classes = restored.labelClasses.filter { model.classNames.indices.contains($0) }
        switch restored.labelSource {
        case .marked: adjustments.marks[self.picture] = Set(classes)
        case .file: restoredClasses[self.picture] = classes
        case .predicted: if let prediction = number(ExportNotes.prediction) { adjustments.predict = prediction }
        }
        savedMarks = adjustments.marks
        if !restored.strokes.strokes.isEmpty { strokes[self.picture] = restored.strokes }
        savedStrokes = strokes
        if differs { refuse("\(pictureName) is not the file that the view was exported from") }
    }
}
