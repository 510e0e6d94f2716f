import Labels

extension ExplorerState {
    /// Derives the label from what is prepared; while a newer one is being made, the last one of the picture stays.
    mutating func settleLabels(_ effects: inout [Effect]) {
        if !thresholds.contains(activeThreshold) { activeThreshold = thresholds[adjustments.view.isOfLabel ? 1 : 0] }
        guard wantsLabel, let request = labelRequest, let plainRequest = plainLabelRequest,
            let prepared = labelStore[request] ?? labelStore.latest(of: recordKey), let trace = record?.trace
        else {
            shownLabels = nil
            flash = nil
            return
        }
        let strokes = numbered(strokesHere), plain = strokes.strokes.isEmpty ? nil : labelStore[plainRequest]
        if labelStore[request] != nil {
            if plain != nil { labelStore.touch(plainRequest) }
            labelStore.touch(request)
        }
        let preset = self.preset
        followStrokes(prepared)
        if let shown = shownLabels, shown.isMade(of: prepared, preset: preset, strokes: strokes, hasPlain: plain != nil) { return }
        let before = shownLabels
        do throws(LabelError) {
            let now = try ShownLabels(
                prepared, preset: preset, strokes: strokes, plain: plain, picture: (trace.originalWidth, trace.originalHeight),
                before: before.flatMap { $0.prepared.request.recordKey == recordKey ? $0 : nil })
            shownLabels = now
            guard let before, let flash = LabelFlash(from: before, to: now, serial: flashes + 1) else { return }
            self.flash = flash
            flashes += 1
            effects.append(.endFlash(serial: flashes))
        } catch {
            shownLabels = nil
            complain("\(error)")
        }
    }

    /// Whether the label is shown, or what it errs in.
    var wantsLabel: Bool {
        adjustments.view.isOfLabel
            || truthLook != .off && labelSetup.hasTruth && labelObstacle == nil && isMethod && adjustments.view != .decoder
    }

    /// Keeps what strokes say of each pixel where the picture is larger than its label.
    private mutating func followStrokes(_ prepared: PreparedLabels) {
        guard adjustments.view == .label, !strokesHere.isEmpty, let trace = record?.trace, prepared.maps.width < trace.originalWidth else {
            return canvas = nil
        }
        var next = canvas?.picture == picture ? canvas : nil
        // Not copied while it is added to.
        canvas = nil
        if next == nil { next = StrokeCanvas(picture: picture, width: trace.originalWidth, height: trace.originalHeight) }
        next?.follow(strokesHere.held, numbers: labelNumber)
        canvas = next
    }

    /// Whether the label shown is still that of older settings.
    var labelsAreStale: Bool { shownLabels.map { $0.prepared.request != labelRequest } ?? false }

    // MARK: Settings of the preset

    mutating func setBackground(_ background: LabelCompletion.Background) {
        change { $0.preset.completion.background = background }
        activeThreshold = .background
        say("background: \(Threshold.background.text(in: adjustments))" + labelHint)
    }

    /// The level that was found for the picture shown, where it is to be found.
    var foundLevel: Double? {
        guard case .automatic = adjustments.preset.completion.background, case .level(let level)? = shownLabels?.completion.background else { return nil }
        return level
    }

    /// Power, level and band in turn, each at its published or customary value.
    mutating func cycleBackground() {
        guard adjustments.view.isOfLabel else { return refuse("b acts on labels; a shows them") }
        switch adjustments.preset.completion.background {
        case .power: setBackground(.level(0.3))
        case .level: setBackground(.band(low: 0.1, high: 0.25))
        case .band: setBackground(.automatic(.otsu))
        case .automatic(let kind):
            let kinds = AutomaticLevel.allCases, next = (kinds.firstIndex(of: kind) ?? 0) + 1
            setBackground(next < kinds.count ? .automatic(kinds[next]) : .power(32))
        }
    }

    mutating func setSaliency(_ setting: SaliencySetting) {
        change { $0.preset.saliency = setting }
        say("saliency: \(Threshold.saliency.text(in: adjustments))" + labelHint)
    }

    mutating func cycleSaliency() {
        guard adjustments.view.isOfLabel else { return refuse("t acts on labels; a shows them") }
        let kinds = SaliencySetting.ComputedSaliency.allCases
        switch adjustments.preset.saliency {
        case .none, .files: setSaliency(.computed(kinds[0]))
        case .computed(let kind):
            let place = (kinds.firstIndex(of: kind) ?? 0) + 1
            setSaliency(place < kinds.count ? .computed(kinds[place]) : .none)
        }
    }

    /// How to see what a change of the label's settings did, where the label is out of sight.
    var labelHint: String { adjustments.view.isOfLabel ? "" : ", of labels; a shows them" }

    mutating func setPrediction(_ probability: Float) {
        change { $0.predict = probability }
        let (source, classes) = applied
        switch source {
        case .predicted: say("\(classes.count) classes predicted at \(Numbers.fixed(probability, digits: 2)) or more")
        case .marked: say("marks go first; “:mark none” leaves the classes to the prediction")
        case .file: say("the label file goes first; it names this picture")
        }
    }

    /// Label, refined map, the decoder's answer where there is one, and saliency in turn; from other views, the label.
    mutating func cycleLabelView() {
        switch adjustments.view {
        case .label: setView(.refined)
        case .refined: setView(model.decoder == nil ? .saliency : .decoder)
        case .decoder: setView(.saliency)
        default: setView(.label)
        }
    }

    mutating func setHistogram(_ on: Bool) {
        histogramShown = on
        say(on ? "histogram on" : "histogram off")
    }

    // MARK: Presets

    mutating func loadPreset(_ text: String, _ effects: inout [Effect]) {
        if let known = Preset.named(text) { return apply(known) }
        effects.append(.loadPreset(path: settings.presets[text]?.text ?? text))
    }

    /// A saved preset is what the label is made by from now on: nothing is changed any more.
    mutating func named(_ preset: Preset) {
        adjustments.origin = preset
        (adjustments.preset.name, adjustments.preset.reached) = (preset.name, preset.reached)
    }

    mutating func apply(_ preset: Preset) {
        guard let method = methods.firstIndex(where: { $0.identifier == preset.method }) else {
            return complain("preset \(preset.name): no method “\(preset.method)”")
        }
        if let obstacle = obstacle(to: method) { return complain("preset \(preset.name): \(obstacle)") }
        guard let layers = preset.layers.range(depth: model.depth) else {
            return complain("preset \(preset.name): its layers begin beyond the model's last layer, \(model.depth - 1)")
        }
        if preset.decoder > 0, model.decoder == nil { return complain("preset \(preset.name): \(ModelSummary.decoderless)") }
        change {
            $0.preset = preset
            $0.origin = preset
            $0.origin.layers = .from(layers.lowerBound)
            $0.method = method
            $0.startLayer = layers.lowerBound
        }
        let reached = preset.reached.map { ", \($0.yardstick == .truth ? "mean IoU" : "agreement") \(Self.points($0.meanIoU)) over \($0.count) pictures" }
        say("preset \(preset.name)" + (reached ?? ""))
    }
}
