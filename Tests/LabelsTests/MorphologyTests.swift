import Images
import Testing

@Suite struct MorphologyTests {
    @Test(arguments: [2, 3, 4, 5, 10, 11, 40], ["gray", "mask"])
    func equalsOpenCV(_ side: Int, _ name: String) throws {
        let source = try labelMap("morphology_\(name)")
        let image = GrayImage(width: source.width, height: source.height, samples: source.indices)
        let expected = try bytes("morphology_\(name)_\(side)")
        let pixels = image.samples.count
        #expect(image.eroded(side: side).samples == Array(expected[..<pixels]))
        #expect(image.dilated(side: side).samples == Array(expected[pixels..<2 * pixels]))
        #expect(image.opened(side: side, anchor: .openCV).samples == Array(expected[(2 * pixels)...]))
    }

    @Test(arguments: [2, 3, 4, 5, 10, 11, 40])
    func centeredOpeningEqualsSciPy(_ side: Int) throws {
        let source = try labelMap("morphology_mask")
        let image = GrayImage(width: source.width, height: source.height, samples: source.indices)
        #expect(image.opened(side: side, anchor: .centered).samples == (try bytes("morphology_centered_\(side)")))
    }

    /// OpenCV 4.5.5's answers: the even kernel moves what it keeps.
    @Test func evenSquaresShift() {
        func opened(_ x: Range<Int>, _ y: Range<Int>, _ anchor: GrayImage.OpeningAnchor) -> [Int] {
            var image = GrayImage(width: 40, height: 40, samples: [UInt8](repeating: 0, count: 1600))
            for row in y { for column in x { image.samples[row * 40 + column] = 255 } }
            let result = image.opened(side: 10, anchor: anchor).samples
            let set = result.indices.filter { result[$0] != 0 }
            return [set.count, set.first.map { $0 % 40 } ?? -1, set.first.map { $0 / 40 } ?? -1]
        }
        #expect(opened(10..<22, 10..<22, .openCV) == [144, 11, 11])
        #expect(opened(10..<20, 10..<20, .openCV) == [100, 11, 11])
        #expect(opened(10..<20, 10..<19, .openCV) == [0, -1, -1])
        #expect(opened(0..<5, 0..<5, .openCV) == [36, 0, 0])
        #expect(opened(35..<40, 35..<40, .openCV) == [0, -1, -1])
        #expect(opened(0..<5, 0..<5, .centered) == [25, 0, 0])
        #expect(opened(35..<40, 35..<40, .centered) == [25, 35, 35])
        #expect(opened(36..<40, 36..<40, .centered) == [0, -1, -1])
        #expect(opened(10..<22, 10..<22, .centered) == [144, 10, 10])
        #expect(opened(10..<20, 10..<19, .centered) == [0, -1, -1])
    }

    @Test func nothingToDo() {
        let image = GrayImage(width: 2, height: 1, samples: [3, 9])
        #expect(image.eroded(side: 1) == image && image.dilated(side: 0) == image && image.opened(side: -3, anchor: .openCV) == image)
        let empty = GrayImage(width: 0, height: 0, samples: [])
        #expect(empty.eroded(side: 5) == empty)
    }
}
