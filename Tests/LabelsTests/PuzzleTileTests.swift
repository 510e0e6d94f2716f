import Attribution
import Checkpoints
import Images
import Labels
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Maps of two by two tiles, against the same maps of the tiles taken as pictures of their own.
@Suite struct PuzzleTileTests {
    private func model(_ name: String) throws -> (VisionTransformer, RGBImage) {
        let model = VisionTransformer(
            try ModelLoader.load(path: Fixtures.path("models/\(name)")).parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2)))
        return (model, try ImageFile.read(path: Fixtures.path("models/\(name)/image.png")))
    }

    private func part(of picture: RGBImage, _ row: Int, _ column: Int) -> RGBImage {
        let (width, height) = (picture.width / 2, picture.height / 2)
        let samples = (0..<height).flatMap { y in
            let start = 3 * ((row * height + y) * picture.width + column * width)
            return picture.samples[start..<start + 3 * width]
        }
        return RGBImage(width: width, height: height, samples: samples)
    }

    @Test(arguments: ["bf16", "nonsquare_native"], TileMerge.allCases)
    func areThoseOfTheParts(_ name: String, _ merge: TileMerge) throws {
        for isMirrored in [false, true] { try compare(name, merge, isMirrored: isMirrored) }
    }

    private func compare(_ name: String, _ merge: TileMerge, isMirrored: Bool) throws {
        let (model, picture) = try model(name)
        var preset = Preset(name: "plain", share: true, refiners: [.patchAffinity()])
        let plain = try LabelPipeline(model: model, preset: preset)
        preset.tiles = merge
        let pipeline = try LabelPipeline(model: model, preset: preset)
        let size = ModelConfiguration.Size(height: picture.height, width: picture.width)
        let view = LabelPipeline.View(size: size, isMirrored: isMirrored), classes = [4, 1]
        let half = LabelPipeline.View(size: .init(height: size.height / 2, width: size.width / 2), isMirrored: isMirrored)
        let whole = try plain.patchMaps(plain.trace(picture, view), view, classes: classes)
        let found = try pipeline.tiled(whole, of: picture, view, classes: classes)
        let parts = try (0..<4).map { place in
            try plain.patchMaps(plain.trace(part(of: picture, place / 2, place % 2), half), half, classes: classes)
        }
        for position in classes.indices {
            let largest = parts.map { $0[position].range.maximum }.max() ?? 0
            for row in 0..<found[position].rows {
                for column in 0..<found[position].columns {
                    let tile = parts[row / (found[position].rows / 2) * 2 + column / (found[position].columns / 2)][position]
                    let one = whole[position].values[row * found[position].columns + column] / whole[position].range.maximum
                    let other = tile.values[row % tile.rows * tile.columns + column % tile.columns] / largest
                    let due = merge == .mean ? (one + other) / 2 : max(one, other)
                    #expect(abs(found[position].values[row * found[position].columns + column] - due) < 2e-5)
                }
            }
        }
        #expect(found != whole)
    }

    /// 5 patches a side become 6, so that two tiles have whole ones; other presets' views stay.
    @Test func viewsPartIntoWholePatches() throws {
        let (model, picture) = try model("pooled_class_token")
        var preset = Preset(name: "tiles", scales: [1, 0.5])
        #expect(try LabelPipeline(model: model, preset: preset).views(width: 40, height: 40).map(\.size.width) == [40, 24])
        preset.tiles = .mean
        let pipeline = try LabelPipeline(model: model, preset: preset)
        #expect(try pipeline.views(width: 40, height: 40).map(\.size.width) == [48, 32])
        #expect(try pipeline.labels(picture, classes: [4], labels: [1]).labels.labels.width == 40)
        let view = LabelPipeline.View(size: .init(height: 40, width: 40), isMirrored: false)
        let maps = try pipeline.patchMaps(pipeline.trace(picture, view), view, classes: [4])
        #expect(throws: LabelError.self) { try pipeline.tiled(maps, of: picture, view, classes: [4]) }
    }

    @Test func aMapOfNothingCountsNothing() {
        let none = PatchMap(rows: 1, columns: 2, values: [0, -1]), some = PatchMap(rows: 1, columns: 2, values: [1, 4])
        #expect(TileMerge.mean.merged(none, some).values == [0.125, 0.5] && TileMerge.maximum.merged(some, none).values == [0.25, 1])
        #expect(TileMerge.mean.merged(none, none).values == [0, 0])
    }
}
