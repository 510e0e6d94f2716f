import Files

/// What lies in a folder that a path is typed into.
struct FolderNames: Sendable, Equatable {
    /// As typed, with the slash at its end; empty for the working folder.
    let folder: String
    /// Of folders with a slash at the end; none until they are there.
    var names: [String] = []
}

extension Prompt {
    /// The path that is being typed; `nil` where none is.
    var path: String? {
        switch kind {
        case .command: Command.pathPart(of: string)
        case .exportPath(let kind): (try? Command.areaLimit(string, kind))?.path
        case .marksPath: string
        case .find, .palette, .note, .queueFilter: nil
        }
    }
}

extension ExplorerState {
    /// Asks what lies in the folder that a path is typed into.
    mutating func settleListing(_ effects: inout [Effect]) {
        guard case .prompt(let prompt) = mode else { return listing = nil }
        guard prompt.completionIndex == nil, let folder = prompt.path.map(Self.folder), listing?.folder != folder else { return }
        listing = FolderNames(folder: folder)
        effects.append(.listFolder(folder))
    }

    mutating func listed(_ folder: String, _ names: [String]) {
        if listing?.folder == folder { listing?.names = names }
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// What a path that is being typed may become. Hidden names are among it once their dot is typed.
    func paths(for path: String) -> [String] {
        let folder = Self.folder(of: path), begun = path.dropFirst(folder.count).lowercased()
        guard let listing, listing.folder == folder else { return [] }
        let fitting = listing.names.filter { $0.lowercased().hasPrefix(begun) && (!$0.hasPrefix(".") || begun.hasPrefix(".")) }
        // A name that cannot be typed is left out.
        return fitting.filter { DisplayText.sanitized($0) == $0 }.prefix(200).map { folder + $0 }
    }

    /// What a line that is being typed may become.
    func completions(of prompt: Prompt) -> [String] {
        switch prompt.kind {
        case .command: return Command.completions(of: prompt.string, in: self)
        case .find:
            let start = prompt.string.lowercased()
            return listed.prefix(200).map(model.className).filter { $0.lowercased().hasPrefix(start) }
        case .exportPath, .marksPath:
            guard let path = prompt.path else { return [] }
            return paths(for: path).map { String(prompt.string.dropLast(path.count)) + $0 }
        case .palette, .note, .queueFilter: return []
        }
    }
}
