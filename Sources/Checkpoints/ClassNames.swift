import Files

/// A class that the model does not have, with those it may have been meant for.
public struct UnknownClass: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
}

extension ModelConfiguration {
    /// The name of a class; its index where it has none.
    public func className(_ index: Int) -> String {
        classNames.indices.contains(index) && !classNames[index].isEmpty ? classNames[index] : "\(index)"
    }

    /// The class that `text` means: a name, one of a name's comma-separated synonyms (both whatever their case), or an
    /// index.
    public func classIndex(_ text: String) throws(UnknownClass) -> Int {
        let wanted = Self.folded(text)
        let names = classNames.prefix(classCount).map(Self.folded)
        if let index = names.firstIndex(of: wanted) { return index }
        if let index = names.firstIndex(where: { $0.split(separator: ",").contains { Self.folded(String($0)) == wanted } }) {
            return index
        }
        if let index = Int(text) {
            guard index >= 0, index < classCount else {
                throw UnknownClass(description: "class \(index) is out of range: the model's classes are 0 to \(classCount - 1)")
            }
            return index
        }
        guard !names.isEmpty else {
            throw UnknownClass(description: "“\(text)”: the model names no classes; give an index from 0 to \(classCount - 1)")
        }
        throw UnknownClass(
            description: "no class is named “\(text)”; nearest: \(nearest(wanted, names).joined(separator: ", "))")
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
