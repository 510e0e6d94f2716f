import Files

/// A class that the model does not have, or a name that several of its classes have.
public struct UnknownClass: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    /// The classes that the name may mean; empty where it means none.
    public let candidates: [Int]
}

extension ModelConfiguration {
    /// The name of a class; its index where it has none.
    public func className(_ index: Int) -> String {
        classNames.indices.contains(index) && !classNames[index].isEmpty ? classNames[index] : "\(index)"
    }

    /// One name a class, all different: where several classes have one name, `NAME#INDEX`.
    public var distinctClassNames: [String] {
        var names = (0..<classCount).map(className)
        // A second time, for a class that is itself called as another becomes.
        for _ in 0..<2 {
            let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
            guard counts.count < names.count else { break }
            for (index, name) in names.enumerated() where counts[name] ?? 0 > 1 { names[index] = "\(name)#\(index)" }
        }
        return names
    }

    /// The class that `text` means: a name, one of a name's comma-separated synonyms (both whatever their case), an index, or,
    /// where several classes have a name, `NAME#INDEX`.
    ///
    /// - Throws: ``UnknownClass``, also where the text is the name, or else a synonym, of several classes.
    public func classIndex(_ text: String) throws(UnknownClass) -> Int {
        let wanted = Self.folded(text)
        let names = classNames.prefix(classCount).map(Self.folded)
        var matches = wanted.isEmpty ? [] : names.indices.filter { names[$0] == wanted }
        if matches.count > 1 {
            let exact = matches.filter { classNames[$0] == text }
            if exact.count == 1 { matches = exact }
        }
        if matches.isEmpty, !wanted.isEmpty { matches = names.indices.filter { Self.isSynonym(wanted, of: names[$0]) } }
        if matches.count == 1 { return matches[0] }
        if matches.count > 1 {
            let shown = matches.prefix(5).map(String.init)
            throw UnknownClass(
                description: "“\(text)” is the name of \(matches.count) classes, \(shown.joined(separator: ", "))"
                    + "\(matches.count > 5 ? ", …" : ""): write \(shown.map { "\(text)#\($0)" }.joined(separator: " or "))",
                candidates: matches)
        }
        if let (name, index) = Self.parts(wanted) {
            guard index < classCount else {
                throw UnknownClass(
                    description: "“\(text)”: class \(index) is out of range: the model's classes are 0 to \(classCount - 1)", candidates: [])
            }
            let own = Self.folded(className(index))
            if name.isEmpty || own == name || Self.isSynonym(name, of: own) || "\(own)#\(index)" == name { return index }
            throw UnknownClass(description: "“\(text)”: class \(index) is “\(className(index))”", candidates: [])
        }
        if let index = Int(text) {
            guard index >= 0, index < classCount else {
                throw UnknownClass(
                    description: "class \(index) is out of range: the model's classes are 0 to \(classCount - 1)", candidates: [])
            }
            return index
        }
        guard !names.isEmpty else {
            throw UnknownClass(
                description: "“\(text)”: the model names no classes; give an index from 0 to \(classCount - 1)", candidates: [])
        }
        throw UnknownClass(
            description: "no class is named “\(text)”; nearest: \(nearest(wanted, names).joined(separator: ", "))", candidates: [])
    }

    /// Whether a text is one of a name's synonyms; both folded.
    private static func isSynonym(_ text: String, of name: String) -> Bool {
        name.split(separator: ",").contains { folded(String($0)) == text }
    }

    /// `NAME#INDEX` taken apart; nil for a text of another form.
    private static func parts(_ text: String) -> (name: String, index: Int)? {
        guard let mark = text.lastIndex(of: "#") else { return nil }
        let digits = folded(String(text[text.index(after: mark)...]))
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let index = Int(digits) else { return nil }
        return (folded(String(text[..<mark])), index)
    }

    /// Up to three class names, nearest first: those that contain the text, then by edit distance.
    private func nearest(_ wanted: String, _ names: [String]) -> [String] {
        let scored = names.enumerated().map { index, name in
            let distance = name.split(separator: ",").map { NearestNames.distance(Self.folded(String($0)), wanted) }.min() ?? .max
            return (score: !wanted.isEmpty && name.contains(wanted) ? 0 : distance, index: index)
        }
        return scored.sorted { ($0.score, $0.index) < ($1.score, $1.index) }.prefix(3).map { className($0.index) }
    }

    private static func folded(_ text: String) -> String {
        var rest = Substring(text.lowercased())
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
