import ArgumentParser
import GETAM

/// Which pictures a command takes; the same words for all commands.
struct PictureOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Pictures, and folders of pictures; - is a picture from standard input.", valueName: "image|dir"),
        completion: .pictures)
    var pictures: [String] = []
    @Option(help: ArgumentHelp("Folder of the pictures, as if named without the option.", valueName: "dir"), completion: .directory)
    var images: String?
    @Option(
        help: ArgumentHelp(
            "Names of the pictures to take, one a line, or their paths where no folder is named; - is standard input.",
            valueName: "file"),
        completion: .file())
    var list: String?
    @Option(help: ArgumentHelp("VOC tree, in place of pictures and list.", valueName: "dir"), completion: .directory)
    var voc: String?
    @Option(help: ArgumentHelp("List of the VOC tree. (default: train)", valueName: "name"), completion: .splits)
    var split: String?
    @Option(
        help: ArgumentHelp(
            "Take one part of the pictures: i/n with i from 0, auto from Slurm or Open MPI, auto/n from Kubernetes.", valueName: "part"))
    var shard: ShardChoice?

    /// Whether any picture is named.
    var isGiven: Bool { !pictures.isEmpty || images != nil || list != nil || voc != nil }

    /// Whether standard input is a picture or the list.
    var readsStandardInput: Bool { list == "-" || pictures.contains("-") }

    /// What to say where pictures must be named and are not.
    static let missing = "Name the pictures: files or folders, or --images, --list or --voc."

    func validate() throws {
        if voc != nil, images != nil || list != nil || !pictures.isEmpty {
            throw ValidationError("--voc names pictures and list; leave --images, --list and other pictures out.")
        }
        if voc == nil, split != nil { throw ValidationError("--split goes with --voc.") }
        for (name, value) in [("--images", images), ("--voc", voc)] where value == "" {
            throw ValidationError("\(name) needs a folder.")
        }
        if list == "" { throw ValidationError("--list needs a file.") }
        if list == "-", pictures.contains("-") { throw ValidationError("Standard input is either the list or a picture.") }
    }

    /// The picture, where one file is named and nothing else; nil for folders and lists, whatever is in them.
    func single(of list: PictureList) -> PictureList.Picture? {
        guard pictures.count == 1, images == nil, self.list == nil, shard == nil, !pictures[0].isFolder else { return nil }
        return list.pictures.first
    }

    /// The folders named, which outputs must not replace.
    var folders: [String] { (pictures + [images, voc].compactMap { $0 }).filter(\.isFolder) }

    /// All pictures of the run, before its part is taken: in the list's order, else as named, folders by name.
    ///
    /// - Parameter outputs: folders that are written to, whose files are no pictures.
    func chosen(leavingOut outputs: [String] = []) throws -> PictureList {
        guard let voc, list == nil else { return try chosen(by: list, leavingOut: outputs) }
        let candidates = ["Segmentation/", "", "Main/"].map { "\(voc)/ImageSets/\($0)\(split ?? "train").txt" }
        return try chosen(by: candidates.first(where: AtomicFile.exists) ?? candidates[0], leavingOut: outputs)
    }

    /// The pictures that a list chooses among those named; nil for all.
    func chosen(by list: String?, leavingOut outputs: [String] = []) throws -> PictureList {
        for folder in [images, voc].compactMap({ $0 }) where !folder.isFolder {
            throw FileError(.missing, path: folder, AtomicFile.exists(folder) ? "is no folder" : "no such folder")
        }
        let named = voc.map { [$0 + "/JPEGImages"] } ?? pictures + (images.map { [$0] } ?? [])
        guard let list else { return try PictureList(named, leavingOut: outputs) }
        let path = DashPath.input(list)
        if named.isEmpty { return try NameList.paths(path) }
        return try NameList.choose(
            path, from: PictureList(named, leavingOut: outputs), in: named.count == 1 && named[0].isFolder ? named[0] : "")
    }

    /// The places of the part of the pictures that is this process's; says which.
    func ownPart(of count: Int) throws -> [Int] {
        let shard: Shard, source: String
        switch self.shard {
        case nil: return Array(0..<count)
        case .fixed(let fixed): (shard, source) = (fixed, "--shard")
        case .automatic(let count):
            let found = try ClusterShard(Environment.variables, count: count)
            (shard, source) = (found.shard, found.source)
        }
        let part = (0..<count).filter(shard.takes)
        Report.line("shard \(shard.index) of \(shard.count) (\(source)): \(part.count) of \(count) pictures")
        return part
    }
}
