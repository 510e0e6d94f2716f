import Foundation

/// A word as it stands in a shell's command line, quotes and all.
enum ShellWord {
    /// The text that the shell would hand to the program: quotes and backslashes resolved, an open quote closed at the end.
    static func plain(_ word: String) -> String {
        var text = "", quote: Character?, isEscaped = false
        for character in word {
            if isEscaped {
                // Between double quotes a backslash stays before all but these.
                if quote == "\"", !"\"\\$`".contains(character) { text.append("\\") }
                text.append(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "'" || character == "\"" {
                quote = character
            } else {
                text.append(character)
            }
        }
        return text
    }

    /// A path without quotes, a leading `~` resolved.
    static func path(_ word: String) -> String { homeResolved(plain(word)) }

    /// A path whose leading `~` is resolved.
    static func homeResolved(_ path: String) -> String {
        guard path == "~" || path.hasPrefix("~/"), let home = Environment.value("HOME") else { return path }
        return home + path.dropFirst()
    }

    /// The text with a backslash before everything that the shell could take for its own.
    static func escaped(_ text: String) -> String {
        var word = ""
        for character in text {
            if character.isASCII, !character.isLetter, !character.isNumber, !"_-./,+@%=".contains(character) { word.append("\\") }
            word.append(character)
        }
        return word
    }
}
