import Attribution
import Images
@testable import Labels
import Tensors
import Testing
import TestSupport

/// Against all pairs of pixels, and ways found pixel by pixel, in float64 (Tests/Fixtures/make_strokes.py).
@Suite struct LabelConstraintsTests {
    static let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1))

    static func names(_ name: String) -> UInt8? { ["a": 1, "b": 2][name] }

    static func box(_ x: Int, _ y: Int, _ right: Int, _ bottom: Int) -> LabelStroke.Shape {
        .rectangle(StrokePoint(x: x, y: y), StrokePoint(x: right - 1, y: bottom - 1))
    }

    struct Case {
        let image: RGBImage
        let maps: PixelMaps
        let constraints: LabelConstraints

        init() throws {
            let array = try NumPyFile.read(path: Fixtures.path("strokes/crf_image.npy"))
            image = RGBImage(width: array.shape[1], height: array.shape[0], samples: array.values.map { UInt8($0) })
            maps = try Case.maps("crf_maps")
            let strokes = try LabelStrokes([
                LabelStroke(.named("a"), .line([StrokePoint(x: 5, y: 4), StrokePoint(x: 19, y: 4)], radius: 0)),
                LabelStroke(.named("b"), box(25, 20, 30, 24)), LabelStroke(.background, box(3, 10, 9, 14)), LabelStroke(.ignored, box(28, 22, 33, 26)),
                // What is exact is no constraint, nor is a region.
                LabelStroke(.named("a"), box(0, 0, 34, 3), mode: .exact), LabelStroke(.named("a"), .region(StrokePoint(x: 0, y: 0))),
            ])
            constraints = try #require(LabelConstraints(
                strokes, pictureWidth: image.width, pictureHeight: image.height, width: image.width, height: image.height, numbers: [1, 2], names: names))
        }

        static func maps(_ name: String) throws -> PixelMaps {
            let array = try NumPyFile.read(path: Fixtures.path("strokes/\(name).npy"))
            return PixelMaps(classes: [0, 1], height: array.shape[1], width: array.shape[2], values: array.values.map { Float($0) })
        }
    }

    @Test func constraintsReachAlongColors() throws {
        let item = try Case()
        var maps = item.maps
        item.constraints.spread(over: &maps, guide: item.image, compute: Self.compute) {}
        #expect(relativeDeviation(maps.values, try Case.maps("spread").values) < 2e-5)
    }

    @Test func theFieldIsClamped() throws {
        let item = try Case()
        let setting = DenseCRFSetting(
            iterations: 5, smoothnessWidth: 2, smoothnessWeight: 1, appearanceWidth: 12, appearanceColor: 8, appearanceWeight: 2,
            backgroundLevel: 0.55, sharpness: 4)
        var maps = item.maps, memo = RefinerMemo()
        setting.refine(&maps, guide: item.image, compute: Self.compute, memo: &memo, constraints: item.constraints) {}
        #expect(relativeDeviation(maps.values, try Case.maps("crf").values) < 2e-5)
    }

    @Test func whatIsGivenHolds() throws {
        let item = try Case(), width = item.image.width
        var maps = item.maps
        item.constraints.clamp(&maps)
        for pixel in 0..<width * item.image.height {
            let (x, y) = (pixel % width, pixel / width)
            let isUnknown = (28..<33).contains(x) && (22..<26).contains(y)
            let isA = y == 4 && (5..<20).contains(x), isB = (25..<30).contains(x) && (20..<24).contains(y) && !isUnknown
            let isGiven = isA || isB || isUnknown || (3..<9).contains(x) && (10..<14).contains(y)
            #expect(maps.plane(0)[maps.plane(0).startIndex + pixel] == (isGiven ? (isA ? 1 : 0) : item.maps.values[pixel]))
            #expect(maps.values[maps.width * maps.height + pixel] == (isGiven ? (isB ? 1 : 0) : item.maps.values[maps.width * maps.height + pixel]))
        }
    }

    /// Two colors side by side, far apart in their deviation: a constraint fills its own half, however large the picture is.
    @Test(arguments: [(60, 8), (600, 80), (1500, 40)]) func reachIsThatOfThePictureReduced(_ width: Int, _ height: Int) throws {
        let image = RGBImage(width: width, height: height, samples: (0..<width * height * 3).map { $0 / 3 % width < width / 2 ? 40 : 200 })
        let stroke = try LabelStroke(.named("b"), .line([StrokePoint(x: width / 10, y: height / 2)], radius: 0))
        let constraints = try #require(LabelConstraints(
            LabelStrokes([stroke]), pictureWidth: width, pictureHeight: height, width: width, height: height, numbers: [1, 2], names: Self.names))
        let value: Float = 0.25
        var maps = PixelMaps(classes: [0, 1], height: height, width: width, values: [Float](repeating: value, count: 2 * width * height))
        constraints.spread(over: &maps, guide: image, compute: Self.compute) {}
        // A step over the border costs two deviations, and 2 e^(−½ · 2) − 1 is below 0.
        let isOwn = (0..<width * height).map { $0 % width < width / 2 }
        #expect(maps.values == isOwn.map { $0 ? 0 : value } + isOwn.map { $0 ? 1 : value })
    }

    @Test func seedsOfPatches() throws {
        // Patches of 10 pixels; of the third the left half is taken away, of the fifth all.
        let strokes = try LabelStrokes([
            LabelStroke(.named("a"), .line([StrokePoint(x: 15, y: 5)], radius: 0), mode: .add), LabelStroke(.named("a"), Self.box(20, 0, 25, 10), mode: .take),
            LabelStroke(.named("b"), Self.box(40, 0, 50, 10)),
        ])
        let constraints = try #require(LabelConstraints(
            strokes, pictureWidth: 60, pictureHeight: 10, width: 60, height: 10, numbers: [1, 2], names: Self.names))
        let a = PatchMap(rows: 1, columns: 6, values: [1, 2, 3, 4, 5, 6]), b = PatchMap(rows: 1, columns: 6, values: [8, 0, 0, 0, 0, 0])
        let seeded = constraints.seeded([a, b])
        #expect(seeded[0].values == [1, 8, 1.5, 4, 0, 6] && seeded[1].values == [8, 0, 0, 0, 8, 0])
        // Of what was only raised and taken away no pixel is given.
        #expect(constraints.layer.box == PixelBox(left: 40, top: 0, right: 49, bottom: 9))
    }

    @Test func nothingAskedIsNothing() throws {
        for strokes in [
            [], [try LabelStroke(.named("a"), Self.box(0, 0, 4, 4), mode: .exact)], [try LabelStroke(.automatic, Self.box(0, 0, 4, 4))],
            [try LabelStroke(.background, .region(StrokePoint(x: 0, y: 0)))],
        ] {
            let list = try LabelStrokes(strokes)
            #expect(list.asking.isEmpty)
            #expect(LabelConstraints(list, pictureWidth: 9, pictureHeight: 9, width: 9, height: 9, numbers: [1], names: Self.names) == nil)
        }
        let undone = try LabelStrokes([LabelStroke(.named("a"), Self.box(0, 0, 4, 4))], count: 0)
        #expect(undone.asking.isEmpty && undone.classNames.isEmpty)
    }
}
