import Checkpoints
import Files

/// One step of a `tokenizer.json`'s normalizer.
enum TextNormalizer: Sendable {
    case composed
    case decomposed
    case lowercase
    case replace(String, with: String)
    /// Runs of blanks, of `least` at the fewest; `isAny` for `\s`, otherwise the blank alone.
    case replaceRuns(least: Int, isAny: Bool, with: String)
    case strip(left: Bool, right: Bool)
    case prepend(String)
    case characters(CharacterMap)

    var isLowercase: Bool { if case .lowercase = self { true } else { false } }

    func callAsFunction(_ text: String) -> String {
        switch self {
        case .composed: return text.composed
        case .decomposed: return text.decomposed
        case .lowercase: return text.lowered
        case .replace(let old, let new): return text.replacing(bytes: old, with: new)
        case .replaceRuns(let least, let isAny, let new):
            var result = "", run: [Unicode.Scalar] = []
            func flush() {
                if run.count >= least { result += new } else { result.unicodeScalars.append(contentsOf: run) }
                run.removeAll()
            }
            for scalar in text.unicodeScalars {
                if isAny ? scalar.isBlank : scalar == " " {
                    run.append(scalar)
                } else {
                    if !run.isEmpty { flush() }
                    result.unicodeScalars.append(scalar)
                }
            }
            if !run.isEmpty { flush() }
            return result
        case .strip(let left, let right): return text.trimmed(\.isBlank, left: left, right: right)
        case .prepend(let prefix): return text.isEmpty ? text : prefix + text
        case .characters(let map): return map.replaced(text)
        }
    }

    /// Adds the steps that `part` stands for.
    ///
    /// - Throws: `FileError` that names what is not supported.
    static func read(_ part: JSONFields, into steps: inout [TextNormalizer], depth: Int = 0) throws(FileError) {
        switch try part.string("type") ?? "" {
        case "Sequence":
            guard depth < 8 else { throw part.unsupported("normalizer", "Sequence in Sequence") }
            for inner in try part.objects("normalizers") { try read(inner, into: &steps, depth: depth + 1) }
        case "NFC": steps.append(.composed)
        case "NFD": steps.append(.decomposed)
        case "Lowercase": steps.append(.lowercase)
        case "Strip": steps.append(.strip(left: try part.bool("strip_left") ?? true, right: try part.bool("strip_right") ?? true))
        case "Prepend": steps.append(.prepend(try part.string("prepend") ?? ""))
        case "Precompiled":
            let text = try part.string("precompiled_charsmap") ?? ""
            guard let map = CharacterMap(bytes(ofBase64: text.utf8)) else {
                throw part.malformed("precompiled_charsmap", "a table of characters in Base64")
            }
            steps.append(.characters(map))
        case "Replace":
            let new = try part.string("content") ?? ""
            guard let pattern = try part.object("pattern") else { throw part.malformed("pattern", "an object") }
            if let text = try pattern.string("String") {
                if !text.isEmpty { steps.append(.replace(text, with: new)) }
            } else {
                switch try pattern.string("Regex") ?? "" {
                case #"\s+"#: steps.append(.replaceRuns(least: 1, isAny: true, with: new))
                case " {2,}": steps.append(.replaceRuns(least: 2, isAny: false, with: new))
                case " +": steps.append(.replaceRuns(least: 1, isAny: false, with: new))
                case let other: throw part.unsupported("pattern of a replacement", other)
                }
            }
        case let kind: throw part.unsupported("normalizer", kind)
        }
    }
}
