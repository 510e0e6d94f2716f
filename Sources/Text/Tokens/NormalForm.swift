// The standard library composes and decomposes for its own comparisons; without Foundation there is no other name for it.
@_spi(_Unicode) import Swift

extension String {
    /// Canonically composed (Unicode's form C).
    var composed: String { String(String.UnicodeScalarView(Array(_nfc))) }
    /// Canonically decomposed (Unicode's form D).
    var decomposed: String { String(String.UnicodeScalarView(Array(_nfd))) }
}
