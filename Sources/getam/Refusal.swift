import ArgumentParser
import Files
import Foundation

/// What is wrong with a command line, in the program's one voice: a line in lower case, quotes “x”, what was likely meant.
enum Refusal {
    /// - Parameters:
    ///   - error: what the parser threw.
    ///   - arguments: the command line, without the program's name.
    static func line(for error: any Error, _ arguments: [String]) -> String {
        let grammar = CommandGrammar.current
        let (command, rest) = grammar?.command(of: arguments) ?? (nil, arguments)
        // What is not known goes first: the parser may complain of what is missing because of it.
        if let grammar, command == nil, let word = arguments.first, let line = grammar.mistypedCommand(word) { return line }
        let used = command ?? grammar?.command("explore")
        if let unknown = used?.unknownOption(in: rest) { return unknown + (unknown.hasSuffix("?") ? "" : hint(used)) }
        return translated(Getam.message(for: error), used, rest)
    }

    private static func hint(_ command: CommandGrammar.Command?) -> String {
        "; see getam \(command.map { $0.commandName + " " } ?? "")--help"
    }

    /// The parser's message in our words; what it says otherwise keeps its words.
    private static func translated(_ message: String, _ command: CommandGrammar.Command?, _ words: [String]) -> String {
        let text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        if let match = text.wholeMatch(of: /The value '(.*)' is invalid for '(-\S+) <(.+?)>'(?:(?:\.|:) ?(.*))?/) {
            let (value, option, kind) = (String(match.1), String(match.2), String(match.3))
            return "\(option) \(value.isEmpty ? "“”" : value): " + reason(value, option, kind, match.4.map(String.init), command)
        }
        if let match = text.wholeMatch(of: /Missing value for '(-\S+)(?: <(.+)>)?'/) {
            // The parser takes a negative number for an option.
            if let place = words.firstIndex(of: String(match.1)), place + 1 < words.count, Double(words[place + 1]) != nil {
                let isCounted = ["A-B", "layer", "class"].contains(match.2)
                return "\(match.1) \(words[place + 1]): " + (isCounted ? "is negative; layers and classes are counted from 0" : "must not be negative")
            }
            return "\(match.1) needs a value\(match.2.map { " (\($0))" } ?? "")" + hint(command)
        }
        if let match = text.wholeMatch(of: /Missing expected argument '(.+?)'/) { return "\(bare(match.1)) is missing" + hint(command) }
        if let match = text.wholeMatch(of: /Unexpected argument '(.*)'/) { return "“\(match.1)” is one argument too many" + hint(command) }
        if let match = text.wholeMatch(of: /\d+ unexpected arguments: '(.*)'/) {
            return "“\(match.1.replacing("', '", with: "”, “"))” are too many arguments" + hint(command)
        }
        return plain(text)
    }

    /// `-o, --output <dir>` and `<image>` without brackets.
    private static func bare(_ synopsis: Substring) -> String {
        synopsis.filter { !"<>[]".contains($0) }.replacing(" ...", with: "")
    }

    /// Why a value cannot be taken.
    private static func reason(
        _ value: String, _ option: String, _ kind: String, _ said: String?, _ command: CommandGrammar.Command?
    ) -> String {
        let known = command?.option(option)?.allValues ?? []
        if known.count > 12, let meant = NearestNames.meant(by: value, among: known) {
            return "did you mean “\(meant)”?" + (command.map { " getam \($0.commandName) --help lists all" } ?? "")
        }
        if !known.isEmpty {
            return "known are \(known.joined(separator: ", "))" + NearestNames.question(value, among: known)
        }
        if let said, !said.isEmpty { return plain(said) }
        if let wanted = ValueKinds.wanted(kind) { return wanted }
        return "is no \(kind)" + hint(command)
    }

    /// Lower case at the beginning, no full stop at the end, “x” for 'x'.
    private static func plain(_ text: String) -> String {
        var text = text.replacing(/(^|[\s(])'(.*?)'(?=$|[\s.,:;?)])/) { "\($0.1)“\($0.2)”" }
        text = text.replacing(/\.? Did you mean (“.*?”)\?/) { "; did you mean \($0.1)?" }
        if text.hasSuffix(".") { text.removeLast() }
        let second = text.dropFirst().first
        return second?.isUppercase == true ? text : text.prefix(1).lowercased() + text.dropFirst()
    }
}

