import Attribution
import Foundation
import Images
import Labels
import TestSupport
import Testing

/// How sure labels are, against `make_doubt.py`.
@Suite struct LabelDoubtTests {
    @Test func entropyAndMarginAreSciPys() throws {
        let cases = try json("doubt")["doubt"].list
        #expect(cases.count == 4)
        for expected in cases {
            let planes = expected["maps"].list.map { $0.list.compactMap { $0.number.map { Float($0) } } }
            let maps = PixelMaps(classes: Array(planes.indices), height: 6, width: 9, values: Array(planes.joined()))
            let number = try #require(expected["background"].list[1].number)
            let doubt = LabelDoubt(maps, background: expected["background"].list[0].text == "power" ? .power(number) : .level(number))
            #expect(abs(doubt.entropy - (expected["entropy"].number ?? .nan)) < 1e-9, "\(doubt)")
            #expect(abs(doubt.margin - (expected["margin"].number ?? .nan)) < 1e-9, "\(doubt)")
            // The gray picture's mean is the label's, but for what rounding to a byte takes.
            let background: LabelCompletion.Background = expected["background"].list[0].text == "power" ? .power(number) : .level(number)
            let picture = CertaintyMap.doubt.picture(of: maps, background: background)
            #expect(picture.width == 9 && picture.height == 6)
            #expect(abs(picture.samples.reduce(0) { $0 + Double($1) } / 255 / 54 - doubt.value) < 0.5 / 255)
        }
    }

    @Test func whatIsSureHasNoDoubt() {
        let sure = PixelMaps(classes: [3], height: 1, width: 2, values: [1, 1])
        #expect(LabelDoubt(sure, background: .power(32)).value == 0)
        let none = PixelMaps(classes: [], height: 2, width: 2, values: [])
        #expect(LabelDoubt(none, background: .level(0.3)).value == 0)
        let even = PixelMaps(classes: [0, 1], height: 1, width: 1, values: [0.5, 0.5])
        #expect(abs(LabelDoubt(even, background: .level(0.5)).value - 1) < 1e-12)
    }

    /// Shares by hand: of scores 0.6 and 0.2 with a background of 0.2 the largest is 0.6; where the background is a map there is none beside.
    @Test func eachPixelsCertainty() {
        let maps = PixelMaps(classes: [0, 1], height: 1, width: 3, values: [0.6, 0, 0.25, 0.2, 0, 0.75])
        #expect(CertaintyMap.confidence.picture(of: maps, background: .level(0.2)).samples == [153, 255, 159])
        #expect(CertaintyMap.confidence.picture(of: maps, background: nil).samples == [191, 128, 191])
        #expect(CertaintyMap.doubt.picture(of: maps, background: nil).samples[1] == 255)
        #expect(CertaintyMap.doubt.picture(of: maps, background: .level(0.2)).samples[1] == 0)
        let none = PixelMaps(classes: [], height: 1, width: 2, values: [])
        #expect(CertaintyMap.confidence.picture(of: none, background: .level(0.2)).samples == [255, 255])
    }

    @Test func areasUnlikeOthersAreFound() throws {
        let file = try json("doubt")
        let areas = file["areas"].list.compactMap(\.number), distances = file["distances"].list.compactMap(\.number)
        let outliers = AreaOutliers(areas.map { [4: $0, 0: 1 - $0] })
        for (area, distance) in zip(areas, distances) {
            let found = try #require(outliers.distance([4: area, 7: 0.5]))
            #expect(abs(found - distance) < 1e-9)
        }
        // Of few pictures, of classes that are not known, of areas that are all the same, nothing is said.
        #expect(AreaOutliers(areas.prefix(7).map { [4: $0] }).distance([4: 0.9]) == nil)
        #expect(outliers.distance([5: 0.1]) == nil)
        #expect(AreaOutliers(Array(repeating: [4: 0.25], count: 9)).distance([4: 0.9]) == nil)
    }

    @Test func disagreementLeavesOutWhatEitherDoesNotKnow() {
        func labels(_ indices: [UInt8]) -> IndexedImage { IndexedImage(width: indices.count, height: 1, indices: indices) }
        #expect(LabelDoubt.disagreement(labels([0, 1, 2, 255, 1]), labels([0, 2, 2, 1, 255])) == 1.0 / 3)
        #expect(LabelDoubt.disagreement(labels([255]), labels([1])) == nil)
        #expect(LabelDoubt.disagreement(labels([1]), labels([1, 1])) == nil)
    }
}
