import ArgumentParser
import Explorer
import Files
import Foundation
import GETAM
import Training

/// What the shells offer after an option: files by the shell itself; names, classes and layers by a call of the program.
extension CompletionKind {
    /// Pictures, in folders too.
    static let pictures = endings(ImageFile.extensions)
    static let arrays = endings(["npy", "npz"])
    /// A checkpoint: a file of one of its formats, or a folder.
    static let checkpoints = endings(["safetensors", "json", "pth", "pt", "bin", "npz", "ckpt", "tar"])
    static let heads = endings(["safetensors", "pth", "pt", "bin", "npy", "npz"])

    /// Files with one of some endings, in lower and upper case, and folders.
    static func endings(_ endings: Set<String>) -> CompletionKind {
        .file(extensions: endings.sorted().flatMap { [$0, $0.uppercased()] })
    }

    /// Some names, or a file with one of some endings.
    static func names(_ names: [String], orFiles endings: Set<String>) -> CompletionKind {
        .custom { words, index, prefix in
            let begun = CommandWords(words, index, prefix).begun
            return CompletionText.candidates(names.filter { $0.hasPrefix(begun) } + files(begun, endings))
        }
    }

    static let recipes = names(Recipe.builtIn.map(\.name), orFiles: ["json"])
    /// Presets, those that the user's settings give names among them.
    static let presets = CompletionKind.custom { words, index, prefix in
        let line = CommandWords(words, index, prefix)
        let path = line.value("--config").map(ShellWord.path) ?? ConfigurationOption.usualPath
        let own = path.flatMap { try? ExplorerSettings(path: $0) }?.presets.keys.sorted() ?? []
        let names = Preset.builtIn.map(\.name) + own
        return CompletionText.candidates(names.filter { $0.hasPrefix(line.begun) } + files(line.begun, ["json"]))
    }
    static let classLists = names(["voc", "coco", "model"], orFiles: ["txt", "names", "json"])

    /// Formats of other programs, and behind the sign what they are written to.
    static let exports = CompletionKind.custom { words, index, prefix in
        let begun = CommandWords(words, index, prefix).begun
        guard let sign = begun.firstIndex(of: "="), let format = LabelFormat(rawValue: String(begun[..<sign])) else {
            return CompletionText.candidates(LabelFormat.allCases.map { $0.rawValue + "=" }.filter { $0.hasPrefix(begun) })
        }
        let (start, path) = (begun[...sign], String(begun[begun.index(after: sign)...]))
        return CompletionText.candidates(files(path, Set([format.fileExtension].compactMap(\.self))).map { start + $0 })
    }

    /// The classes of the model that the command line names.
    static let modelClasses = CompletionKind.custom { words, index, prefix in
        let line = CommandWords(words, index, prefix)
        let wanted = line.begun.lowercased()
        // Shells keep only what begins as typed; a name typed in another case is offered as the model writes it.
        return CompletionText.candidates((line.model?.classes ?? []).filter { $0.lowercased().hasPrefix(wanted) })
    }

    /// What tells a class from the nearest, and the classes it can be told from.
    static let contrasts = CompletionKind.custom { words, index, prefix in
        let line = CommandWords(words, index, prefix)
        let wanted = line.begun.lowercased()
        return CompletionText.candidates((["auto", "soft-max"] + (line.model?.classes ?? [])).filter { $0.lowercased().hasPrefix(wanted) })
    }

    /// Classes of the class list that the command line names, one after another with commas between.
    static let listedClasses = CompletionKind.custom { words, index, prefix in
        let line = CommandWords(words, index, prefix)
        let parts = line.begun.split(separator: ",", omittingEmptySubsequences: false)
        let before = parts.dropLast().map { $0 + "," }.joined()
        let names = (parts.count > 1 ? [] : ["present"]) + line.classList
        return CompletionText.candidates(
            names.filter { $0.hasPrefix(parts.last ?? "") && !parts.dropLast().contains(Substring($0)) }.map { before + $0 })
    }

    static let methodLists = lists(of: MapMethods.all.map(\.identifier))
    static let metricLists = lists(of: QualityMetrics.all.map(\.identifier))

    /// Some names, one after another with commas between, or `all`.
    private static func lists(of names: [String]) -> CompletionKind {
        .custom { words, index, prefix in
            let parts = CommandWords(words, index, prefix).begun.split(separator: ",", omittingEmptySubsequences: false)
            let before = parts.dropLast().map { $0 + "," }.joined()
            return CompletionText.candidates(
                ((parts.count > 1 ? [] : ["all"]) + names).filter { $0.hasPrefix(parts.last ?? "") && !parts.dropLast().contains(Substring($0)) }
                    .map { before + $0 })
        }
    }

    /// Layers of the model that the command line names, and ranges of them.
    static let layers = CompletionKind.custom { words, index, prefix in
        let line = CommandWords(words, index, prefix)
        guard let depth = line.model?.depth else { return [] }
        let first = Int(line.begun.prefix { $0 != "-" })
        let single = (0..<depth).map(String.init)
        guard let first, line.begun.contains("-") else { return single.filter { $0.hasPrefix(line.begun) } }
        return (first..<max(first, depth)).map { "\(first)-\($0)" }.filter { $0.hasPrefix(line.begun) }
    }

