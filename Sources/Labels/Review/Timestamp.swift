import Glibc

/// Moments as text, `2026-01-31T12:00:00.000Z` (ISO 8601, UTC, milliseconds).
enum Timestamp {
    /// - Parameter seconds: since 1970; what no calendar of four digits has is brought to its ends.
    static func text(_ seconds: Double) -> String {
        let last = 253_402_300_799.0
        let milliseconds = Int((min(max(seconds.isFinite ? seconds : 0, 0), last) * 1000).rounded())
        var moment = time_t(milliseconds / 1000), parts = tm()
        gmtime_r(&moment, &parts)
        func digits(_ value: some BinaryInteger, _ count: Int) -> String {
            let text = "\(value)"
            return String(repeating: "0", count: max(count - text.count, 0)) + text
        }
        return digits(Int(parts.tm_year) + 1900, 4) + "-" + digits(parts.tm_mon + 1, 2) + "-" + digits(parts.tm_mday, 2) + "T"
            + digits(parts.tm_hour, 2) + ":" + digits(parts.tm_min, 2) + ":" + digits(parts.tm_sec, 2) + "."
            + digits(milliseconds % 1000, 3) + "Z"
    }

    /// Seconds since 1970; nil for another form.
    static func seconds(_ text: String) -> Double? {
        let marks = text.map { $0.isASCII && $0.isWholeNumber ? Character("0") : $0 }
        guard String(marks) == "0000-00-00T00:00:00.000Z" else { return nil }
        let numbers = text.split { !$0.isWholeNumber }.compactMap { Int32($0) }
        guard numbers.count == 7, (1...12).contains(numbers[1]), (1...31).contains(numbers[2]), numbers[3] < 24, numbers[4] < 60, numbers[5] < 61
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (numbers[3], numbers[4], numbers[5])
        return Double(timegm(&parts)) + Double(numbers[6]) / 1000
    }
}
