import Images

/// Settings of activation-aware label completion: class maps and a saliency mask become a label map.
///
/// The order is that of the published code of arXiv 2112.02841 (`compute_seg_label_3`):
///
/// 1. every pixel takes the class with the largest activation m, or background where m does not exceed ``background``;
/// 2. background becomes unknown (255);
/// 3. what is not salient becomes background (0);
/// 4. completion: of the pixels then background, those of each class's strongest activations (above the quantile
///    ``completionCut`` of its positive activations) become that class;
/// 5. opening: labels and unknown pixels that a square of side ``openingSize`` does not fit into become background.
///
/// Another ``rule`` stands in place of steps 1 to 3.
///
/// Without a saliency mask steps 2 and 3 are left out, and ``Background/band(low:high:)`` says what is unknown.
///
/// The two modes differ in two places. The published code means to mark pixels that two classes complete as unknown, but
/// tests for a label of 0 after the first class has written its own, so the rule never fires and the lower class wins; and
/// its even kernel moves the opening by one pixel down and right, which trims the upper and left edges of every region.
public struct LabelCompletion: Sendable, Hashable {
    /// Whether slips of the published code are kept.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// As the paper describes it: conflicts become unknown, the opening is centered.
        case corrected
        /// The published function, bit for bit.
        case published
    }

    /// What the strongest class at a pixel must exceed. m is its activation, 0…1.
    public enum Background: Sendable, Hashable {
        /// (1 − m)^power; 32 is the published one and amounts to a level of 0.077.
        case power(Double)
        /// A fixed level.
        case level(Double)
        /// Above `high` a class, below `low` background, between them unknown. With a saliency mask only `high` counts.
        case band(low: Double, high: Double)
        /// A level that is found anew for each picture.
        case automatic(AutomaticLevel)
    }

    public var mode: Mode
    /// What steps 1 to 3 are.
    public var rule: LabelRule
    public var background: Background
    /// The quantile, 0…1, of a class's positive activations above which unsalient pixels are completed; nil is off.
    public var completionCut: Double?
    /// Side in pixels of the square of the opening; below 2 is off.
    public var openingSize: Int

    public init(
        mode: Mode = .corrected, rule: LabelRule = .getam, background: Background = .power(32), completionCut: Double? = 0.9,
        openingSize: Int = 10
    ) {
        self.mode = mode
        self.rule = rule
        self.background = background
        self.completionCut = completionCut
        self.openingSize = openingSize
    }

    /// The index of unknown pixels.
    public static let ignored: UInt8 = 255

    /// Checks that every number lies in its range.
    public func validate() throws(LabelError) {
        func check(_ valid: Bool, _ name: String, _ range: String) throws(LabelError) {
            if !valid { throw .setting("\(name) must be \(range)") }
        }
        switch background {
        case .power(let power): try check(power > 0 && power <= 1000, "the background power", "above 0 and at most 1000")
        case .level(let level): try check((0...1).contains(level), "the background level", "0 to 1")
        case .band(let low, let high):
            try check(low >= 0 && low <= high && high <= 1, "the band", "two levels from 0 to 1, the lower one first")
        case .automatic: break
        }
        if let cut = completionCut { try check((0...1).contains(cut), "the completion cut", "0 to 1") }
        try check((0...10_000).contains(openingSize), "the opening size", "0 to 10000")
    }

    /// The same with a level in place of one that is to be found.
    ///
    /// - Parameter found: what was found with the model, where it is asked.
    public func resolved(_ activation: Activation, found: Double? = nil) -> LabelCompletion {
        guard case .automatic(let kind) = background else { return self }
        var result = self
        result.background = .level(kind.asksModel ? found ?? kind.level(activation) : kind.level(activation))
        return result
    }

    /// The label map.
    ///
    /// - Parameters:
    ///   - activation: the class maps, prepared.
    ///   - saliency: which pixels are salient; nil where saliency is not used.
    /// - Throws: `LabelError` where the sizes differ or a setting is out of range.
    public func labels(_ activation: Activation, saliency: Mask?) throws(LabelError) -> CompletedLabels {
        try validate()
        if case .automatic = background { return try resolved(activation).labels(activation, saliency: saliency) }
        if let saliency, saliency.width != activation.width || saliency.height != activation.height {
            throw .size(
                "the saliency mask", width: saliency.width, height: saliency.height, expected: "the class map",
                expectedWidth: activation.width, expectedHeight: activation.height)
        }
        // To other rules all is salient where nothing says otherwise.
        var labels = assigned(activation, saliency: saliency ?? (rule == .getam ? nil : Mask(
            width: activation.width, height: activation.height, values: [UInt8](repeating: 1, count: activation.width * activation.height))))
        rule.revise(&labels, activation, salient: saliency?.values, background: highestBackground)
        var salient = saliency?.values ?? []
        complete(&labels, &salient, activation)
        if openingSize > 1 {
            let foreground = GrayImage(
                width: activation.width, height: activation.height, samples: labels.map { $0 == 0 ? 0 : 255 })
            let kept = foreground.opened(side: openingSize, anchor: mode == .published ? .openCV : .centered).samples
            for pixel in labels.indices { labels[pixel] &= kept[pixel] }
        }
        return CompletedLabels(
            labels: IndexedImage(width: activation.width, height: activation.height, indices: labels),
            saliency: saliency == nil ? nil : salient)
    }

    /// Steps 1 to 3 by GETAM's rule.
    private func assigned(_ activation: Activation, saliency: Mask?) -> [UInt8] {
        let high = highestBackground
        let low: Float
        if case .band(let level, _) = background { low = Self.atMost(level) } else { low = high }
        // "Below low": equality with it is already unknown.
        let strict: Bool
        if case .band(let level, _) = background { strict = Double(low) == level } else { strict = false }
        let (peaks, winners) = (activation.peaks, activation.winners)
        let salient = saliency?.values
        return [UInt8](unsafeUninitializedCapacity: peaks.count) { labels, count in
            peaks.withUnsafeBufferPointer { peaks in
                winners.withUnsafeBufferPointer { winners in
                    if let salient {
                        salient.withUnsafeBufferPointer { salient in
                            for pixel in 0..<peaks.count {
                                let label = peaks[pixel] > high ? winners[pixel] : Self.ignored
                                labels[pixel] = salient[pixel] == 0 ? 0 : label
                            }
                        }
                    } else {
                        for pixel in 0..<peaks.count {
                            let peak = peaks[pixel]
                            let isBackground = strict ? !(peak >= low) : !(peak > low)
                            labels[pixel] = peak > high ? winners[pixel] : (isBackground ? 0 : Self.ignored)
                        }
                    }
                }
            }
            count = peaks.count
        }
    }

    /// Step 4. `salient` is set to 255 where a pixel is completed.
    private func complete(_ labels: inout [UInt8], _ salient: inout [UInt8], _ activation: Activation) {
        guard let cut = completionCut else { return }
        var claimed = [Bool](repeating: false, count: mode == .corrected ? labels.count : 0)
        let hasSaliency = !salient.isEmpty
        for position in activation.labels.indices {
            guard let threshold = activation.quantile(position, cut: cut) else { continue }
            let label = activation.labels[position]
            activation.withPlane(position) { plane in
                labels.withUnsafeMutableBufferPointer { labels in
                    for pixel in 0..<plane.count where plane[pixel] > threshold {
                        switch mode {
                        case .published:
                            guard labels[pixel] == 0 else { continue }
                            labels[pixel] = label
                        case .corrected:
                            if claimed[pixel] {
                                labels[pixel] = Self.ignored
                            } else if labels[pixel] == 0 {
                                labels[pixel] = label
                                claimed[pixel] = true
                            } else {
                                continue
                            }
                        }
                        if hasSaliency { salient[pixel] = 255 }
                    }
                }
            }
        }
    }

    /// The largest activation, 0…1, that is still background: the one at which the background's score wins or ties. Of a level that
    /// is yet to be found (``resolved(_:found:)``) one half.
    ///
    /// Both sides are monotonic in the activation, so one comparison a pixel gives exactly the arg max.
    public var highestBackground: Float {
        switch background {
        case .level(let level), .band(_, let level): return Self.atMost(level)
        case .automatic: return Self.atMost(0.5)
        case .power(let power):
            var wins: UInt32 = 0, loses = Float(1).bitPattern
            while loses - wins > 1 {
                let middle = wins + (loses - wins) / 2
                let activation = Float(bitPattern: middle)
                if Self.score(activation, power) >= activation { wins = middle } else { loses = middle }
            }
            return Float(bitPattern: wins)
        }
    }

    /// The largest Float32 that is not above `level`.
    private static func atMost(_ level: Double) -> Float {
        let nearest = Float(level)
        return Double(nearest) > level ? nearest.nextDown : nearest
    }
}

/// What label completion makes.
public struct CompletedLabels: Sendable, Equatable {
    /// 0 background, 255 unknown, else the number of a class; VOC's colors.
    public let labels: IndexedImage
    /// The saliency mask after completion, `height × width`: 0 not salient, 1 salient, 255 completed; nil without a mask.
    public let saliency: [UInt8]?
}
