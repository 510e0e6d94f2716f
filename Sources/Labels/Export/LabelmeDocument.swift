import Checkpoints
import Files
import Images

/// A label map as a labelme annotation file.
///
/// Each connected region (pixels that touch along an edge or at a corner) is a shape. A polygon goes through the centers of
/// the border pixels, where labelme has its whole numbers, so that its `shape_to_mask` (Pillow's filled polygon) gives back
/// the region's pixels and no others; what no polygon can hold is a "mask" shape, and so are all small regions of a class
/// together. Unknown pixels get labelme's `__ignore__`.
public struct LabelmeDocument: Sendable {
    /// The file's content.
    public let json: String
    /// Regions that were left out, and their pixels.
    public let dropped: (regions: Int, pixels: Int)

    /// - Parameters:
    ///   - classNames: name of each class; number 1 of the label map is the first. A number without a name is its own name.
    ///   - imagePath: the picture's path as seen from the document.
    ///   - minimumArea: regions of fewer pixels are left out.
    public init(
        _ labels: IndexedImage, classNames: [String], imagePath: String, minimumArea: Int = 0
    ) throws(PNGEncodingError) {
        let (width, height) = (labels.width, labels.height)
        let regions = Components(labels.indices, width: width, height: height, corners: true)
        let topology = RegionTopology(regions, width: width, height: height)
        var parts: [Part] = []
        var smallOnes: [UInt8: Int] = [:]
        var masks = RegionMasks(regions, width: width)
        var dropped = (regions: 0, pixels: 0)
        for (region, area) in regions.areas.enumerated() {
            let start = regions.starts[region], number = labels.indices[start]
            if area < minimumArea {
                dropped.regions += 1
                dropped.pixels += area
            } else if area * Self.smallShare < width * height {
                if let known = smallOnes[number] {
                    masks.add(region, to: known)
                } else {
                    let mask = masks.new(region)
                    smallOnes[number] = mask
                    parts.append(Part(number: number, kind: .mask(mask), description: "parts under 0.1 % of the picture"))
                }
            } else if let outline = Self.outline(of: region, regions, topology, width: width, height: height) {
                parts.append(Part(number: number, kind: .polygon(outline)))
            } else {
                parts.append(Part(number: number, kind: .mask(masks.new(region))))
            }
        }
        masks.measure()
        var shapes: [JSONValue] = []
        for part in parts {
            let name = part.number == LabelCompletion.ignored
                ? "__ignore__" : Int(part.number) <= classNames.count ? classNames[Int(part.number) - 1] : "\(part.number)"
            shapes.append(.object(try part.members(named: name, masks)))
        }
        self.dropped = dropped
        json = JSONValue.object([
            "version": .string("5.5.0"), "flags": .object([:]), "shapes": .array(shapes), "imagePath": .string(imagePath),
            "imageData": .null, "imageHeight": .integer(height), "imageWidth": .integer(width),
        ]).text(indented: true) + "\n"
    }

    /// A region is small below the picture's area over this.
    private static let smallShare = 1000
    /// Before version 11 Pillow fills up to seven pixels beside each place where a polygon comes back along a diagonal.
    private static let neckCost = 7

    /// The polygon that Pillow fills to just the region's pixels (older versions to 99.9 % of them); nil where none does.
    private static func outline(
        of region: Int, _ regions: Components, _ topology: RegionTopology, width: Int, height: Int
    ) -> RegionOutline? {
        guard topology.holes[region] == 0, topology.necks[region] * neckCost * 1000 <= regions.areas[region] else { return nil }
        let start = regions.starts[region]
        let outline = RegionOutline(start: (start % width, start / width)) { x, y in
            x >= 0 && y >= 0 && x < width && y < height && Int(regions.numbers[y * width + x]) == region
        }
        // A straight line has too few points, and nothing can be taken hold of in one that comes back on itself.
        return outline.doubledArea > 0 ? outline : nil
    }

    /// One shape.
    private struct Part {
        enum Kind {
            case polygon(RegionOutline)
            case mask(Int)
        }
        let number: UInt8
        let kind: Kind
        var description = ""

        func members(named name: String, _ masks: RegionMasks) throws(PNGEncodingError) -> [String: JSONValue] {
            var members: [String: JSONValue] = [
                "label": .string(name), "group_id": .null, "description": .string(description), "flags": .object([:]),
                "mask": .null,
            ]
            let points: [(x: Int, y: Int)]
            switch kind {
            case .polygon(let outline):
                members["shape_type"] = .string("polygon")
                points = outline.corners
            case .mask(let mask):
                members["shape_type"] = .string("mask")
                let box = masks.box(of: mask)
                points = [(box.left, box.top), (box.right, box.bottom)]
                members["mask"] = .string(base64(try masks.png(of: mask)))
            }
            members["points"] = .array(points.map { .array([.number(Double($0.x)), .number(Double($0.y))]) })
            return members
        }
    }
}

/// Regions of a grid joined to masks.
private struct RegionMasks {
    private let regions: Components
    private let width: Int
    /// The mask of each region; -1 for none.
    private var maskOf: [Int]
    private var boxes: [(left: Int, right: Int, top: Int, bottom: Int)] = []

    init(_ regions: Components, width: Int) {
        self.regions = regions
        self.width = width
        maskOf = [Int](repeating: -1, count: regions.starts.count)
    }

    /// A mask that begins with a region.
    mutating func new(_ region: Int) -> Int {
        boxes.append((.max, -1, .max, -1))
        maskOf[region] = boxes.count - 1
        return boxes.count - 1
    }

    mutating func add(_ region: Int, to mask: Int) { maskOf[region] = mask }

    /// Finds every mask's box; to be called once all regions are joined.
    mutating func measure() {
        guard !boxes.isEmpty else { return }
        for (pixel, region) in regions.numbers.enumerated() where region >= 0 && maskOf[Int(region)] >= 0 {
            let mask = maskOf[Int(region)], x = pixel % width, y = pixel / width
            let box = boxes[mask]
            boxes[mask] = (min(box.left, x), max(box.right, x), min(box.top, y), max(box.bottom, y))
        }
    }

    /// The smallest box around a mask: its first and last column and row.
    func box(of mask: Int) -> (left: Int, right: Int, top: Int, bottom: Int) { boxes[mask] }

    /// The mask within its box.
    func png(of mask: Int) throws(PNGEncodingError) -> [UInt8] {
        let box = boxes[mask]
        let pixels = (box.top...box.bottom).flatMap { y in
            (box.left...box.right).map { x in
                let region = regions.numbers[y * width + x]
                return region >= 0 && maskOf[Int(region)] == mask
            }
        }
        return try PNGEncoder.encode(
            mask: pixels, width: box.right - box.left + 1, height: box.bottom - box.top + 1, depth: .eight)
    }
}
