import Checkpoints
import Images
import Labels
import Testing
import TestSupport

/// labelme files give back the label map they were made of, by labelme's own rules.
@Suite struct LabelmeTests {
    private static let names = ["cat", "dog"]

    private func read(_ document: LabelmeDocument) throws -> JSONValue {
        try Array(document.json.utf8).withUnsafeBytes { try JSONParser.parse($0) }
    }

    private func number(_ name: String) -> UInt8? {
        name == "__ignore__" ? 255 : Self.names.firstIndex(of: name).map { UInt8($0 + 1) } ?? UInt8(name)
    }

    @Test func theRestatementIsPillows() throws {
        let items = try json("labelme").list
        #expect(items.count > 50)
        for (index, item) in items.enumerated() {
            let rows = item["rows"].list.compactMap(\.text)
            let points = item["points"].list.map { (x: $0.integers[0], y: $0.integers[1]) }
            let filled = LabelmeReader.fill(points, width: rows[0].count, height: rows.count)
            #expect(filled == rows.flatMap { $0.map { $0 == "#" } }, "polygon \(index)")
        }
    }

    /// A map of characters: a dot is background, a digit a class, `?` unknown.
    private func map(_ rows: [String]) -> IndexedImage {
        IndexedImage(
            width: rows[0].count, height: rows.count,
            indices: rows.flatMap { $0.map { $0 == "?" ? 255 : UInt8(String($0)) ?? 0 } })
    }

    @Test(arguments: [
        (["1"], 1), (["11111"], 1), (["1", "1", "1"], 1), (["1.", ".1"], 1), (["111", "1.1", "111"], 1),
        ([".1.", "1.1", ".1."], 1), (["1..", "1..", "111"], 1), (["11.11", "11111", "11.11"], 1),
        (["1.2", ".1.", "2.1"], 3), (["11?", "1??", "222"], 3), (["111.", "111.", "..11", "..11"], 1), (["..", ".."], 0),
        (["3333", "3113", "3333"], 2),
    ] as [([String], Int)])
    func onePartAShape(_ rows: [String], _ count: Int) throws {
        let labels = map(rows)
        let document = try LabelmeDocument(labels, classNames: Self.names, imagePath: "a b.jpg")
        let value = try read(document)
        #expect(value["imageWidth"].number == Double(labels.width) && value["imageHeight"].number == Double(labels.height))
        #expect(value["imagePath"].text == "a b.jpg" && value["imageData"] == .null && value["version"].text != nil)
        #expect(value["shapes"].list.count == count)
        #expect(try LabelmeReader.labels(value, width: labels.width, height: labels.height, number: number).labels == labels.indices)
        #expect(document.dropped == (0, 0))
    }

    /// From noise to smooth blobs, every pixel comes back, with one shape a part and one more a class for what is small.
    @Test(arguments: 0..<24) func shapesGiveTheMapBack(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        let (width, height) = (Int.random(in: 1...70, using: &random), Int.random(in: 1...60, using: &random))
        let share = Int.random(in: 1...4, using: &random), reach = seed % 4
        let noise = (0..<width * height).map { _ in Int.random(in: 0..<5, using: &random) }
        // The most frequent of a neighborhood makes blobs of noise.
        let indices = (0..<width * height).map { pixel -> UInt8 in
            var counts = [0, 0, 0, 0, 0]
            for y in max(pixel / width - reach, 0)...min(pixel / width + reach, height - 1) {
                for x in max(pixel % width - reach, 0)...min(pixel % width + reach, width - 1) { counts[noise[y * width + x]] += 1 }
            }
            let most = counts.indices.max { counts[$0] < counts[$1] } ?? 0
            return most < share ? [1, 2, 7, 255][most] : 0
        }
        let labels = IndexedImage(width: width, height: height, indices: indices)
        let document = try LabelmeDocument(labels, classNames: Self.names, imagePath: "a.jpg")
        let (drawn, kinds) = try LabelmeReader.labels(read(document), width: width, height: height, number: number)
        #expect(drawn == indices)
        let regions = Components(indices, width: width, height: height, corners: true)
        let large = regions.areas.count { $0 * 1000 >= width * height }
        #expect(kinds.count == large + Set(regions.starts.indices.filter { regions.areas[$0] * 1000 < width * height }.map { indices[regions.starts[$0]] }).count)
    }

    /// Solid parts are polygons, which can be taken hold of.
    @Test func solidPartsArePolygons() throws {
        let labels = try labelMap("completion_2")
        let value = try read(LabelmeDocument(labels, classNames: Self.names, imagePath: "a.jpg"))
        let (drawn, kinds) = try LabelmeReader.labels(value, width: labels.width, height: labels.height, number: number)
        #expect(drawn == labels.indices && kinds.contains("polygon"))
        let square = map(["....", ".11.", ".11.", "...."])
        let shapes = try read(LabelmeDocument(square, classNames: [], imagePath: ""))["shapes"].list
        #expect(shapes.map { $0["shape_type"].text } == ["polygon"] && shapes[0]["label"].text == "1")
        #expect(shapes[0]["points"].list.map(\.integers) == [[1, 1], [2, 1], [2, 2], [1, 2]])
    }

    @Test func smallPartsAreOneMaskAndDroppedOnlyOnRequest() throws {
        // 100×100: parts of fewer than 10 pixels are small.
        var indices = [UInt8](repeating: 0, count: 10_000)
        for y in 10..<30 { for x in 10..<30 { indices[y * 100 + x] = 1 } }
        for place in 0..<7 { indices[50 * 100 + 10 * place] = 1 }
        for x in 40..<49 { indices[80 * 100 + x] = 2 }
        indices[99] = 2
        let labels = IndexedImage(width: 100, height: 100, indices: indices)
        let whole = try LabelmeDocument(labels, classNames: Self.names, imagePath: "a.jpg")
        let (drawn, kinds) = try LabelmeReader.labels(read(whole), width: 100, height: 100, number: number)
        #expect(drawn == indices && kinds.sorted() == ["mask", "mask", "polygon"] && whole.dropped == (0, 0))
        let some = try LabelmeDocument(labels, classNames: Self.names, imagePath: "a.jpg", minimumArea: 9)
        #expect(some.dropped == (8, 8))
        #expect(try read(some)["shapes"].list.compactMap { $0["label"].text } == ["cat", "dog"])
        let few = try LabelmeDocument(labels, classNames: Self.names, imagePath: "a.jpg", minimumArea: 401)
        let nothing = try read(few)["shapes"].list
        #expect(few.dropped == (10, 417) && nothing.isEmpty)
    }
}