/// What a value of some kind must be, for errors; by the name that the help gives the value.
enum ValueKinds {
    static func wanted(_ kind: String) -> String? {
        switch kind {
        case "A-B": "layers are a first and a last one, counted from 0, such as 6-11, or one alone"
        case "p", "x", "prob": "a number from 0 to 1 or a percentage is needed"
        case "n", "k", "layer", "pixels": "a whole number is needed"
        case "first:last:step": "three ascending numbers such as 0:0.9:0.1 are needed, at most 1000 steps"
        case "layer.head": "a layer and a head are needed, counted from 0, such as 11.2, with :mean for the mean over tokens"
        case "region": "a box of patches is needed by two corners, columns and rows counted from 0, such as 3,4-6,7, or one patch, 3,4"
        case "name=dir": "a class's name, which is no number, and a folder of pictures are needed, such as bottle=examples/bottle"
        case "text": "a class in words is needed, such as \"a photo of a cat\" or \"cat: a cat | a kitten\", whose name is no number"
        case "part": "i/n with i from 0 to n-1, auto or auto/n is needed"
        case "n,n,...": "whole numbers from 1 to 8192 are needed, with commas between"
        default: nil
        }
    }
}

/// The commands and options there are, as the parser knows them.
struct CommandGrammar: Decodable {
    struct Name: Decodable {
        let kind: String
        let name: String

        var spelling: String { (kind == "long" ? "--" : "-") + name }
    }

    struct Argument: Decodable {
        let kind: String
        let names: [Name]?
        let allValues: [String]?
    }

    struct Command: Decodable {
        let commandName: String
        let arguments: [Argument]?
        let subcommands: [Command]?

        func option(_ spelling: String) -> Argument? {
            (arguments ?? []).first { ($0.names ?? []).contains { $0.spelling == spelling } }
        }

        private var longOptions: [String] {
            (arguments ?? []).flatMap { $0.names ?? [] }.filter { $0.kind == "long" }.map(\.spelling)
        }

        /// The complaint about the first option of a line that the command does not have; nil where it has all.
        func unknownOption(in words: [String]) -> String? {
            var isValue = false
            for word in words {
                if isValue {
                    isValue = false
                } else if word == "--" {
                    return nil
                } else if word.hasPrefix("--") {
                    let name = String(word.prefix { $0 != "=" })
                    guard let option = option(name) else {
                        return "unknown option “\(name)”" + NearestNames.question(name, among: longOptions)
                    }
                    isValue = option.kind == "option" && !word.contains("=")
                } else if word.hasPrefix("-"), let first = word.dropFirst().first, !first.isNumber, first != "." {
                    guard let option = option("-\(first)") else {
                        return "unknown option “\(word)”" + NearestNames.question("-" + word, among: longOptions)
                    }
                    isValue = option.kind == "option" && word.count == 2
                    if option.kind == "flag", word.count > 2, word.dropFirst(2).contains(where: { self.option("-\($0)") == nil }) {
                        return "unknown option “\(word)”" + NearestNames.question("-" + word, among: longOptions)
                    }
                }
            }
            return nil
        }
    }

    let command: Command

    /// What the parser says of itself; read where something is wrong only.
    static let current: CommandGrammar? = try? JSONDecoder().decode(CommandGrammar.self, from: Data(Getam._dumpHelp().utf8))

    /// As ``current``; nil where the word is a file, which needs no question.
    static func current(for word: String) -> CommandGrammar? {
        AtomicFile.exists(word) ? nil : current
    }

    var names: [String] { (command.subcommands ?? []).map(\.commandName) }

    func command(_ name: String) -> Command? { (command.subcommands ?? []).first { $0.commandName == name } }

    /// The command that a line begins with, and the words after it; nil and all where it begins with none.
    func command(of words: [String]) -> (Command?, [String]) {
        guard let first = words.first, let command = command(first) else { return (nil, words) }
        return (command, Array(words.dropFirst()))
    }

    /// The complaint about a first word that is neither a command nor a file, but nearly a command; nil for others.
    func mistypedCommand(_ word: String) -> String? {
        guard !word.hasPrefix("-"), !AtomicFile.exists(word) else { return nil }
        return NearestNames.meant(by: word, among: names).map { "“\(word)” is neither a command nor a picture; did you mean “\($0)”?" }
    }
}
