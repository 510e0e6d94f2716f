import Checkpoints
import Images

/// A label map as a labelme annotation file.
///
/// Each connected region is a polygon along the edges of its pixels, so that a pixel whose center lies within belongs to
/// it; a region with holes, which a polygon cannot have, is a "mask" shape. Unknown pixels get labelme's `__ignore__`.
public enum LabelmeDocument {
    /// The file's content.
    ///
    /// - Parameters:
    ///   - classNames: name of each class; number 1 of the label map is the first. A number without a name is its own name.
    ///   - imagePath: the picture's path as seen from the document.
    public static func json(
        _ labels: IndexedImage, classNames: [String], imagePath: String
    ) throws(PNGEncodingError) -> String {
        let (width, height) = (labels.width, labels.height)
        let components = Components(labels.indices, width: width, height: height)
        var shapes: [JSONValue] = []
        for region in components.starts.indices {
            let index = labels.indices[components.starts[region]]
            let name = index == LabelCompletion.ignored
                ? "__ignore__" : Int(index) <= classNames.count ? classNames[Int(index) - 1] : "\(index)"
            let (corners, area) = components.outline(region, width: width, height: height)
            var shape: [String: JSONValue] = [
                "label": .string(name), "group_id": .null, "description": .string(""), "flags": .object([:]), "mask": .null,
            ]
            if area == components.areas[region] {
                shape["shape_type"] = .string("polygon")
                shape["points"] = .array(corners.map { .array([.number(Double($0.x)), .number(Double($0.y))]) })
            } else {
                let (xs, ys) = (corners.map(\.x), corners.map(\.y))
                let (left, right) = (xs.min() ?? 0, (xs.max() ?? 1) - 1), (top, bottom) = (ys.min() ?? 0, (ys.max() ?? 1) - 1)
                let crop = (top...bottom).flatMap { y in
                    (left...right).map { Int(components.numbers[y * width + $0]) == region }
                }
                let png = try PNGEncoder.encode(mask: crop, width: right - left + 1, height: bottom - top + 1, depth: .eight)
                shape["shape_type"] = .string("mask")
                shape["points"] = .array([[left, top], [right, bottom]].map { .array($0.map { .number(Double($0)) }) })
                shape["mask"] = .string(base64(png))
            }
            shapes.append(.object(shape))
        }
        return JSONValue.object([
            "version": .string("5.5.0"), "flags": .object([:]), "shapes": .array(shapes), "imagePath": .string(imagePath),
            "imageData": .null, "imageHeight": .integer(height), "imageWidth": .integer(width),
        ]).text(indented: true) + "\n"
    }

    /// RFC 4648's base 64.
    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).map { start + $0 < bytes.count ? Int(bytes[start + $0]) : 0 }
            let value = group[0] << 16 | group[1] << 8 | group[2]
            for digit in 0..<4 {
                text.append(
                    digit == 0 || start + digit - 1 < bytes.count ? digits[value >> (18 - 6 * digit) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
