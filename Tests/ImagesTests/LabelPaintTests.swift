import Foundation
import Images
import Testing
import TestSupport

@Suite struct LabelPaintTests {
    private func luminance(_ color: RGBColor) -> Double {
        func linear(_ value: UInt8) -> Double {
            let share = Double(value) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue)
    }

    @Test func screenColorsAreBrightAndApart() {
        let colors = LabelPalette.screen.colors
        #expect(colors.count == 256 && Set(colors).count == 256 && colors[255] == VOCPalette.colors[255])
        #expect(LabelPalette.voc.colors == VOCPalette.colors)
        for number in 1..<255 {
            #expect((luminance(colors[number]) + 0.05) / 0.05 > 4.5, "\(number) on black")
        }
        // VOC's cat can hardly be told from black.
        #expect((luminance(VOCPalette.colors[8]) + 0.05) / 0.05 < 1.5)
        for a in 1...20 {
            for b in a + 1..<22 {
                let (x, y) = (colors[a], colors[b])
                let apart = [(x.red, y.red), (x.green, y.green), (x.blue, y.blue)].reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
                #expect(apart > 60, "\(a) and \(b)")
            }
        }
    }

    @Test func divergingColorsAreAsMade() throws {
        let lines = try Fixtures.words("colormaps.txt").filter { $0[0] == "blueOrange" }
        #expect(lines.count > 300)
        for words in lines {
            let value = try #require(Float(words[1]))
            let color = DivergingColors.color(2 * value - 1)
            #expect([color.red, color.green, color.blue] == words[2...4].compactMap { UInt8($0) }, "\(value)")
        }
        #expect(DivergingColors.color(.nan) == ColorMap.missing)
    }

    /// The two sides are equally light, and lightness falls evenly from the middle on: by CIE L*, which made no part of them.
    @Test func divergingColorsAreEven() {
        let table = DivergingColors.table
        func lightness(_ color: RGBColor) -> Double { 116 * cbrt(luminance(color)) - 16 }
        #expect(table.count == 256)
        let light = table.map(lightness)
        for index in 0..<128 {
            #expect(abs(light[127 - index] - light[128 + index]) < 4, "\(index)")
            if index >= 8 {
                #expect(light[128 + index] < light[120 + index] && light[127 - index] < light[135 - index], "\(index)")
            }
        }
        let (whole, half) = (light[128] - light[255], light[128] - light[192])
        #expect(abs(half / whole - 0.5) < 0.06 && light[128] > 94)
        #expect(table[255].red > 180 && table[255].blue < 40 && table[0].blue > 200 && table[0].red < 90)
    }

    @Test(arguments: [Float(0), 0.35, 1])
    func classesAreFilledAndOutlined(_ fill: Float) {
        var random = SplitMix(seed: 11)
        let (width, height) = (40, 31)
        // Blocks of numbers, so that there are insides and borders.
        let numbers: [UInt8] = [0, 0, 1, 7, 254, 255]
        let blocks: [UInt8] = (0..<80).map { _ in numbers.randomElement(using: &random) ?? 0 }
        let indices: [UInt8] = (0..<width * height).map { blocks[$0 / width / 4 * 10 + $0 % width / 4] }
        let samples: [UInt8] = (0..<width * height * 3).map { _ in UInt8.random(in: 0...255, using: &random) }
        let picture = RGBImage(width: width, height: height, samples: samples)
        let painted = LabelPaint(fill: fill).picture(IndexedImage(width: width, height: height, indices: indices), over: picture)
        for at in indices.indices {
            let (x, y) = (at % width, at / width)
            let own = indices[at], color = LabelPalette.screen.colors[Int(own)]
            let around = [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)].filter {
                (0..<width).contains($0.0) && (0..<height).contains($0.1)
            }
            let isBorder = around.contains { indices[$0.1 * width + $0.0] != own }
            let isHatched = (x + y) % 4 < 2
            let share: Double
            switch own {
            case 0: share = 0
            case 255: share = isHatched ? 0.625 : 0
            default: share = isBorder ? 1 : Double(fill)
            }
            for (channel, sample) in [color.red, color.green, color.blue].enumerated() {
                let wanted = Double(samples[at * 3 + channel]) * (1 - share) + Double(sample) * share
                #expect(abs(Double(painted.samples[at * 3 + channel]) - wanted) < 1.6, "\(own) at \(x), \(y)")
            }
        }
    }

    /// On a picture of many pixels a line of one would not be seen.
    @Test func outlinesGrowWithThePicture() {
        #expect([(82, 60), (500, 375), (1199, 2), (1200, 900), (4000, 3000)].map { Outline.thickness(width: $0.0, height: $0.1) } == [1, 1, 1, 2, 5])
    }
}
