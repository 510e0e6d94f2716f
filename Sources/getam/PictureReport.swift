import Foundation
import GETAM

/// What `--json` says of one picture: an object, of which only what applies is there.
struct PictureReport: Encodable, Sendable {
    let name: String
    let path: String?
    /// Why the picture failed; all else is missing then.
    var error: String?
    var width: Int?
    var height: Int?
    /// The file written, or the first of them.
    var output: String?
    /// Whether the outputs were there already.
    var resumed: Bool?
    /// How the maps were made.
    var method: String?
    /// The first and the last layer of the maps.
    var layers: [Int]?
    var classes: [Class]?
    /// The picture's names of classes that the model or the class list lacks.
    var skipped: [String]?
    var areas: [Area]?
    /// What the picture took, from reading to the last file written.
    var milliseconds: Double?

    init(_ name: String, path: String?) {
        self.name = name
        self.path = path
    }

    /// A class of the model.
    struct Class: Encodable, Sendable {
        let index: Int
        let name: String
        var logit: Float?
        var probability: Float?
        /// Its number in label maps.
        var number: Int?
        /// The values of its maps, one a map written: the smallest, the largest, and the patch that has it.
        var maps: [Map]?
    }

    /// The values of a map.
    struct Map: Encodable, Sendable {
        let layers: [Int]
        let minimum: Float
        let maximum: Float
        let row: Int
        let column: Int
    }

    /// What a number of a label map covers.
    struct Area: Encodable, Sendable {
        let number: Int
        let name: String
        let pixels: Int
        /// Of all pixels.
        let fraction: Double
    }

    /// The areas of a label map, by number; numbers of `wanted` are there even if nothing is theirs.
    static func areas(_ labels: IndexedImage, wanted: [Int] = [], name: (Int) -> String) -> [Area] {
        var counts = [Int](repeating: 0, count: 256)
        for index in labels.indices { counts[Int(index)] += 1 }
        let total = Double(max(labels.indices.count, 1))
        return counts.indices.filter { counts[$0] > 0 || $0 == 0 || wanted.contains($0) }.map {
            Area(number: $0, name: name($0), pixels: counts[$0], fraction: Double(counts[$0]) / total)
        }
    }
}
