import Files

/// Pascal VOC's XML annotations, as far as image-level labels need them.
enum VOCAnnotation {
    /// The different texts of `annotation/object/name`, in file order. The names of an object's parts do not count.
    static func classes(path: String) throws(FileError) -> [String] {
        func malformed(_ reason: String) -> FileError { FileError(.invalid, path: path, reason) }
        let text = try FileContent(path: path).withBytes { String(validating: $0, as: UTF8.self) }
        guard let text else { throw malformed("is not UTF-8 text") }
        var open: [Substring] = []
        var classes: [String] = []
        var isAnnotation = false
        var rest = text[...]
        while let tag = rest.firstIndex(of: "<") {
            let content = rest[..<tag]
            if open == ["annotation", "object", "name"] {
                let name = unescaped(content)
                if !name.isEmpty, !classes.contains(name) { classes.append(name) }
            }
            if rest[tag...].hasPrefix("<!--") {
                guard let end = rest[tag...].firstRange(of: "-->") else { throw malformed("ends within a comment") }
                rest = rest[end.upperBound...]
                continue
            }
            guard let end = rest[tag...].firstIndex(of: ">") else { throw malformed("ends within a tag") }
            let inner = rest[rest.index(after: tag)..<end]
            rest = rest[rest.index(after: end)...]
            if inner.first == "?" || inner.first == "!" { continue }
            if inner.first == "/" {
                let name = inner.dropFirst().prefix { !$0.isWhitespace }
                guard open.last == name else { throw malformed("closes <\(name.prefix(40))> where it is not open") }
                open.removeLast()
            } else if inner.last != "/" {
                let name = inner.prefix { !$0.isWhitespace }
                if open.isEmpty, name == "annotation" { isAnnotation = true }
                guard open.count < 64 else { throw malformed("is nested too deeply") }
                open.append(name)
            }
        }
        guard open.isEmpty else { throw malformed("ends within <\(open[open.count - 1].prefix(40))>") }
        guard isAnnotation else { throw malformed("is not a VOC annotation: it has no <annotation>") }
        return classes
    }

    private static func unescaped(_ text: Substring) -> String {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        var result = String(text)
        for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
            result = result.split(separator: entity, omittingEmptySubsequences: false).joined(separator: character)
        }
        return result
    }
}
