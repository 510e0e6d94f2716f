import Images
import Testing

@Suite struct ColorTests {
    @Test(arguments: ColorMap.all)
    func mapEqualsMatplotlib(_ map: ColorMap) throws {
        let lines = try Fixtures.words("colormaps.txt").filter { $0[0] == map.rawValue }
        #expect(lines.count > 300)
        for words in lines {
            let value = try #require(Float(words[1]))
            let expected = words[2...4].compactMap { UInt8($0) }
            let color = map.color(value)
            #expect([color.red, color.green, color.blue] == expected, "\(value)")
        }
        #expect(map.table.count == 256)
        #expect(map.color(.nan) == ColorMap.missing)
        #expect(map.color(.infinity) == map.table[255] && map.color(-.infinity) == map.table[0])
    }

    @Test func viridisIsTheDefault() {
        #expect(ColorMap.default == .viridis && ColorMap.all == [.viridis, .magma, .cividis, .jet, .gray])
    }

    /// The colors the VOC development kit lists for its classes.
    @Test func paletteIsVOCs() {
        let listed: [Int: [UInt8]] = [
            0: [0, 0, 0], 1: [128, 0, 0], 2: [0, 128, 0], 3: [128, 128, 0], 4: [0, 0, 128], 5: [128, 0, 128],
            6: [0, 128, 128], 7: [128, 128, 128], 8: [64, 0, 0], 9: [192, 0, 0], 10: [64, 128, 0], 11: [192, 128, 0],
            12: [64, 0, 128], 13: [192, 0, 128], 14: [64, 128, 128], 15: [192, 128, 128], 16: [0, 64, 0],
            17: [128, 64, 0], 18: [0, 192, 0], 19: [128, 192, 0], 20: [0, 64, 128], 21: [128, 64, 128],
            255: [224, 224, 192],
        ]
        #expect(VOCPalette.colors.count == 256 && Set(VOCPalette.colors).count == 256)
        for (index, samples) in listed {
            let color = VOCPalette.colors[index]
            #expect([color.red, color.green, color.blue] == samples, "entry \(index)")
        }
    }

    @Test func blendingMixesBySamples() {
        let lower = RGBImage(width: 2, height: 1, samples: [0, 255, 100, 10, 20, 30])
        let upper = RGBImage(width: 2, height: 1, samples: [255, 0, 101, 20, 10, 30])
        #expect(lower.blended(with: upper, opacity: 0) == lower)
        #expect(lower.blended(with: upper, opacity: 1) == upper)
        #expect(lower.blended(with: upper, opacity: 0.25).samples == [64, 191, 100, 13, 18, 30])
        #expect(lower.blended(with: upper, opacity: -1) == lower && lower.blended(with: upper, opacity: 7) == upper)
        #expect(lower.blended(with: upper, opacity: .nan) == lower)
    }
}
