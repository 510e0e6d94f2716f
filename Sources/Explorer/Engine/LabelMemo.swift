import Attribution
import Files
import Images
import Labels
import VisionTransformer

/// What was found of the picture whose labels were last prepared, so that another start layer, refiner or class need not
/// begin anew: its traces, layer maps, refiners' kernels, saliency and truth.
struct LabelMemo {
    /// Pictures are worked on at this long side at most; exports are made at full size.
    static let longSide = 500

    /// The picture as it is worked on.
    struct Picture {
        let guide: RGBImage
        /// The picture's own size.
        let width: Int
        let height: Int
        /// Of the guide's size.
        let truth: IndexedImage?

        var scale: Double { Double(guide.width) / Double(width) }
    }

    typealias Saliency = (barrier: SaliencyMap?, tokens: SaliencyMap?)

    /// One way of showing the picture to the model.
    struct Entry {
        let view: LabelPipeline.View
        let trace: Trace
        /// By method and where it starts, class and layer.
        fileprivate(set) var maps: [String: [Int: [Int: PatchMap]]] = [:]
        /// What the model's decoder says of some classes.
        fileprivate(set) var decoded: (classes: [Int], maps: [PatchMap])?

        func has(_ classIndex: Int, method: String, from lowest: Int, depth: Int) -> Bool {
            guard let known = maps[method]?[classIndex] else { return false }
            return (lowest..<depth).allSatisfy { known[$0] != nil }
        }

        /// For each class the maps of the layers, lowest first; `nil` where one is missing.
        func lists(_ classes: [Int], method: String, _ layers: ClosedRange<Int>) -> [[PatchMap]]? {
            let lists = classes.map { index in layers.compactMap { maps[method]?[index]?[$0] } }
            return lists.allSatisfy { $0.count == layers.count } ? lists : nil
        }
    }

    private var path = ""
    private var picture: Picture?
    private var entries: [Entry] = []
    var refiners = RefinerMemo()
    /// Of the guide's size, and of which view's tokens.
    var saliency: (view: LabelPipeline.View, maps: Saliency)?

    subscript(view: LabelPipeline.View) -> Entry? { entries.first { $0.view == view } }

    /// The picture of a file, decoded where it is not the last one, which is forgotten then.
    ///
    /// - Parameter post: takes a note where the truth cannot be used.
    mutating func picture(_ file: PictureFile, truth: TruthFolder?, post: (Action) -> Void) throws(FileError) -> Picture {
        if let picture, path == file.path { return picture }
        self = LabelMemo()
        let original = try file.original()
        let guide = original.forDisplay(longSide: Self.longSide)
        var known: IndexedImage?
        do throws(FileError) {
            known = try truth?.labels(of: file.path, width: original.width, height: original.height)
        } catch { post(.notice(kind: "truth, \(error.kind)", "\(error)")) }
        let picture = Picture(
            guide: guide, width: original.width, height: original.height,
            truth: known?.resized(width: guide.width, height: guide.height))
        path = file.path
        self.picture = picture
        return picture
    }

    mutating func keep(_ trace: Trace, _ view: LabelPipeline.View) { entries.append(Entry(view: view, trace: trace)) }

    mutating func add(_ map: PatchMap, classIndex: Int, layer: Int, method: String, _ view: LabelPipeline.View) {
        guard let index = entries.firstIndex(where: { $0.view == view }) else { return }
        entries[index].maps[method, default: [:]][classIndex, default: [:]][layer] = map
    }

    mutating func addDecoded(_ maps: [PatchMap], classes: [Int], _ view: LabelPipeline.View) {
        guard let index = entries.firstIndex(where: { $0.view == view }) else { return }
        entries[index].decoded = (classes, maps)
    }

    /// Takes every layer's maps of classes.
    mutating func add(_ known: [Int: [PatchMap]], method: String, _ view: LabelPipeline.View) {
        for (classIndex, maps) in known {
            for (layer, map) in maps.enumerated() {
                add(map, classIndex: classIndex, layer: layer, method: method, view)
            }
        }
    }

    /// Bytes of the traces.
    var byteCount: Int { entries.reduce(0) { $0 + $1.trace.byteCount } }

    /// About the bytes of all else: the kernels of the refiners above all.
    var kernelBytes: Int { (picture?.guide.samples.count ?? 0) * 80 }

    /// Forgets views, those not wanted first and then the last, until the rest fits in so many bytes; one stays, however large.
    mutating func trim(to limit: Int, wanted: [LabelPipeline.View]) {
        var total = byteCount
        while total > limit, entries.count > 1 {
            let index = entries.firstIndex { !wanted.contains($0.view) } ?? entries.count - 1
            total -= entries.remove(at: index).trace.byteCount
        }
    }
}

/// A picture's file, decoded at most once.
final class PictureFile {
    let path: String
    private var image: RGBImage?

    init(path: String) { self.path = path }

    func original() throws(FileError) -> RGBImage {
        if let image { return image }
        let read = try ImageFile.read(path: path)
        image = read
        return read
    }
}
