extension String {
    /// A number in at least so many hexadecimal digits.
    package init(hexadecimal value: some BinaryInteger, digits: Int) {
        let text = String(value, radix: 16)
        self = String(repeating: "0", count: Swift.max(digits - text.count, 0)) + text
    }
}
