/// The values that `[` and `]` step, one of them active at a time.
///
/// A new threshold is one more case and its four lines below; keys, commands, hints and undo follow.
public enum Threshold: String, Sendable, Hashable, CaseIterable {
    /// The first layer of the fused map.
    case start
    /// The display threshold.
    case cut
    case opacity

    public var title: String {
        switch self {
        case .start: "start layer"
        case .cut: "threshold"
        case .opacity: "opacity"
        }
    }

    /// How much one key press changes it.
    var step: Float {
        switch self {
        case .start: 1
        case .cut, .opacity: 0.05
        }
    }

    /// The values it can take in a model of a depth.
    func limits(depth: Int) -> ClosedRange<Float> {
        switch self {
        case .start: 0...Float(max(depth - 1, 0))
        case .cut: 0...1
        case .opacity: 0...1
        }
    }

    func value(in adjustments: Adjustments) -> Float {
        switch self {
        case .start: Float(adjustments.startLayer)
        case .cut: adjustments.cut
        case .opacity: adjustments.opacity
        }
    }

    /// Sets a value that lies within the limits.
    func set(_ value: Float, in adjustments: inout Adjustments) {
        switch self {
        case .start: adjustments.startLayer = Int(value.rounded())
        case .cut: adjustments.cut = (value * 1000).rounded() / 1000
        case .opacity: adjustments.opacity = (value * 1000).rounded() / 1000
        }
    }

    /// The value as shown: `6`, `0.40` or `off`, `60%`.
    func text(in adjustments: Adjustments) -> String {
        switch self {
        case .start: "\(adjustments.startLayer)"
        case .cut: adjustments.cut > 0 ? Numbers.fixed(adjustments.cut, digits: 2) : "off"
        case .opacity: "\(Int((adjustments.opacity * 100).rounded()))%"
        }
    }
}
