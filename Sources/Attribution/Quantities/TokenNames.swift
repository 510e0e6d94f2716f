import Checkpoints

// The tokens before the patches have one set of names everywhere: `cls` (and `cls2` and on), `dist`, `reg0` and on.
extension ModelConfiguration {
    /// The names of the tokens before the patches, in their order.
    public var tokenNames: [String] {
        (hasClassToken ? (0..<classTokens).map { $0 == 0 ? "cls" : "cls\($0 + 1)" } : [])
            + (hasDistillationToken ? ["dist"] : []) + (0..<registers).map { "reg\($0)" }
    }
}

/// How tokens before the patches are named.
public enum TokenName {
    /// A token's name of any of the ways it may be written: `class`, `distillation` and `register 0` are `cls`, `dist` and `reg0`.
    public static func canonical(_ text: String) -> String {
        switch text {
        case "class": return "cls"
        case "distillation": return "dist"
        default:
            for start in ["register", "reg"] where text.hasPrefix(start) {
                let rest = text.dropFirst(start.count).drop { $0 == "-" || $0 == " " }
                if !rest.isEmpty, rest.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(rest) { return "reg\(number)" }
            }
            return text
        }
    }

    /// Names in one line, more than three registers by the first and the last; `nil` where there are none.
    public static func list(_ names: [String]) -> String? {
        let registers = names.filter { $0.hasPrefix("reg") }
        guard registers.count > 3 else { return names.isEmpty ? nil : names.joined(separator: ", ") }
        return (names.filter { !$0.hasPrefix("reg") } + ["\(registers[0]) to \(registers[registers.count - 1])"]).joined(separator: ", ")
    }
}
