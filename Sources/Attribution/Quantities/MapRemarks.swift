import Checkpoints

/// Why a map is empty or blotchy, in words.
public enum MapRemarks {
    /// What there is to say of a map, the most telling first; nothing where it needs no explaining.
    ///
    /// - Parameters:
    ///   - quantity: what the map shows.
    ///   - layer: from 0, first block first; nil for a map of several layers.
    ///   - outliers: how many patches' tokens are far longer than the rest after the layer (``TokenNorm/outliers(_:)``).
    ///   - target: what a map of a class is of.
    ///   - logits: of the pass.
    ///   - isLeftOut: whether the map is of one head that takes no part.
    public static func remarks(
        on map: PatchMap, of quantity: any Quantity, layer: Int?, query: QueryToken, target: ClassTarget? = nil, logits: [Float] = [],
        isLeftOut: Bool = false, outliers: Int = 0, configuration: ModelConfiguration
    ) -> [String] {
        var remarks: [String] = []
        let isEmpty = map.values.allSatisfy { $0 == 0 }
        let readsGradients = quantity is any GradientMethod
        if map.values.contains(where: { !$0.isFinite }) {
            remarks.append("the map has values that are no numbers: they are beyond what 32-bit numbers hold")
        }
        if isLeftOut {
            remarks.append("the head is left out: nothing it reads reaches the class" + (isEmpty ? ", so its map is zero" : ""))
        } else if readsGradients, isEmpty, layer == configuration.depth - 1, !reaches(query, configuration) {
            remarks.append(
                "no gradient reaches this token in the last layer: the head reads \(reading(configuration)) alone, so its row is zero; "
                    + "look at an earlier layer, or at what the head reads")
        } else if quantity.needsClass, isEmpty, let target, saturates(target, logits) {
            remarks.append(
                "the logits are saturated: the classes compared have so little probability beside the first that the contrast vanishes; "
                    + "compare with one class")
        } else if readsGradients, isEmpty {
            remarks.append(
                "nothing in this layer speaks for the class: every gradient here is zero or negative, and the map keeps the positive ones")
        } else if isEmpty, quantity.identifier == "token-saliency" {
            remarks.append("all patches are alike here, so that none stands out")
        } else if isEmpty, quantity.needsClass {
            remarks.append("the class has no gradient here")
        } else if let peak = map.values.map(abs).max(), peak > 0, peak < 1e-30 {
            remarks.append("the values are so small that 32-bit numbers hold few of their digits; a method with one factor keeps more (grad)")
        }
        if outliers > 0 {
            remarks.append(
                "\(outliers) outlier token\(outliers == 1 ? "" : "s") here: far longer than the rest, they hold notes on the whole picture "
                    + "and make the map blotchy" + (configuration.registers == 0 ? "; models with registers have fewer" : ""))
        }
        if readsGradients, query == .picture, configuration.head != .none, configuration.readsPatchMean {
            remarks.append("the head pools the patches, so the map is the mean over their rows"
                + (configuration.hasClassToken ? "; the class token has no part in the logit" : ""))
        }
        if readsGradients, query == .picture, configuration.head != .none, configuration.attentionPool != nil {
            remarks.append(
                "the head pools the tokens by attention of its own, so the map is the mean over the patches' rows; pool-getam and "
                    + "pool-attention show the pool's row")
        }
        return remarks
    }

    /// Whether the head reads a token after the last block, so that a gradient reaches it there.
    private static func reaches(_ query: QueryToken, _ configuration: ModelConfiguration) -> Bool {
        if configuration.head != .none, let pool = configuration.attentionPool {
            guard case .prefix = query else { return true }
            return pool.readsPrefix
        }
        if configuration.head != .none, configuration.readsPatchMean {
            if case .prefix = query { return false }
            return true
        }
        return switch (configuration.head, query) {
        case (.none, _): false
        case (.patchMean, _), (.attentionPool, _): true
        case (.classTokenAndPatchMean, .prefix(let token)), (.projectedMap, .prefix(let token)): token < configuration.classTokens
        case (.classTokenAndPatchMean, _), (.projectedMap, _): true
        case (.classAndDistillation, .prefix(let token)): token < 2
        case (.classToken, .prefix(let token)), (.zeroShot, .prefix(let token)): token < configuration.classTokens
        case (_, .picture): true
        case (_, .patch): false
        }
    }

    /// What the head reads, in words.
    private static func reading(_ configuration: ModelConfiguration) -> String {
        switch configuration.head {
        case _ where configuration.attentionPool?.readsPrefix == true: "class token and patches"
        case _ where configuration.attentionPool != nil, .attentionPool: "the patches"
        case _ where configuration.readsPatchMean, .patchMean: "the patches"
        case .classAndDistillation: "class and distillation token"
        case .classTokenAndPatchMean, .projectedMap: "class token and patches"
        case .classToken, .zeroShot, .none: configuration.classTokens > 1 ? "the class tokens" : "the class token"
        }
    }

    /// Whether a contrast's weights are less than what keeps its denominator from zero.
    private static func saturates(_ target: ClassTarget, _ logits: [Float]) -> Bool {
        guard case .contrast(let index) = target, let shares = try? target.shares(logits) else { return false }
        return logits.count > 1 && abs(shares.first { $0.classIndex == index }?.share ?? 1) < 0.5
    }
}
