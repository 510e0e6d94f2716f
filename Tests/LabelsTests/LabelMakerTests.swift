import Attribution
import Labels
import Testing
import TestSupport

@Suite struct LabelMakerTests {
    @Test func upsamplingAlignsCorners() throws {
        let source = try array("upsampling_source")
        let maps = (0..<2).map { position in
            PatchMap(rows: 5, columns: 7, values: source.values[position * 35..<(position + 1) * 35].map { Float($0) })
        }
        let found = LabelMaker.upsampled(maps, classes: [3, 9], width: 51, height: 38)
        #expect(try largestDifference(found.values, floats("upsampled")) < 2e-6)
        #expect(found.classes == [3, 9] && found.values.first == maps[0].values.first && found.values.last == maps[1].values.last)
        let dot = LabelMaker.upsampled([PatchMap(rows: 1, columns: 1, values: [7])], classes: [0], width: 3, height: 2)
        #expect(dot.values == [7, 7, 7, 7, 7, 7])
        #expect(LabelMaker.upsampled(maps, classes: [3, 9], width: 1, height: 1).values == [maps[0].values[0], maps[1].values[0]])
    }

    @Test func normalizations() {
        let maps = PixelMaps(classes: [0, 1], height: 1, width: 3, values: [1e-9, 4e-9, 2e-9, 0, 0, 0])
        let largest = Float(1 / (1 + 1e-5))
        let scaled = MapNormalization.maximum.normalized(maps).values
        #expect(largestDifference(scaled, [largest / 4, largest, largest / 2, 0, 0, 0]) < 1e-6)
        // The published formula drowns raw maps in its 1e-5, which is why it is not the default.
        #expect((MapNormalization.publishedMaximum.normalized(maps).values.max() ?? 1) < 1e-3)
        #expect(largestDifference(MapNormalization.minimumMaximum.normalized(maps).values, [0, 1, 1.0 / 3, 0, 0, 0]) < 1e-6)
        let usual = PixelMaps(classes: [0], height: 1, width: 2, values: [0.5, 2])
        #expect(MapNormalization.publishedMaximum.normalized(usual).values == [0.5 / (2 + 1e-5), 2 / (2 + 1e-5)])
    }

    @Test func views() {
        let map = PatchMap(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6])
        #expect(LabelMaker.mirrored(map).values == [3, 2, 1, 6, 5, 4])
        var total = LabelMaker.upsampled([map], classes: [1], width: 7, height: 5, .centers)
        let once = total.values
        LabelMaker.add([map], to: &total, .centers)
        #expect(total.values == once.map { 2 * $0 } && total.classes == [1])
    }

    @Test func masks() {
        let mask = Mask(width: 2, height: 2, values: [0, 9, 1, 0])
        #expect(mask.values == [0, 1, 1, 0] && mask.area == 2 && mask.share == 0.5)
        #expect(mask.resized(width: 4, height: 2).values == [0, 0, 1, 1, 1, 1, 0, 0])
        #expect(mask.resized(width: 1, height: 1).values == [0] && mask.resized(width: 2, height: 2) == mask)
    }
}
