import Attribution
import Explorer
import Images
import Testing
import TestSupport

/// Pictures and maps at the size of a pane, against plain formulas.
@Suite struct RasterTests {
    private func picture(_ width: Int, _ height: Int, seed: UInt64 = 7) -> RGBImage {
        var random = SplitMix(seed: seed)
        return RGBImage(
            width: width, height: height,
            samples: (0..<width * height * 3).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    private func channel(_ pixel: UInt32, _ channel: Int) -> Int { Int(pixel >> UInt32(16 - 8 * channel) & 255) }

    @Test func shrinksByAreaAverage() {
        // Between one half and the whole: no halving is used, so that each pixel is an exact mean of a box.
        let image = picture(30, 20)
        let (width, height) = (20, 16)
        let pixels = PictureRaster.pixels(
            PicturePyramid(image), width: width, height: height, u0: 0, u1: 1, v0: 0, v1: 1)
        func cover(_ pixel: Int, _ source: Int, _ ratio: Double) -> Double {
            max(min(Double(source + 1), Double(pixel + 1) * ratio) - max(Double(source), Double(pixel) * ratio), 0)
        }
        for y in 0..<height {
            for x in 0..<width {
                for c in 0..<3 {
                    var sum = 0.0
                    for sy in 0..<20 {
                        for sx in 0..<30 {
                            sum += Double(image.samples[(sy * 30 + sx) * 3 + c]) * cover(x, sx, 1.5) * cover(y, sy, 1.25)
                        }
                    }
                    #expect(abs(Double(channel(pixels[y * width + x], c)) - sum / (1.5 * 1.25)) < 0.51)
                }
            }
        }
    }

    @Test func growsBilinearly() {
        let image = picture(5, 4)
        let pixels = PictureRaster.pixels(PicturePyramid(image), width: 13, height: 9, u0: 0, u1: 1, v0: 0, v1: 1)
        for y in 0..<9 {
            for x in 0..<13 {
                let px = min(max((Double(x) + 0.5) * 5 / 13 - 0.5, 0), 4), py = min(max((Double(y) + 0.5) * 4 / 9 - 0.5, 0), 3)
                let x0 = Int(px), y0 = Int(py), x1 = min(x0 + 1, 4), y1 = min(y0 + 1, 3)
                let fx = px - Double(x0), fy = py - Double(y0)
                for c in 0..<3 {
                    func at(_ x: Int, _ y: Int) -> Double { Double(image.samples[(y * 5 + x) * 3 + c]) }
                    let value = (at(x0, y0) * (1 - fx) + at(x1, y0) * fx) * (1 - fy)
                        + (at(x0, y1) * (1 - fx) + at(x1, y1) * fx) * fy
                    #expect(abs(Double(channel(pixels[y * 13 + x], c)) - value) < 0.51)
                }
            }
        }
    }

    @Test func keepsTheMeanFarBelowItsSize() {
        let image = picture(640, 480)
        let mean = Double(image.samples.reduce(0) { $0 + Int($1) }) / Double(image.samples.count)
        let pixels = PictureRaster.pixels(PicturePyramid(image), width: 16, height: 12, u0: 0, u1: 1, v0: 0, v1: 1)
        let small = pixels.reduce(0) { $0 + channel($1, 0) + channel($1, 1) + channel($1, 2) }
        #expect(abs(Double(small) / Double(pixels.count * 3) - mean) < 1)
    }

    @Test(arguments: [(1, 1), (1, 500), (500, 1), (2, 3), (25, 24)])
    func anyShapeAtAnySize(_ width: Int, _ height: Int) {
        let pyramid = PicturePyramid(picture(width, height))
        for (w, h) in [(1, 1), (1, 40), (40, 1), (33, 7)] {
            for part in [(0.0, 1.0), (0.4, 0.41), (0.9, 1.0), (0, 0.001)] {
                let pixels = PictureRaster.pixels(
                    pyramid, width: w, height: h, u0: part.0, u1: part.1, v0: part.0, v1: part.1)
                #expect(pixels.count == w * h)
            }
        }
    }

    @Test func patchesKeepTheirValues() {
        let map = PatchMap(rows: 2, columns: 3, values: [0, 1, 2, 3, 4, 5])
        let raster = MapRaster(
            map: map, scale: MapScale(low: 0, high: 5), cut: 0.5, sampling: .patches, width: 6, height: 4, u0: 0, u1: 1, v0: 0, v1: 1)
        for y in 0..<4 {
            for x in 0..<6 {
                let value = map.values[y / 2 * 3 + x / 2] / 5
                #expect(raster.levels[y * 6 + x] == (value < 0.5 ? -1 : Int16(min(value * 256, 255))))
            }
        }
    }

    @Test func smoothMapsAreBilinearBetweenPatchCenters() {
        let map = PatchMap(rows: 3, columns: 4, values: [0, 5, 2, 9, 1, 7, 3, 3, 8, 0, 4, 6])
        let (width, height) = (20, 9)
        let raster = MapRaster(
            map: map, scale: MapScale(low: -1, high: 10), cut: 0, sampling: .smooth, width: width, height: height, u0: 0.25, u1: 0.75,
            v0: 0, v1: 1)
        for y in 0..<height {
            for x in 0..<width {
                let px = min(max((0.25 + (Double(x) + 0.5) / 20 * 0.5) * 4 - 0.5, 0), 3)
                let py = min(max((Double(y) + 0.5) / 9 * 3 - 0.5, 0), 2)
                let x0 = Int(px), y0 = Int(py), x1 = min(x0 + 1, 3), y1 = min(y0 + 1, 2)
                let fx = px - Double(x0), fy = py - Double(y0)
                func at(_ x: Int, _ y: Int) -> Double { Double(map.values[y * 4 + x]) }
                let value = (at(x0, y0) * (1 - fx) + at(x1, y0) * fx) * (1 - fy) + (at(x0, y1) * (1 - fx) + at(x1, y1) * fx) * fy
                #expect(abs(Double(raster.levels[y * width + x]) - (value + 1) / 11 * 256) <= 1)
            }
        }
    }

    @Test func theAspectRatioIsKept() throws {
        for (width, height) in [(640, 480), (480, 640), (100, 1000), (3000, 200)] {
            let pane = CellRect(column: 0, row: 0, columns: 57, rows: 15)
            let placement = try #require(
                PicturePlacement(pane: pane, pictureWidth: width, pictureHeight: height, viewport: Viewport()))
            let scale = min(57 / Double(width), 30 / Double(height))
            #expect(abs(Double(placement.width) - Double(width) * scale) <= 0.5)
            #expect(abs(Double(placement.height) - Double(height) * scale) <= 0.5)
            #expect(placement.u0 == 0 && placement.u1 == 1 && placement.v0 == 0 && placement.v1 == 1)
        }
    }
}
