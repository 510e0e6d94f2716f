import Labels

extension ExplorerState {
    /// The classes that the decoder view may show: those with a number, or those that apply.
    var answerClasses: [Int] {
        adjustments.scope == .applied ? applied.classes : model.classNames.indices.filter(labelSetup.has)
    }

    /// Derives the decoder view's label from the answer that is there.
    mutating func settleAnswer() {
        guard adjustments.view == .decoder, let decoded, decoded.key == recordKey else { return shownAnswer = nil }
        let classes = answerClasses.filter { $0 + 1 < decoded.probabilities.classes.count }
        if shownAnswer?.key == recordKey, shownAnswer?.classes == classes { return }
        do throws(LabelError) {
            shownAnswer = try ShownAnswer(decoded, classes: classes, numbers: classes.compactMap { labelSetup.numbers[$0] })
        } catch {
            shownAnswer = nil
            complain("\(error)")
        }
    }

    mutating func setScope(_ scope: DecoderScope) {
        guard model.decoder != nil else { return refuse(ModelSummary.decoderless) }
        change { $0.scope = scope }
        let hint = adjustments.view == .decoder ? "" : ", in the decoder view"
        say(scope == .all ? "decoder: all classes\(hint)" : "decoder: only the classes that apply\(hint)")
    }

    mutating func setDecoderShare(_ share: Double) {
        if share > 0, model.decoder == nil { return refuse(ModelSummary.decoderless) }
        change { $0.preset.decoder = share }
        say("class maps: \(sourceText)" + labelHint)
    }

    /// What class maps are made of.
    var sourceText: String {
        let share = Float(adjustments.preset.decoder)
        if share == 0 { return "the method's maps" }
        return share == 1 ? "the decoder's answer" : "\(Numbers.percent(1 - share)) maps, \(Numbers.percent(share)) decoder"
    }
}
