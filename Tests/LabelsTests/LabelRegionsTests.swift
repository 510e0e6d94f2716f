import Images
@testable import Labels
import Tensors
import Testing
import TestSupport

/// Against SciPy (Tests/Fixtures/make_strokes.py).
@Suite struct LabelRegionsTests {
    static func map(_ name: String) throws -> IndexedImage {
        let array = try NumPyFile.read(path: Fixtures.path("strokes/\(name).npy"))
        return IndexedImage(width: array.shape[1], height: array.shape[0], indices: array.values.map { UInt8($0) })
    }

    static func tidied(_ kind: LabelTidying, _ name: String?) throws -> [UInt8] {
        let stroke = try LabelStroke(name.map { .named($0) } ?? .automatic, .tidied(kind), mode: .exact)
        return try LabelStrokes([stroke]).painted(on: map("label")) { UInt8($0) }.labels.indices
    }

    @Test(arguments: [
        (LabelTidying.largest, "1", "largest_1"), (.largest, nil, "largest"), (.least(area: 30), "2", "least_2"), (.least(area: 40), nil, "least"),
        (.holes, "3", "holes_3"), (.holes, nil, "holes"), (.smooth(radius: 2), "1", "smooth_1"), (.smooth(radius: 3), nil, "smooth"),
    ] as [(LabelTidying, String?, String)])
    func areAsSciPyHasThem(_ kind: LabelTidying, _ name: String?, _ expected: String) throws {
        #expect(try Self.tidied(kind, name) == Self.map(expected).indices)
        #expect(try Self.tidied(kind, name) != Self.map("label").indices)
    }

    @Test func theOthersGo() throws {
        let place = try NumPyFile.read(path: Fixtures.path("strokes/others_point.npy")).values.map { Int($0) }
        let stroke = try LabelStroke(.automatic, .othersThan(StrokePoint(x: place[0], y: place[1])), mode: .exact)
        #expect(try LabelStrokes([stroke]).painted(on: Self.map("label")) { _ in nil }.labels == Self.map("others"))
    }

    @Test func nothingIsLeftToDo() throws {
        for kind in [LabelTidying.least(area: 0), .smooth(radius: 0)] { #expect(try Self.tidied(kind, nil) == Self.map("label").indices) }
        // One number everywhere, nothing beside it.
        let whole = IndexedImage(width: 3, height: 2, indices: [UInt8](repeating: 1, count: 6))
        let least = try LabelStrokes([LabelStroke(.named("1"), .tidied(.least(area: 7)), mode: .exact)])
        #expect(least.painted(on: whole) { UInt8($0) }.labels.indices == [UInt8](repeating: 0, count: 6))
        for kind in [LabelTidying.largest, .holes, .least(area: 6), .smooth(radius: 1000)] {
            let strokes = try LabelStrokes([LabelStroke(.automatic, .tidied(kind), mode: .exact)])
            #expect(strokes.painted(on: whole) { UInt8($0) }.changed == 0)
            #expect(strokes.painted(on: IndexedImage(width: 0, height: 0, indices: [])) { UInt8($0) }.changed == 0)
        }
    }

    @Test func regionsAreListed() {
        let labels = IndexedImage(width: 4, height: 3, indices: [1, 0, 2, 2, 1, 0, 255, 255, 0, 1, 2, 2])
        #expect(LabelRegions.all(of: labels) == [
            LabelRegion(number: 1, area: 2, start: 0), LabelRegion(number: 2, area: 2, start: 2), LabelRegion(number: 2, area: 2, start: 10),
            LabelRegion(number: 1, area: 1, start: 9),
        ])
    }

    @Test func whatCannotBeIsRefused() {
        for (stroke, reason) in [
            ({ _ = try LabelStroke(.background, .tidied(.holes), mode: .exact) }, "no background"),
            ({ _ = try LabelStroke(.named("a"), .tidied(.least(area: -1)), mode: .exact) }, "the least area"),
            ({ _ = try LabelStroke(.named("a"), .tidied(.smooth(radius: 1001)), mode: .exact) }, "the radius of smoothing"),
            ({ _ = try LabelStroke(.named("a"), .othersThan(StrokePoint(x: 0, y: 0)), mode: .exact) }, "nothing else"),
            ({ _ = try LabelStroke(.named("a"), .tidied(.holes), mode: .add) }, "no region"),
        ] as [(() throws -> Void, String)] { #expect(complaint(stroke).contains(reason)) }
    }
}
