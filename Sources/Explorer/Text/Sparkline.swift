/// Numbers as bars of one character each.
enum Sparkline {
    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// From the least of the values, or zero where none is below it, to the greatest; a dot where there is none.
    ///
    /// - Parameter mono: in digits, for screens that may lack the bars.
    static func text(_ values: [Float?], mono: Bool = false) -> String {
        let known = values.compactMap { $0 }.filter(\.isFinite)
        return text(values, from: min(known.min() ?? 0, 0), to: known.max() ?? 0, mono: mono)
    }

    /// From one value to another.
    static func text(_ values: [Float?], from low: Float, to high: Float, mono: Bool = false) -> String {
        String(values.map { value -> Character in
            guard let value, value.isFinite else { return "·" }
            let share = high > low ? (value - low) / (high - low) : 0
            if mono { return Character(String(min(Int(share * 10), 9))) }
            return bars[min(Int(share * Float(bars.count)), bars.count - 1)]
        })
    }

    /// In so many characters at most: where values are more, the greatest of several has one.
    static func text(_ values: [Float?], columns: Int, mono: Bool = false) -> String {
        let size = size(values.count, columns: columns)
        guard size > 1 else { return text(values, mono: mono) }
        return text(stride(from: 0, to: values.count, by: size).map { start in
            values[start..<min(start + size, values.count)].compactMap(\.self).max()
        }, mono: mono)
    }

    /// How many values have a character together.
    static func size(_ count: Int, columns: Int) -> Int { max((count + max(columns, 1) - 1) / max(columns, 1), 1) }

    /// Where the greatest of the values is.
    static func peak(_ values: [Float?]) -> Int? {
        values.indices.filter { values[$0]?.isFinite == true }.max { (values[$0] ?? 0) < (values[$1] ?? 0) }
    }
}
