/// Draws a state on a screen of a size. Pure; always gives a frame of exactly that size.
public func view(_ state: ExplorerState, columns: Int, rows: Int) -> Frame {
    var writer = FrameWriter(columns: columns, rows: rows, theme: Theme(state.colorDepth, on: state.context.theme.ground))
    let layout = Layout(state, columns: columns, rows: rows)
    guard !TooSmallView.draw(&writer) else { return writer.frame }
    // While another pane's picture is in the place of this one's, or the bare one, bar and lines are of what is seen.
    let isAside = state.panes.isBlinking || state.panes.isPeeking
    let seen = isAside && !state.showsGrid ? state.seen(byPane: state.panes.focus) : state
    TitleView.draw(seen, layout, &writer)
    PaneView.draw(state, layout, &writer)
    GridView.draw(state, layout, &writer)
    HistogramView.draw(seen, layout, &writer)
    QualityView.draw(state, layout, &writer)
    if seen.adjustments.view.showsLabels, !state.showsGrid {
        LabelBarView.draw(seen, layout, &writer)
    } else {
        ColorBarView.draw(seen, layout, &writer)
    }
    if layout.legend != nil { LegendView.draw(seen.adjustments.view.showsLabels ? seen : state, layout, &writer) }
    LockView.draw(state, layout, &writer)
    ClassListView.draw(state, layout, &writer)
    ProbeView.draw(state, layout, &writer)
    CurveView.draw(state, layout, &writer)
    Filmstrip.draw(state, layout, &writer)
    SweepView.draw(state, layout, &writer)
    StatusView.draw(seen, layout, &writer)
    SheetView.draw(state, layout, &writer)
    HintView.draw(state, layout, &writer)
    switch state.mode {
    case .palette(let palette): PaletteView.draw(state, palette, layout, &writer)
    case .report(let top): ReportView.draw(state, top: top, layout, &writer)
    case .prompt(let prompt): CompletionView.draw(state, prompt, layout, &writer)
    default: break
    }
    writer.repairWideCharacters()
    return writer.frame
}

/// Draws a state on the screen it knows of.
public func view(_ state: ExplorerState) -> Frame { view(state, columns: state.columns, rows: state.rows) }
