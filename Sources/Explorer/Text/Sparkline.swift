/// Numbers as bars of one character each.
enum Sparkline {
    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// From the least of the values, or zero where none is below it, to the greatest; a dot where there is none.
    ///
    /// - Parameter mono: in digits, for screens that may lack the bars.
    static func text(_ values: [Float?], mono: Bool = false) -> String {
        let known = values.compactMap { $0 }.filter(\.isFinite)
        let low = min(known.min() ?? 0, 0), high = known.max() ?? 0
        return String(values.map { value -> Character in
            guard let value, value.isFinite else { return "·" }
            let share = high > low ? (value - low) / (high - low) : 0
            if mono { return Character(String(min(Int(share * 10), 9))) }
            return bars[min(Int(share * Float(bars.count)), bars.count - 1)]
        })
    }
}
