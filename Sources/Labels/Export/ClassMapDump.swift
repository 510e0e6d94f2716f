import Attribution
import Checkpoints
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

    /// Under which names other programs keep the maps, the first that is there counts: ours, CLIP-ES's refined ones, irn's and
    /// CLIP-ES's of the picture's size, irn's of a quarter of it.
    public static let mapNames = ["maps", "attn_highres", "high_res", "highres", "cam", "strided_cam"]

    /// Reads such a file, deflated or not, or a `.npy` file of a dictionary as irn, CLIP-ES and their kin write it: `keys` and
    /// one of ``mapNames``, or a map `[H, W]` a class number. Numbers of any type.
    ///
    /// - Throws: `FileError`, also where keys and maps do not belong together or a value is not a number.
    public init(path: String) throws(FileError) {
        let names = Set(["keys"] + Self.mapNames)
        var arrays: [String: NumPyFloats]
        if try FileContent(path: path, prefix: 6).withBytes({ $0.starts(with: [0x93] + Array("NUMPY".utf8)) }) {
            let (named, numbered) = try PickledMaps.read(path: path, names: names)
            arrays = named
            if named["keys"] == nil, !numbered.isEmpty { arrays = try Self.stacked(numbered, path: path) }
        } else {
            arrays = try NumPyArchive.readFloats(path: path, names: names)
        }
        guard let keys = arrays["keys"], let maps = Self.mapNames.lazy.compactMap({ arrays[$0] }).first else {
            throw FileError(
                .invalid, path: path,
                "holds no class maps: “keys” and one of \(Self.mapNames.map { "“\($0)”" }.joined(separator: ", ")) were expected")
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
            keys: indices, maps: PixelMaps(classes: indices, height: maps.shape[1], width: maps.shape[2], values: maps.values))
    }

    /// One map a class number, as keys and maps.
    private static func stacked(
        _ numbered: [(number: Int, map: NumPyFloats)], path: String
    ) throws(FileError) -> [String: NumPyFloats] {
        let shape = numbered[0].map.shape
        guard shape.count == 2, numbered.allSatisfy({ $0.map.shape == shape }) else {
            throw FileError(.invalid, path: path, "holds maps of different shapes, or of others than [H, W]")
        }
        return [
            "keys": NumPyFloats(shape: [numbered.count], values: numbered.map { Float($0.number) }),
            "maps": NumPyFloats(shape: [numbered.count] + shape, values: numbered.flatMap(\.map.values)),
        ]
    }

    /// How many values enlarged maps may have: a gibibyte of them.
    private static let most = 1 << 28

    /// The maps brought to a picture's size where they are smaller, bilinearly, patches where they were cut from the picture;
    /// maps that are not smaller stay as they are.
    ///
    /// - Throws: `LabelError` where the maps would take more than a gibibyte.
    public func enlarged(width: Int, height: Int) throws(LabelError) -> ClassMapDump {
        guard maps.width <= width, maps.height <= height, maps.width < width || maps.height < height else { return self }
        guard keys.count * width * height <= Self.most else {
            throw .indices("\(keys.count) class maps enlarged to \(width)×\(height) would take more than a gibibyte")
        }
        let planes = keys.indices.map { PatchMap(rows: maps.height, columns: maps.width, values: Array(maps.plane($0))) }
        return ClassMapDump(
            keys: keys, maps: LabelMaker.upsampled(planes, classes: keys, width: width, height: height, .centers))
    }
}
