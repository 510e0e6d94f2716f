import ArgumentParser
import GETAM

/// The options of commands that work on a data set, picture by picture.
struct BatchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Folder of the pictures.", valueName: "dir"), completion: .directory)
    var images: String?
    @Option(help: ArgumentHelp("Names of the pictures, one a line. (default: all in the folder)", valueName: "file"), completion: .file())
    var list: String?
    @Option(help: ArgumentHelp("VOC tree, in place of --images and --list.", valueName: "dir"), completion: .directory)
    var voc: String?
    @Option(help: ArgumentHelp("List of the VOC tree. (default: train)", valueName: "name"), completion: .splits)
    var split: String?
    @Option(help: ArgumentHelp("Pictures at a time. (default: the processors this process may use)", valueName: "n"))
    var jobs: Int?
    @Flag(help: "Leave out pictures whose outputs are there, whole, and made the same way.")
    var resume = false
    @Option(
        help: ArgumentHelp(
            "Take one part of the list: i/n with i from 0, auto from Slurm or Open MPI, auto/n from Kubernetes.", valueName: "part"))
    var shard: ShardChoice?

    /// Whether a data set is named.
    var isGiven: Bool { images != nil || voc != nil }

    func validate() throws {
        if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs must be from 1 to 1024.") }
        if voc != nil, images != nil || list != nil { throw ValidationError("--voc excludes --images and --list.") }
        if list != nil, images == nil { throw ValidationError("--list needs the folder of the pictures: --images.") }
        if voc == nil, split != nil { throw ValidationError("--split goes with --voc.") }
        for (name, value) in [("--images", images), ("--voc", voc)] where value == "" {
            throw ValidationError("\(name) needs a folder.")
        }
    }

    /// The folder of the pictures, and the names of all.
    func pictures() throws -> (FolderIndex, [String]) {
        let folder = try FolderIndex(voc.map { $0 + "/JPEGImages" } ?? images ?? "", extensions: ImageFile.extensions)
        var path = list
        if let voc {
            let candidates = ["Segmentation/", "", "Main/"].map { "\(voc)/ImageSets/\($0)\(split ?? "train").txt" }
            path = candidates.first(where: AtomicFile.exists) ?? candidates[0]
        }
        if let path { return (folder, try NameList.read(path: path)) }
        let names = try folder.names()
        guard !names.isEmpty else {
            throw FileError(.missing, path: folder.path, "has no pictures in it (PNG, JPEG, PPM, PGM)")
        }
        return (folder, names)
    }

    /// The part of the list that is this process's; says which.
    func ownPart(of names: [String]) throws -> [String] {
        let shard: Shard, source: String
        switch self.shard {
        case nil: return names
        case .fixed(let fixed): (shard, source) = (fixed, "--shard")
        case .automatic(let count):
            let found = try ClusterShard(Environment.variables, count: count)
            (shard, source) = (found.shard, found.source)
        }
        let part = names.indices.filter(shard.takes).map { names[$0] }
        Report.line("shard \(shard.index) of \(shard.count) (\(source)): \(part.count) of \(names.count) pictures")
        return part
    }

    /// One engine a job: as many as are asked for, and no more than there are pictures.
    func engines<Engine>(for pictures: Int, threads: Int, _ make: (Compute) throws -> Engine) rethrows -> [Engine] {
        let product = ModelOptions.matrixProduct()
        let count = min(jobs ?? Environment.usableProcessors(), max(pictures, 1))
        return try (0..<count).map { _ in
            try make(Compute(product: product, pool: ThreadPool(threads: threads), features: Environment.features))
        }
    }
}
