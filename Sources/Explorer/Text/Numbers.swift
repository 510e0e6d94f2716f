/// Numbers as the explorer writes them, the same in every locale.
package enum Numbers {
    /// `0.40`; `digits` after the point.
    package static func fixed(_ value: Float, digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return special(value) }
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int((Double(abs(value)) * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(sign)\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// `6`, `2.5`: no digits that say nothing.
    package static func plain(_ value: Double) -> String {
        value == value.rounded() ? fixed(Float(value), digits: 0) : fixed(Float(value), digits: 1)
    }

    /// `3.4e-07`; `digits` after the point.
    package static func scientific(_ value: Float, digits: Int = 1) -> String {
        guard value.isFinite else { return special(value) }
        var mantissa = Double(abs(value)), exponent = 0
        if mantissa > 0 {
            while mantissa >= 10 { mantissa /= 10; exponent += 1 }
            while mantissa < 1 { mantissa *= 10; exponent -= 1 }
        }
        var text = fixed(Float(mantissa), digits: digits)
        if text.hasPrefix("10") {
            exponent += 1
            text = fixed(1, digits: digits)
        }
        let power = String(abs(exponent))
        return (value < 0 ? "-" : "") + text + "e" + (exponent < 0 ? "-" : "+") + (power.count < 2 ? "0" : "") + power
    }

    /// `0.123`, `12.3`, `4.5e-7`: at most about seven characters.
    package static func compact(_ value: Float) -> String {
        let size = abs(value)
        if size == 0 { return "0" }
        if size >= 9999.5 || size < 0.0005 { return scientific(value).replacingExponent }
        return fixed(value, digits: size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3)
    }

    /// `+0.12`, `-3.4`.
    package static func signed(_ value: Float) -> String { (value > 0 ? "+" : "") + compact(value) }

    /// `93.2%`, `<0.1%`: at most five characters.
    package static func percent(_ fraction: Float) -> String {
        guard fraction.isFinite else { return special(fraction) }
        let value = min(max(fraction * 100, 0), 100)
        if value > 0, value < 0.05 { return "<0.1%" }
        return value >= 99.95 ? "100%" : fixed(value, digits: 1) + "%"
    }

    /// `1:02:03`, `2:03`: hours, minutes and seconds.
    package static func duration(_ seconds: Double) -> String {
        func digits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let whole = seconds > 0 ? Int(min(seconds, 1e9).rounded()) : 0, minutes = whole / 60
        return minutes >= 60 ? "\(minutes / 60):\(digits(minutes % 60)):\(digits(whole % 60))" : "\(minutes):\(digits(whole % 60))"
    }

    /// `64 KB`.
    package static func bytes(_ count: Int) -> String {
        if count < 1000 { return "\(count) bytes" }
        if count < 1_000_000 { return fixed(Float(count) / 1000, digits: count < 10_000 ? 1 : 0) + " KB" }
        return fixed(Float(Double(count) / 1e6), digits: 1) + " MB"
    }

    private static func special(_ value: Float) -> String {
        value.isNaN ? "nan" : value < 0 ? "-inf" : value.isInfinite ? "inf" : "\(value)"
    }
}

extension String {
    /// `4.5e-07` as `4.5e-7`.
    fileprivate var replacingExponent: String {
        guard let place = lastIndex(where: { $0 == "-" || $0 == "+" }) else { return self }
        let digits = self[index(after: place)...].drop { $0 == "0" }
        return self[..<place] + (self[place] == "-" ? "-" : "") + (digits.isEmpty ? "0" : digits)
    }
}