    static let layer = CompletionKind.custom { words, index, prefix in
        let line = CommandWords(words, index, prefix)
        return (0..<(line.model?.depth ?? 0)).map(String.init).filter { $0.hasPrefix(line.begun) }
    }

    /// The heads of the layers of the model that the command line names.
    static let attentionHeads = CompletionKind.custom { words, index, prefix in
        let line = CommandWords(words, index, prefix)
        guard let model = line.model else { return [] }
        return (0..<model.depth).flatMap { layer in (0..<model.heads).map { "\(layer).\($0)" } }.filter { $0.hasPrefix(line.begun) }
    }

    /// The lists of the VOC tree that the command line names.
    static let splits = CompletionKind.custom { words, index, prefix in
        let line = CommandWords(words, index, prefix)
        guard let tree = line.value("--voc") else { return [] }
        let lists = ["Segmentation", "Main", ""].flatMap { part in
            entries("\(ShellWord.path(tree))/ImageSets/\(part)").map(\.name)
        }
        return CompletionText.candidates(
            Set(lists.filter { $0.hasSuffix(".txt") && $0.hasPrefix(line.begun) }.map { String($0.dropLast(4)) }).sorted())
    }

    /// The files and folders that a path may become.
    private static func files(_ begun: String, _ endings: Set<String>) -> [String] {
        let folder = begun.lastIndex(of: "/").map { String(begun[...$0]) } ?? ""
        let part = begun.dropFirst(folder.count)
        let place = folder.isEmpty ? "." : ShellWord.homeResolved(folder)
        return entries(place).sorted { $0.name < $1.name }.compactMap { entry in
            guard entry.name.hasPrefix(part), !entry.name.isHiddenName || part.hasPrefix(".") else { return nil }
            if entry.isFolder { return folder + entry.name + "/" }
            return endings.contains(entry.name.ending ?? "") ? folder + entry.name : nil
        }
    }

    private static func entries(_ folder: String) -> [FolderListing.Entry] { (try? FolderListing(folder))?.entries ?? [] }
}

/// Candidates as each shell reads them from the program.
private enum CompletionText {
    static func candidates(_ names: [String]) -> [String] {
        let names = names.filter { !$0.contains { $0.isNewline } && !$0.isEmpty }
        switch CompletionShell.requesting {
        // The script expands each as a word of the shell's; whether something is a folder bash sees for itself.
        case .bash?: return names.map { ShellWord.escaped($0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0) }
        // A colon would begin a description.
        case .zsh?:
            return names.map {
                $0.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: ":", with: "\\:")
            }
        default: return names
        }
    }
}

/// The command line that a shell completes, as far as candidates depend on it.
private struct CommandWords {
    private let words: [String]
    /// The word under the cursor up to it, without quotes.
    let begun: String

    init(_ words: [String], _ index: Int, _ prefix: String) {
        self.words = words
        let word = words.indices.contains(index) ? words[index] : ""
        // Shells count what stands before the cursor differently; at the end of a word it is the word.
        begun = ShellWord.plain(prefix.isEmpty ? word : prefix)
    }

    /// The value of an option, the last where there are several; nil where the line does not give one.
    func value(_ names: String...) -> String? { values(names).last }

    /// The values of an option that may be repeated.
    private func values(_ names: [String]) -> [String] {
        var values: [String] = []
        for (index, word) in words.enumerated() {
            for name in names {
                if name.hasPrefix("--"), word.hasPrefix(name + "=") { values.append(String(word.dropFirst(name.count + 1))) }
                guard word == name else { continue }
                let rest = words.dropFirst(index + 1)
                // bash takes = for a word of its own.
                if let value = rest.first == "=" ? rest.dropFirst().first : rest.first { values.append(value) }
            }
        }
        return values
    }

    /// The classes that the line gives in words: they are then all that the model has.
    private var inWords: [String] {
        let texts = values(["--text"]).compactMap { TextClass(line: ShellWord.plain($0)) }
        let file = value("--texts").flatMap { try? TextClass.read(path: ShellWord.path($0)) } ?? []
        return (texts + file).map(\.name)
    }

    private static func configuration(_ path: String?, head: String?) -> ModelConfiguration? {
        var option = ModelFileOption()
        option.models = [path.map(ShellWord.path)].compactMap { $0 }
        return try? ModelLoader.load(path: option.path(), head: head.map { HeadSource(path: ShellWord.path($0)) }).configuration
    }

    /// Classes, layers and heads of the model that the line names, else of the bundled one; nil where it cannot be read.
    var model: (classes: [String], depth: Int, heads: Int)? {
        guard let configuration = Self.configuration(value("-m", "--model"), head: value("--head")) else { return nil }
        let texts = inWords, concepts = values(["--concept"]).compactMap { ConceptChoice(argument: ShellWord.plain($0))?.name }
        return ((texts.isEmpty ? configuration.distinctClassNames : texts) + concepts, configuration.depth, configuration.heads)
    }

    /// The classes of `--class-list`, else of the model.
    var classList: [String] {
        guard let choice = value("--class-list").flatMap({ ClassListChoice(argument: ShellWord.path($0)) }) else {
            return model?.classes ?? []
        }
        if case .model = choice { return model?.classes ?? [] }
        return (try? choice.list { throw CommandFailure(.usage, "no model") })?.names ?? []
    }
}
