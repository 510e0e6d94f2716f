/// Draws the screen of a training run. Pure; always gives a frame of exactly the state's size.
public func view(_ state: TrainingState) -> Frame {
    var writer = FrameWriter(columns: state.columns, rows: state.rows, theme: Theme(state.colorDepth, on: state.theme.ground))
    guard !TooSmallView.draw(&writer) else { return writer.frame }
    let layout = TrainingLayout(state)
    TrainingTitleView.draw(state, layout, &writer)
    TrainingCurveView.draw(state, layout, &writer)
    for (place, rect) in layout.probes.enumerated() {
        TrainingProbeView.draw(state.probes[(state.firstProbe + place) % state.probes.count], rect, state, &writer)
    }
    TrainingStatusView.draw(state, layout, &writer)
    writer.repairWideCharacters()
    return writer.frame
}
