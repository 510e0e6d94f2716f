/// The parts of a path. A slash is a byte: combining marks that follow it in a name do not hide it, as they would a
/// `Character`.
extension String {
    /// The path's last part: what stands after the last slash.
    package var lastPart: String {
        guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")) else { return self }
        return String(self[utf8.index(after: slash)...])
    }

    /// The folder that the path's last part lies in, without a slash at its end; empty for a bare name, "/" at the root.
    package var folder: String {
        guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return slash == startIndex ? "/" : String(self[..<slash])
    }

    /// The path without slashes at its end; "/" stays.
    package var withoutTrailingSlash: String {
        var text = self[...]
        while text.utf8.count > 1, text.utf8.last == UInt8(ascii: "/") { text = text[..<text.utf8.index(before: text.endIndex)] }
        return String(text)
    }

    /// The path's last part, of a folder without the slash at its end; "/" stays.
    package var nameAlone: String {
        let path = withoutTrailingSlash
        return path == "/" ? path : path.lastPart
    }

    /// The path of a name in the folder at this path.
    package func appending(part name: String) -> String {
        if isEmpty { return name }
        return utf8.last == UInt8(ascii: "/") ? self + name : self + "/" + name
    }

    /// Where the ending of the last part begins, its dot; nil where it has none. A dot that begins a name begins no ending.
    private var endingDot: String.Index? {
        let start = utf8.lastIndex(of: UInt8(ascii: "/")).map { utf8.index(after: $0) } ?? startIndex
        guard let dot = utf8[start...].lastIndex(of: UInt8(ascii: ".")), dot != start else { return nil }
        return dot
    }

    /// What the last part ends in after its last dot, in lower case; nil where it has no dot but at its start.
    package var ending: String? { endingDot.map { self[utf8.index(after: $0)...].lowercased() } }

    /// The path without its ending, where that is one of `endings` (in lower case).
    package func withoutEnding(_ endings: Set<String>) -> String {
        guard let dot = endingDot, let ending, endings.contains(ending) else { return self }
        return String(self[..<dot])
    }

    /// Whether a file or folder of this name is hidden.
    package var isHiddenName: Bool { utf8.first == UInt8(ascii: ".") }
}
