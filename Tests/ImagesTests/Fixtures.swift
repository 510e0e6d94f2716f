import Files
import Foundation
import Images
import Testing

/// The files in Tests/Fixtures/images, found from this source file.
enum Fixtures {
    static func url(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/images").appendingPathComponent(name).standardized
    }

    static func path(_ name: String) -> String { url(name).path }

    static func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: url(name))) }

    /// The words of each line that is not a comment.
    static func words(_ name: String) throws -> [[String]] {
        try String(contentsOf: url(name), encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { $0.split(separator: " ").map(String.init) }
    }

    /// A file and what Pillow reads from it.
    struct Picture: Sendable, CustomTestStringConvertible {
        let name: String
        let expected: RGBImage
        var testDescription: String { name }
    }

    /// The pictures whose names start with `folder`.
    static func pictures(_ folder: String) throws -> [Picture] {
        let samples = try bytes("pictures.rgb")
        var position = 0
        var pictures: [Picture] = []
        for line in try words("pictures.txt") {
            let (width, height) = (Int(line[1])!, Int(line[2])!)
            let end = position + width * height * 3
            pictures.append(Picture(
                name: line[0],
                expected: RGBImage(width: width, height: height, samples: Array(samples[position..<end]))))
            position = end
        }
        return pictures.filter { $0.name.hasPrefix(folder) }
    }
}

/// Largest and mean difference of two pictures of one size.
func difference(_ a: RGBImage, _ b: RGBImage) -> (largest: Int, mean: Double) {
    let differences = zip(a.samples, b.samples).map { abs(Int($0) - Int($1)) }
    return (differences.max() ?? 0, Double(differences.reduce(0, +)) / Double(max(differences.count, 1)))
}

/// What `ImageFile` makes of bytes that are in no file.
func decode(_ bytes: [UInt8], limits: ImageLimits = .default) throws -> RGBImage {
    try bytes.withUnsafeBytes { try ImageFile.decode($0, path: "picture", limits: limits) }
}

/// The error of `body`; nil when it throws none.
func failure(_ body: () throws -> Void) -> FileError? {
    do {
        try body()
        return nil
    } catch {
        return error as? FileError
    }
}
