import Glibc

/// A name that equals another only where all bytes do. (Two `String`s are equal too where they differ in their normal form.)
package struct NameKey: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (one: NameKey, other: NameKey) -> Bool { one.text.isSameName(as: other.text) }
    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension String {
    /// Whether both names are made of the same bytes.
    package func isSameName(as other: String) -> Bool { utf8.count == other.utf8.count && Self.compare(self, other) == 0 }

    /// Whether this name stands before the other in the order of their bytes.
    package func precedesInBytes(_ other: String) -> Bool { Self.compare(self, other) < 0 }

    private static func compare(_ one: String, _ other: String) -> Int32 {
        let order = one.utf8.withContiguousStorageIfAvailable { one -> Int32? in
            other.utf8.withContiguousStorageIfAvailable { other -> Int32? in
                guard let first = one.baseAddress, let second = other.baseAddress else { return nil }
                // Bytes that are kept as code points would stand elsewhere.
                if memchr(first, 0xEE, one.count) != nil || memchr(second, 0xEE, other.count) != nil { return nil }
                let order = memcmp(first, second, Swift.min(one.count, other.count))
                return order != 0 ? order : one.count < other.count ? -1 : one.count > other.count ? 1 : 0
            } ?? nil
        } ?? nil
        if let order { return order }
        let (one, other) = (one.bytes, other.bytes)
        return one == other ? 0 : one.lexicographicallyPrecedes(other) ? -1 : 1
    }
}
