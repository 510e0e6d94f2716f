import Files

/// The files in a folder that are named as pictures: truth, predictions, class maps, saliency.
public struct PictureFiles: Sendable {
    /// The folder, without a slash at its end.
    public let folder: String
    /// Folders in it that could not be read.
    package let unreadable: [FileError]
    /// Paths relative to the folder, in the order of their bytes.
    private let files: [String]

    /// What masks hold, where a file beside them says it.
    public let legend: MaskLegend?
    /// What masks' names end in beside the pictures'.
    private let suffix: String

    /// Finds the files in a folder and in the folders in it; hidden ones are left out.
    ///
    /// - Parameters:
    ///   - endings: of the files that count, in lower case.
    ///   - others: folders that are not entered.
    /// - Throws: `FileError` where the folder is not there or cannot be read.
    public init(folder: String, endings: Set<String>, leavingOut others: [String] = []) throws(FileError) {
        let tree = try FolderTree(folder, endings: endings, leavingOut: others)
        self.folder = folder.withoutTrailingSlash
        files = tree.files
        unreadable = tree.unreadable
        (legend, suffix) = (nil, "")
    }

    /// Finds the label maps in a folder, and what other programs write beside them of what they hold.
    ///
    /// - Throws: `FileError`.
    public init(masks folder: String) throws(FileError) {
        let tree = try FolderTree(folder, endings: ["png"], leavingOut: [])
        self.folder = folder.withoutTrailingSlash
        legend = try MaskLegend(of: folder)
        let suffix = legend?.suffix ?? ""
        self.suffix = suffix
        // Pictures may lie among them.
        files = suffix.isEmpty ? tree.files : tree.files.filter { PictureNames.name(of: $0).hasSuffix(suffix) }
        unreadable = tree.unreadable
    }

    /// The picture's name that a file has.
    private func picture(of file: String) -> String { String(PictureNames.name(of: file).dropLast(suffix.count)) }

    /// The pictures' names in the order of their bytes, and the path of each one's files by their endings; more than one where
    /// they differ in their endings only.
    public var named: [(name: String, paths: [String])] {
        var places: [NameKey: Int] = [:]
        var named: [(name: String, paths: [String])] = []
        for file in files {
            let name = picture(of: file), path = folder.appending(part: file)
            if let place = places[NameKey(name)] {
                named[place].paths.append(path)
            } else {
                places[NameKey(name)] = named.count
                named.append((name, [path]))
            }
        }
        return named.sorted { $0.name.precedesInBytes($1.name) }
    }

    /// The files as entries, each name's first by its ending, and the name of each.
    fileprivate var entries: (files: [String], names: [String]) {
        var seen: Set<NameKey> = []
        let files = files.filter { seen.insert(NameKey(picture(of: $0))).inserted }
        return (files, files.map(picture(of:)))
    }
}

/// The one file beside each picture in such a folder.
public struct CompanionFiles: Sendable {
    /// The folder.
    public let folder: String
    /// What they hold, where they are masks and a file beside them says it.
    public let legend: MaskLegend?
    private let missing: String
    private let files: [NameKey: Result<String, FileError>]

    /// - Parameters:
    ///   - pictures: of the whole run; ``file(of:)`` finds by the keys, which may be the names or the paths.
    ///   - missing: what to say where a picture has no file: "no saliency map of this name".
    public init(_ folder: PictureFiles, of pictures: [(key: String, name: String)], missing: String) {
        self.folder = folder.folder
        legend = folder.legend
        self.missing = missing
        let names = PictureNames(pictures.map(\.name)), entries = folder.entries
        let found = PictureEntries(entries.names, of: names).found
        var files: [NameKey: Result<String, FileError>] = [:]
        for (key, name) in pictures {
            guard let place = names.place(of: name) else { continue }
            switch found[place] {
            case .entry(let entry): files[NameKey(key)] = .success(self.folder.appending(part: entries.files[entry]))
            case .unclear(let reason):
                files[NameKey(key)] = .failure(FileError(.invalid, path: self.folder.appending(part: name), reason))
            case .none: files[NameKey(key)] = .failure(FileError(.missing, path: self.folder.appending(part: name), missing))
            }
        }
        self.files = files
    }

    /// Whether the picture has a file.
    ///
    /// - Throws: `FileError` where it is not clear which it is.
    public func isThere(_ key: String) throws(FileError) -> Bool {
        do throws(FileError) {
            _ = try file(of: key)
            return true
        } catch {
            guard error.kind == .missing else { throw error }
            return false
        }
    }

    /// The picture's file.
    ///
    /// - Throws: `FileError` where there is none, or it is not clear which it is.
    public func file(of key: String) throws(FileError) -> String {
        guard let file = files[NameKey(key)] else {
            throw FileError(.missing, path: folder.appending(part: PictureNames.name(of: key.lastPart)), missing)
        }
        return try file.get()
    }
}
