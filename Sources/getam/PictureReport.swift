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
    /// The token whose view it is, where that is not the picture.
    var query: String?
    /// The heads that took no part, and the boxes of patches that alone did or did not.
    var ablated: [String]?
    var kept: [String]?
    var removed: [String]?
    var classes: [Class]?
    /// Of a method that needs no class: its maps, as those of a class.
    var maps: [Map]?
    var table: Table?
    var patches: [Patches]?
    /// The picture's names of classes that the model or the class list lacks.
    var skipped: [String]?
    var areas: [Area]?
    /// What the picture took, from reading to the last file written.
    var milliseconds: Double?

    init(_ name: String, path: String?) {
        self.name = name
        self.path = path
    }

    /// Of a picture that failed.
    init(_ name: String, path: String?, _ error: any Error) {
        self.init(name, path: path)
        self.error = "\(error)"
    }

    /// A class of the model.
    struct Class: Encodable, Sendable {
        let index: Int
        let name: String
        var logit: Float?
        var probability: Float?
        /// Its number in label maps.
        var number: Int?
        /// Its maps, in the order of the layers.
        var maps: [Map]?
    }

    /// The values of a map.
    struct Map: Encodable, Sendable {
        /// The first and the last layer in it.
        let layers: [Int]
        /// Nil for all heads together.
        var head: Int?
        let rows: Int
        let columns: Int
        let minimum: Float
        let maximum: Float
        /// Row and column of the patch with the largest value.
        let peak: [Int]
    }

    /// Numbers by layer, of the layers named, and column.
    struct Table: Encodable, Sendable {
        let columns: [String]
        let unit: String?
        let rows: [[Float]]
        /// What the numbers of each class add up to, where they are parts of a sum.
        var sums: [Sum]?
    }

    /// The sum of a class's numbers and of parts that stand in no cell, and what it is the sum of.
    struct Sum: Encodable, Sendable {
        /// The class's index.
        let index: Int
        let parts: [String: Float]
        let sum: Float
        /// The logit, or what stands in its place, as the pass gives it.
        let logit: Float
    }

    /// The classes of the patches, a row of patches each.
    struct Patches: Encodable, Sendable {
        let layers: [Int]
        let classes: [[Int]]
    }

    /// What a number of a label map covers.
    struct Area: Encodable, Sendable {
        let number: Int
        let name: String
        let pixels: Int
        /// Of all pixels.
        let fraction: Double
    }

    /// The areas of label numbers, of which there are `counts` pixels each; those without a pixel are left out, but for
    /// background's and those of `wanted`.
    static func areas(_ counts: [Int], wanted: [Int] = [], name: (Int) -> String) -> [Area] {
        let total = Double(max(counts.reduce(0, +), 1))
        return counts.indices.filter { counts[$0] > 0 || $0 == 0 || wanted.contains($0) }.map {
            Area(number: $0, name: name($0), pixels: counts[$0], fraction: Double(counts[$0]) / total)
        }
    }

    /// Pixels by number, 0 to `count` - 1.
    static func counts(_ numbers: some Sequence<Int>, count: Int = 256) -> [Int] {
        var counts = [Int](repeating: 0, count: count)
        for number in numbers { counts[number] += 1 }
        return counts
    }
}
