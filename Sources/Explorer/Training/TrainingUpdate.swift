/// Applies an action. Pure. - Returns: what the run and the screen must do about it.
public func update(_ state: inout TrainingState, _ action: TrainingAction) -> [TrainingEffect] { state.apply(action) }

extension TrainingState {
    mutating func apply(_ action: TrainingAction) -> [TrainingEffect] {
        switch action {
        case .resized, .background, .stepped, .read, .began, .said, .saved, .spent: break
        default: message = nil
        }
        switch action {
        case .stepLayer(let step): stepLayer(step)
        case .toggleFused: show(layer == .fused ? .layer(lastLayer) : .fused)
        case .stepClass(let step): stepClass(step)
        case .stepProbe(let step):
            guard probes.count > 1 else { return refuse(probes.isEmpty ? "no probe picture can be read" : "there is one probe picture") }
            firstProbe = ((firstProbe + step) % probes.count + probes.count) % probes.count
        case .togglePause:
            guard !isStopping else { return refuse("the run is stopping") }
            isPaused.toggle()
            return [.pause(isPaused)]
        case .save:
            guard !isStopping else { return refuse("the run is stopping, and its state is saved then") }
            if phase == .training { say("saves after this step") }
            return [.save]
        case .stop: if isStopping { return refuse("the run stops after this step; Ctrl-C ends it at once") } else { asksToStop = true }
        case .answer(let yes):
            guard asksToStop else { break }
            asksToStop = false
            return yes ? stop(isInterrupted: false) : []
        case .interrupt: return isStopping ? [.abandon] : stop(isInterrupted: true)
        case .redraw: return [.redraw]
        case .suspend: return [.suspend]
        case .resized(let columns, let rows): (self.columns, self.rows) = (max(columns, 0), max(rows, 0))
        case .background(let color): theme.background = color
        case .stepped(let figures): take(figures)
        case .read(let place, let reading): if probes.indices.contains(place) { probes[place].reading = reading }
        case .began(let phase):
            self.phase = phase
            if phase == .paused { say("paused after step \(step): space goes on, s saves") }
        case .said(let text): say(text)
        case .saved(let step): say("saved after step \(step)")
        case .spent(let cost): self.cost = cost
        }
        return []
    }

    private mutating func take(_ figures: TrainingFigures) {
        step = figures.step
        (rate, left) = (figures.rate ?? rate, figures.left ?? left)
        if phase != .paused { phase = .training }
        if curves.map(\.name) != figures.values.map(\.name) { curves = figures.values.map { TrainingCurve($0.name) } }
        for (place, figure) in figures.values.enumerated() { curves[place].add(figure.value) }
    }

    private mutating func stop(isInterrupted: Bool) -> [TrainingEffect] {
        (isStopping, isPaused, asksToStop) = (true, false, false)
        return [.stop(isInterrupted: isInterrupted)]
    }

    // MARK: What is looked at

    /// Layers in their order, and the fused map after the last.
    private mutating func stepLayer(_ step: Int) {
        let place: Int = if case .layer(let index) = layer { index } else { depth }
        let next = min(max(place + step, 0), depth)
        show(next == depth ? .fused : .layer(next))
    }

    private mutating func show(_ layer: LayerChoice) {
        self.layer = layer
        if case .layer(let index) = layer { lastLayer = index }
        say(layerLabel)
    }

    private mutating func stepClass(_ step: Int) {
        let most = probes.compactMap { $0.reading?.classes.count }.max() ?? 0
        guard most > 0 else { _ = refuse("no probe picture was looked at yet"); return }
        classPlace = min(max(classPlace + step, 0), most - 1)
        say(classPlace == 0 ? "the first class of each picture" : "class \(classPlace + 1) of each picture")
    }

    private mutating func say(_ text: String) { message = Message(text: DisplayText.sanitized(text), tone: .plain) }

    /// Says why a key does nothing.
    private mutating func refuse(_ text: String) -> [TrainingEffect] {
        message = Message(text: text, tone: .warning)
        return []
    }
}
