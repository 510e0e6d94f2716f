/// What a preset has of a ``PresetKnob``.
public enum KnobValue: Sendable, Hashable, Comparable {
    case number(Double)
    /// One of some kinds.
    case word(String)

    /// As it is typed: `6`, `0.35`, `sinkhorn`.
    public var text: String {
        switch self {
        case .number(let number): Int(exactly: number).map(String.init) ?? "\((number * 10_000).rounded() / 10_000)"
        case .word(let word): word
        }
    }

    public var number: Double? { if case .number(let number) = self { number } else { nil } }

    /// Numbers, then words.
    public static func < (a: KnobValue, b: KnobValue) -> Bool {
        switch (a, b) {
        case (.number(let a), .number(let b)): a < b
        case (.word(let a), .word(let b)): a < b
        case (.number, .word): true
        case (.word, .number): false
        }
    }
}
