import Attribution
import Images

/// A probe picture, its map, its present pseudo label and the decoder's answer side by side.
enum TrainingProbeView {
    static func draw(_ probe: TrainingProbe, _ rect: CellRect, _ state: TrainingState, _ writer: inout FrameWriter) {
        let theme = writer.theme
        for x in rect.column..<rect.column + rect.columns { writer.write("─", column: x, row: rect.row - 1, look: theme.line) }
        let name = DisplayText.truncated(title(probe, state), to: rect.columns - 4)
        writer.write(" \(name) ", column: rect.column + 1, row: rect.row - 1, limit: rect.column + rect.columns, look: theme.dim)
        let parts = TrainingLayout.parts(state)
        for (part, place) in zip(parts, TrainingLayout.places(of: parts.count, in: rect)) {
            let caption = DisplayText.truncated(caption(part, probe, state), to: place.columns - 1)
            writer.write(caption, column: place.column + 1, row: rect.row, limit: place.column + place.columns, look: theme.text)
            draw(part, probe, place, state, &writer)
        }
    }

    private static func draw(
        _ part: TrainingLayout.Part, _ probe: TrainingProbe, _ place: CellRect, _ state: TrainingState, _ writer: inout FrameWriter
    ) {
        let picture = probe.picture
        guard let placement = PicturePlacement(
            pane: place, pictureWidth: picture.width, pictureHeight: picture.height, viewport: Viewport())
        else { return }
        let glyphs: GlyphSet = state.colorDepth.isPlain ? .half : min(.quadrant, state.finestGlyphs)
        let area = PixelArea(placement, glyphs), painter = PanePainter(depth: state.colorDepth)
        let image: PaneImage?
        switch part {
        case .picture: image = painter.picture(picture, area)
        case .map:
            image = probe.reading.flatMap { $0.map(class: state.classPlace(in: $0), layer: state.layer, fused: state.fused) }.map {
                painter.map($0, MapScale(of: $0), over: picture, area)
            }
        case .label: image = probe.reading?.label.map { labels($0, probe, state, painter, area) }
        case .decoder: image = probe.reading?.answer.map { labels($0, probe, state, painter, area) }
        }
        if let image { return image.draw(into: &writer, column: place.column + placement.left, row: place.row + placement.top / 2) }
        let text = probe.reading == nil ? "…" : part == .label ? "none yet" : "none"
        writer.writeCentered(text, in: place, row: place.row + place.rows / 2, look: writer.theme.dim)
    }

    private static func labels(
        _ labels: IndexedImage, _ probe: TrainingProbe, _ state: TrainingState, _ painter: PanePainter, _ area: PixelArea
    ) -> PaneImage {
        let numbers = PixelLookup(area, width: labels.width, height: labels.height).map { pixel, _, _ in labels.indices[pixel] }
        let isLettered = state.colorDepth == .mono
        let names = isLettered ? state.classNames.prefix(254).enumerated().map { (number: UInt8($0.offset + 1), name: $0.element) } : []
        return painter.labels(numbers, over: probe.picture, area, letters: FewColors.letters(names))
    }

    /// The picture's name and what the model says of its classes.
    private static func title(_ probe: TrainingProbe, _ state: TrainingState) -> String {
        guard let reading = probe.reading else { return probe.name }
        let classes = zip(reading.classes, reading.probabilities).enumerated().map { place, known in
            (place < reading.named ? "" : "not ") + state.className(known.0) + " " + Numbers.percent(known.1)
        }
        return ([probe.name] + classes + ["step \(reading.step)"]).joined(separator: " · ")
    }

    /// What a part is called; a map after its class.
    private static func caption(_ part: TrainingLayout.Part, _ probe: TrainingProbe, _ state: TrainingState) -> String {
        guard part == .map, let reading = probe.reading else { return part.rawValue }
        let place = state.classPlace(in: reading)
        return reading.classes.indices.contains(place) ? "map of \(state.className(reading.classes[place]))" : part.rawValue
    }
}
