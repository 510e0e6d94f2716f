import Attribution
import Files
import Images

/// The notes in exported PNGs: what made them, so that it can be made again. ``RestoredView`` reads them.
enum ExportNotes {
    static let picture = "Source"
    static let content = "getam content"
    static let model = "getam model"
    static let classLooked = "getam class"
    static let view = "getam view"
    static let scope = "getam decoder"
    static let layer = "getam layer"
    static let colorMap = "getam colormap"
    static let blend = "getam blend"
    static let opacity = "getam opacity"
    static let fill = "getam fill"
    static let palette = "getam palette"
    static let scale = "getam scale"
    static let sampling = "getam sampling"
    static let threshold = "getam threshold"
    static let labels = "getam labels"
    static let labelSource = "getam label source"
    static let prediction = "getam predict"
    static let preset = "getam preset"
    static let strokes = "getam strokes"
    static let viewport = "getam zoom"
    static let probe = "getam probe"
    static let layout = "getam layout"
    static let histogram = "getam histogram"
    static let quality = "getam quality"
    static let filter = "getam filter"

    /// - Parameters:
    ///   - content: what ``PictureContent`` says of the picture's file.
    static func of(_ request: ExportRequest, model: String, content: String?, programVersion: String) -> [PNGEncoder.Text] {
        let methods = Quantities.all
        // A name, never a path: what goes out tells nothing of the machine.
        var notes: [PNGEncoder.Text] = [
            ("Software", "getam \(programVersion)"), (picture, request.picturePath.lastPart),
        ]
        func add(_ key: String, _ value: String?) { if let value { notes.append((key, value)) } }
        add(self.content, content)
        add(self.model, model)
        add(classLooked, request.classIndex.map { "\($0) \(request.className)" })
        if methods.indices.contains(request.method) { add("getam method", methods[request.method].identifier) }
        add("getam layers", "\(request.layers.lowerBound)-\(request.layers.upperBound)")
        add("getam range", "\(request.scale.low) \(request.scale.high)")
        add("getam head", request.key.head.map { "\($0)" })
        add("getam query", request.query)
        add("getam contrast", request.contrast)
        add("getam ablated", request.key.ablations.isEmpty ? nil : request.key.ablations.words.joined(separator: " "))
        add("getam less", request.less)
        add(view, request.view.rawValue)
        if request.view == .decoder { add(scope, request.scope.rawValue) }
        add(layer, request.layer.map { "\($0)" } ?? "fused")
        add(colorMap, request.colorMap.rawValue)
        add(blend, request.blend.kind.rawValue)
        add(opacity, "\(request.blend.opacity)")
        add(fill, "\(request.fill)")
        add(palette, request.palette.rawValue)
        add(scale, request.normalization.rawValue)
        add(sampling, request.sampling.rawValue)
        add(labels, request.appliedClasses.map(String.init).joined(separator: " "))
        add(labelSource, request.labelSource.noteName)
        add(prediction, "\(request.prediction)")
        add(preset, request.preset.json)
        if !request.strokes.strokes.strokes.isEmpty { add(strokes, request.strokes.strokes.line) }
        if request.cut > 0 { add(threshold, "\(request.cut)") }
        let screen = request.screen
        add(viewport, "\(screen.viewport.zoom) \(screen.viewport.centerX) \(screen.viewport.centerY)")
        add(probe, screen.probe.map { "\($0.column) \($0.row)" })
        add(layout, screen.layout.rawValue)
        if screen.histogram { add(histogram, "on") }
        if screen.quality { add(quality, "on") }
        if !screen.filter.isEmpty { add(filter, screen.filter) }
        return notes
    }
}

extension LabelSource {
    /// As in a note.
    var noteName: String {
        switch self {
        case .marked: "hand"
        case .file: "file"
        case .predicted: "predicted"
        }
    }

    init?(noteName: String) {
        guard let source = [Self.marked, .file, .predicted].first(where: { $0.noteName == noteName }) else { return nil }
        self = source
    }
}
