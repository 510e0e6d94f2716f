import Assets
import Explorer
import Files
import GETAM

/// The picture of a view that an exported PNG restores, wherever it lies now.
struct RestoredPicture {
    /// The pictures to show.
    let paths: [String]
    /// The place of the view's among them.
    let place: Int
    /// Whether its file is not, or may not be, the one that the view was made from.
    let differs: Bool

    /// Looks for the file of the same content among the pictures named, beside the PNG and among the bundled ones, then for one
    /// of the same name beside the PNG, and at last takes what is named.
    ///
    /// - Parameters:
    ///   - png: the exported PNG's path.
    ///   - named: the pictures that the command line names.
    init(_ view: RestoredView, png: String, named: [String]) throws {
        let name = view.picture.lastPart
        let beside = png.folder.appending(part: name)
        if let path = Self.equal(view, png: png, named: named, beside: beside) {
            self.init(path, named, differs: false)
        } else if let path = [beside, view.picture].first(where: { (try? ImageFile.size(path: $0)) != nil }) {
            self.init(path, named, differs: view.content != nil)
        } else if let path = named.first(where: { $0.lastPart == name }) ?? named.first {
            self.init(path, named, differs: true)
        } else {
            throw CommandFailure(
                .missingInput,
                "\(png): was made from \(name), which is not beside it; name the picture too: getam explore --from \(png) \(name)")
        }
    }

    private init(_ path: String, _ named: [String], differs: Bool) {
        let known = named.firstIndex(of: path)
        paths = known == nil ? [path] + named : named
        place = known ?? 0
        self.differs = differs
    }

    /// The first file of the view's content; those of its name are looked at first.
    private static func equal(_ view: RestoredView, png: String, named: [String], beside: String) -> String? {
        guard let content = view.content else { return nil }
        let folder = png.folder.isEmpty ? "." : png.folder
        // Those in it, not in its folders: it may be anybody's home.
        let neighbors = ((try? FolderListing(folder).entries) ?? []).filter { !$0.isFolder && ImageFile.isPicture($0.name) }
            .map { folder.appending(part: $0.name) }
        let bundled = (try? PictureList.bundled().paths) ?? []
        return (named + [beside, view.picture] + neighbors + bundled).first {
            $0 != png && PictureContent.isEqual($0, content)
        }
    }
}
