extension KeyMap {
    /// The keys as items of an mdoc list (`.Bl -tag` … `.El`), a subsection each section.
    public static func manPage() -> String {
        var lines: [String] = []
        for section in KeyBinding.Section.allCases {
            lines.append(".Ss \(section.rawValue)")
            lines.append(".Bl -tag -width \"Up, Ctrl-P\" -compact")
            for binding in bindings where binding.section == section {
                lines.append(item(binding.keys))
                lines.append(escaped(sentence(binding.description)))
                if let command = binding.command {
                    lines.append(".Pq Ic :" + escaped(command))
                }
            }
            lines.append(".El")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The commands as items of an mdoc list.
    public static func commandManPage() -> String {
        var lines = [".Bl -tag -width Ds -compact"]
        for command in Command.table {
            lines.append(".It Ic :" + escaped(command.name) + (command.usage.isEmpty ? "" : " " + escaped(command.usage)))
            lines.append(escaped(sentence(command.description)))
        }
        lines.append(".El")
        return lines.joined(separator: "\n") + "\n"
    }

    /// The keys of the browser as plain text, one a line, for a README.
    public static func plainText() -> String {
        let width = bindings.filter(\.isOfBrowsing).map { DisplayText.width(of: $0.keyNames) }.max() ?? 0
        var lines: [String] = []
        for section in KeyBinding.Section.allCases {
            let rows = bindings.filter { $0.section == section && $0.isOfBrowsing }
            guard !rows.isEmpty else { continue }
            if !lines.isEmpty { lines.append("") }
            lines.append(section.rawValue)
            for binding in rows {
                let padding = width - DisplayText.width(of: binding.keyNames)
                lines.append("  " + binding.keyNames + String(repeating: " ", count: padding + 2) + binding.description)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The line that begins the item of some keys.
    static func item(_ keys: [Key]) -> String { ".It Ic " + keys.map { escaped($0.plainName) }.joined(separator: " , ") }

    static func sentence(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst() + (text.hasSuffix("…") ? "" : ".")
    }

    /// Text that roff and mdoc leave alone: punctuation that would be a delimiter is made zero-width first.
    static func escaped(_ text: String) -> String {
        let delimiters: Set<String> = [".", ",", ":", ";", "(", ")", "[", "]", "?", "!", "|"]
        if delimiters.contains(text) { return "\\&" + text }
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "…": result += "..."
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            case "-": result += text.count == 1 ? "\\-" : "-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "\"": result += "\\(dq"
            default: result.append(character)
            }
        }
        return result.hasPrefix(".") ? "\\&" + result : result
    }
}

extension KeyBinding {
    /// Whether it acts on what is browsed, with the brush or a sweep in hand or not.
    fileprivate var isOfBrowsing: Bool { [.browse, .review, .paint, .sweep, .sheet].contains(context) }
}
