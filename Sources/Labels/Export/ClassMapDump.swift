import Attribution
import Files
import Tensors

/// Class maps of one picture in a `.npz` file: `keys`, class numbers, Int64 `[K]`, and `maps`, Float32 `[K, H, W]`.
public struct ClassMapDump: Sendable, Equatable {
    /// Each map's class, counted from 0 in the class list: one less than its number in a label map.
    public let keys: [Int]
    /// One plane a key; its `classes` are the keys.
    public let maps: PixelMaps

    /// A dump of maps whose planes belong to `keys`, of which there must be one a plane.
    public init(keys: [Int], maps: PixelMaps) {
        precondition(keys.count == maps.classes.count)
        self.keys = keys
        self.maps = PixelMaps(classes: keys, height: maps.height, width: maps.width, values: maps.values)
    }

    /// The file's content; nil for maps of 4 GiB and more, which the format's plain form cannot hold.
    public var npz: [UInt8]? {
        NumPyArchive.encode([
            ("keys", NumPyFile.encode(shape: [keys.count], keys)),
            ("maps", NumPyFile.encode(shape: [keys.count, maps.height, maps.width], maps.values)),
        ])
    }

    /// Reads such a file.
    ///
    /// - Throws: `FileError`, also where keys and maps do not belong together or a value is not a number.
    public init(path: String) throws(FileError) {
        let arrays = try NumPyArchive.read(path: path, names: ["keys", "maps"])
        guard let keys = arrays["keys"], let maps = arrays["maps"] else {
            throw FileError(.invalid, path: path, "is not a class map dump: it must hold 'keys' and 'maps'")
        }
        guard keys.shape.count == 1, maps.shape.count == 3, maps.shape[0] == keys.shape[0], maps.shape[1] > 0, maps.shape[2] > 0
        else {
            throw FileError(
                .invalid, path: path, "holds keys of shape \(keys.shape) and maps of shape \(maps.shape); [K] and [K, H, W] were expected")
        }
        let indices = keys.values.compactMap { Int(exactly: $0) }.filter { (0..<254).contains($0) }
        guard indices.count == keys.values.count, Set(indices).count == indices.count else {
            throw FileError(.invalid, path: path, "its keys must be different class numbers from 0 to 253")
        }
        guard maps.values.allSatisfy(\.isFinite) else { throw FileError(.invalid, path: path, "holds values that are not finite numbers") }
        self.init(
            keys: indices,
            maps: PixelMaps(classes: indices, height: maps.shape[1], width: maps.shape[2], values: maps.values.map { Float($0) }))
    }
}
