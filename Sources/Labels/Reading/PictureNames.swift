import Files
import Images

/// The names of a run's pictures, to find them in text: in lists, in label files, among the files of a folder.
///
/// A picture's name is its path in the pictures' folder, without extension. A text means the picture
///
/// 1. whose whole name it is,
/// 2. else, where just one has it, whose name ends in it, or it in the name: `cat/1` is `train/cat/1`, `data/cat/1` is `cat/1`,
/// 3. else, where just one has it, whose name has the same last part.
///
/// Every time first as it is, then without extension, then with `/` for `\`; names are the same where their bytes are, else,
/// where just one picture is so named, where they are in another normal form of Unicode.
public struct PictureNames: Sendable {
    /// What a text means.
    public enum Match: Sendable, Equatable {
        /// The picture at this place of ``names``.
        case one(Int)
        /// The one picture with the same last part, though both name folders, and others.
        case elsewhere(Int)
        /// Any of these.
        case several([Int])
        case none
    }

    /// All different in their bytes.
    public let names: [String]
    /// Places by name; Swift holds names in two normal forms for the same key.
    private let whole: [String: [Int]]
    /// Places by the name's last part; nil where no name has folders, and the last part is all.
    private let last: [String: [Int]]?

    /// - Parameter names: of pictures; one that stands there again is left out.
    public init(_ names: some Sequence<String>) {
        var whole: [String: [Int]] = [:], kept: [String] = [], hasFolders = false
        for name in names {
            if whole[name]?.contains(where: { kept[$0].isSameName(as: name) }) == true { continue }
            whole[name, default: []].append(kept.count)
            hasFolders = hasFolders || name.utf8.contains(UInt8(ascii: "/"))
            kept.append(name)
        }
        self.names = kept
        self.whole = whole
        last = hasFolders ? Dictionary(grouping: kept.indices) { kept[$0].lastPart } : nil
    }

    /// A path without the extension of pictures, and of files that are named as pictures.
    ///
    /// Names such as 2007_000032 have no extension, v1.5 has none that is one.
    public static func name(of path: String) -> String {
        path.withoutEnding(ImageFile.extensions.union(["xml", "npy", "npz", "json"]))
    }

    /// Where the picture of this name stands in ``names``; nil where none has it to the byte.
    public func place(of name: String) -> Int? { whole[name]?.first { names[$0].isSameName(as: name) } }

    /// Whether a text means a picture, or several.
    public func contains(_ text: String) -> Bool { find(text) != .none }

    /// The picture that a text means.
    public func find(_ text: String) -> Match {
        let forms = Self.forms(text)
        for form in forms {
            if let match = match(whole[form] ?? [], form, part: { $0 }) { return match }
        }
        for form in forms {
            if let match = ending(in: form) ?? beginning(of: form) { return match }
        }
        guard let last else { return .none }
        for form in forms {
            let part = form.lastPart
            guard let match = match(last[part] ?? [], part, part: \.lastPart) else { continue }
            if case .one(let place) = match, part.utf8.count < form.utf8.count { return .elsewhere(place) }
            return match
        }
        return .none
    }

    /// The text, without extension, and both with slashes for backslashes, each once.
    private static func forms(_ text: String) -> [String] {
        var forms: [String] = []
        let isForeign = text.utf8.contains(UInt8(ascii: "\\"))
        for path in isForeign ? [text, text.replacingScalar("\\", by: "/")] : [text] {
            var path = path[...]
            while path.utf8.starts(with: "./".utf8) { path = path[path.utf8.index(path.startIndex, offsetBy: 2)...] }
            let whole = String(path), bare = name(of: whole)
            forms.append(whole)
            if bare.utf8.count < whole.utf8.count { forms.append(bare) }
        }
        return forms
    }

    /// The picture among those whose names are canonically the same.
    private func match(_ places: [Int], _ text: String, part: (String) -> String) -> Match? {
        guard places.count > 1 else { return places.first.map { .one($0) } }
        let same = places.filter { part(names[$0]).isSameName(as: text) }
        return same.count == 1 ? .one(same[0]) : .several(same.isEmpty ? places : same)
    }

    /// The pictures whose names end in the text.
    private func ending(in text: String) -> Match? {
        guard let last, text.utf8.contains(UInt8(ascii: "/")) else { return nil }
        let places = (last[text.lastPart] ?? []).filter { names[$0].hasParts(endingIn: text) }
        return places.count > 1 ? .several(places) : places.first.map { .one($0) }
    }

    /// The picture whose name the text ends in, the longest that there is.
    private func beginning(of text: String) -> Match? {
        var rest = text[...]
        while let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) {
            rest = rest[rest.utf8.index(after: slash)...]
            let part = String(rest)
            if let match = match(whole[part] ?? [], part, part: { $0 }) { return match }
        }
        return nil
    }
}

extension String {
    /// Whether the path's last parts are those of the other path.
    fileprivate func hasParts(endingIn other: String) -> Bool {
        let (own, parts) = (utf8.split(separator: UInt8(ascii: "/")), other.utf8.split(separator: UInt8(ascii: "/")))
        return own.count >= parts.count && zip(own.suffix(parts.count), parts).allSatisfy { Substring($0) == Substring($1) }
    }

    fileprivate func replacingScalar(_ scalar: Unicode.Scalar, by other: Unicode.Scalar) -> String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0 == scalar ? other : $0 }))
    }
}
