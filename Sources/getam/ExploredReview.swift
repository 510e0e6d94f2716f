import Explorer
import GETAM

/// A folder of labels that the explorer looks through.
struct ExploredReview {
    let writer: ReviewWriter
    let start: ReviewStart

    /// Opens a review, made where there is none.
    ///
    /// - Throws: where two pictures have one name, a label would be a picture, or another process reviews there.
    init(_ folder: String, _ list: PictureList) throws {
        guard !folder.isEmpty else { throw CommandFailure(.usage, "--review needs a folder") }
        if AtomicFile.exists(folder), !folder.isFolder { throw FileError(.missing, path: folder, "--review takes a folder; this is none") }
        let folder = folder.withoutTrailingSlash
        try list.checkNames()
        try list.checkKept(by: { "\(folder)/\($0).png" }, "--review \(folder)")
        try FileSystem.makeFolder(folder)
        let opened = try ReviewWriter.open(folder.appending(part: ReviewLog.name))
        let labels = Set(try PictureFiles(folder: folder, endings: ["png"]).named.map { NameKey($0.name) })
        let names = list.pictures.filter { (try? $0.path()) != nil }.map(\.name)
        writer = opened.writer
        start = ReviewStart(
            folder: folder, names: names, log: opened.log, filed: Set(names.indices.filter { labels.contains(NameKey(names[$0])) }))
    }
}
