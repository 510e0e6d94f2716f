/// The map alone.
enum MapView {
    static func image(_ state: ExplorerState, _ area: PixelArea) -> PaneImage {
        let painter = PanePainter(state)
        return state.shown.map { painter.map($0.map.map, $0.scale, over: nil, area) } ?? painter.nothing(area)
    }
}
