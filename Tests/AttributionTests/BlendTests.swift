import Attribution
import Images
import Testing
import TestSupport

/// Maps over pictures, against the formulas a pixel at a time.
@Suite struct BlendTests {
    private static let width = 37, height = 23

    private static func picture(seed: UInt64) -> [UInt32] {
        var random = SplitMix(seed: seed)
        return (0..<width * height).map { _ in UInt32.random(in: 0...0xFFFFFF, using: &random) }
    }

    /// Smooth hills, and with a cut nothing below it.
    private static func levels(seed: UInt64, cut: Float = 0, isDiverging: Bool = false) -> [Int16] {
        var random = SplitMix(seed: seed)
        let map = PatchMap(
            rows: 6, columns: 7, values: (0..<42).map { _ in Float.random(in: isDiverging ? -1...1 : 0...1, using: &random) })
        return MapRaster(
            map: map, scale: isDiverging ? MapScale(symmetricFor: [map]) : MapScale(of: map), cut: cut, sampling: .smooth,
            width: width, height: height
        ).levels
    }

    private static func channels(_ color: UInt32) -> [Float] { [16, 8, 0].map { Float(color >> UInt32($0) & 255) } }

    private static func magnitude(_ level: Int16, _ isDiverging: Bool) -> Float {
        isDiverging ? abs(Float(level) - 127.5) / 127.5 : Float(level) / 255
    }

    /// The neighbors to the four sides.
    private static func neighbors(_ at: Int) -> [Int] {
        let (x, y) = (at % width, at / width)
        return [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)].filter {
            (0..<width).contains($0.0) && (0..<height).contains($0.1)
        }.map { $0.1 * width + $0.0 }
    }

    @Test(arguments: Blend.Kind.allCases, [false, true])
    func eachPixelIsAsTheKindSays(_ kind: Blend.Kind, _ isDiverging: Bool) {
        for (seed, cut, opacity) in [(UInt64(1), Float(0), Float(0.85)), (2, 0.4, 0.85), (3, 0, 0.3), (4, 0.2, 1), (5, 0.3, 0)] {
            let picture = Self.picture(seed: seed), levels = Self.levels(seed: seed, cut: cut, isDiverging: isDiverging)
            let colors = MapColors(.magma, isDiverging: isDiverging)
            let blended = colors.blend(levels, over: picture, width: Self.width, Blend(kind, opacity: opacity))
            func band(_ at: Int) -> Int {
                let own = Self.magnitude(max(levels[at], 0), isDiverging)
                return [Float(0.25), 0.5, 0.75].count { own >= $0 }
            }
            for at in picture.indices {
                let level = levels[at], around = Self.neighbors(at)
                if level >= 0, opacity > 0, around.contains(where: { levels[$0] < 0 }) {
                    #expect(blended[at] == 0xFFFFFF, "the border of what the threshold leaves")
                    continue
                }
                if level < 0, kind != .spotlight {
                    #expect(blended[at] == picture[at], "beyond the threshold")
                    continue
                }
                let place = level < 0 ? 0 : Self.magnitude(level, isDiverging)
                let share = 2 * place / (1 + place)
                var wanted = Self.channels(picture[at])
                switch kind {
                case .value, .flat:
                    let part = opacity * (kind == .flat ? 1 : share)
                    wanted = zip(wanted, Self.channels(colors.table[Int(level)])).map { $0 * (1 - part) + $1 * part }
                case .spotlight: wanted = wanted.map { $0 * (1 - min(opacity / 0.85, 1 / 0.65) * 0.65 * (1 - share)) }
                case .contour:
                    guard opacity > 0, around.contains(where: { levels[$0] >= 0 && band($0) < band(at) }) else { break }
                    // A contour's color is that of its place.
                    let line = Float(band(at)) / 4
                    let middle = isDiverging ? (level < 128 ? 127.5 - 127.5 * line : 127.5 + 127.5 * line) : 255 * line
                    let color = Self.channels(colors.table[Int(middle.rounded())])
                    wanted = zip(wanted, color).map { $0 * (1 - opacity) + $1 * opacity }
                }
                for (found, wanted) in zip(Self.channels(blended[at]), wanted) {
                    #expect(abs(found - wanted) <= 1.6, "\(kind), \(level): \(found), not \(wanted)")
                }
            }
        }
    }

    @Test func theShareRisesSmoothly() {
        let shares = (0...1000).map { Blend.share(at: Float($0) / 1000) }
        #expect(shares[0] == 0 && abs(shares[1000] - 1) < 1e-6)
        for (place, pair) in zip(shares, shares.dropFirst()).enumerated() {
            // Never a jump: the slope is at most 2.
            #expect(pair.1 > pair.0 && pair.1 - pair.0 < 0.0021, "at \(place)")
        }
    }

    /// The measure that the blends are judged by: of the picture's local contrast, how much is left where the map is below a
    /// quarter. The script Tests/Scripts/contrast.py measures it of real maps.
    @Test func coldPartsKeepThePicture() throws {
        for name in ["01-cat.jpg", "04-horses.jpg", "09-cow-and-sheep.jpg"] {
            let small = try ImageFile.read(path: Fixtures.root.appending(path: "assets/pictures/\(name)").path)
                .resized(width: 82, height: 60, filter: .bilinear)
            let map = PatchMap(rows: 17, columns: 23, values: (0..<391).map { place in
                let x = Float(place % 23 - 9) / 4, y = Float(place / 23 - 8) / 4
                return 1 / (1 + (x * x + y * y) * (x * x + y * y))
            })
            let scale = MapScale(of: map)
            let levels = MapRaster(map: map, scale: scale, sampling: .smooth, width: 82, height: 60).levels
            func contrast(_ picture: RGBImage) -> Float {
                let light = picture.packedPixels.map { Self.channels($0) }.map { 0.299 * $0[0] + 0.587 * $0[1] + 0.114 * $0[2] }
                return (0..<82 * 59).reduce(Float(0)) { sum, at in
                    at % 82 < 81 && levels[at] < 64 ? sum + abs(light[at + 1] - light[at]) + abs(light[at + 82] - light[at]) : sum
                }
            }
            let bare = contrast(small)
            func kept(_ kind: Blend.Kind, _ opacity: Float) -> Float {
                contrast(map.picture(over: small, blend: Blend(kind, opacity: opacity), scale: scale)) / bare
            }
            #expect(kept(.value, Blend.standardOpacity) >= 0.84, "\(name)")
            #expect(kept(.contour, Blend.standardOpacity) >= 0.84, "\(name)")
            #expect(kept(.flat, 0.6) < 0.5, "\(name)")
        }
    }

    @Test func scalesNameTheirValues() {
        let a = PatchMap(rows: 1, columns: 3, values: [-1, 0, 3]), b = PatchMap(rows: 1, columns: 3, values: [0.5, 1, 7])
        #expect(MapScale(of: a) == MapScale(.own, low: -1, high: 3))
        #expect(MapScale(sharedBy: [a, b]) == MapScale(.shared, low: -1, high: 7))
        #expect(MapScale(sharedBy: [b]) == MapScale(.shared, low: 0, high: 7))
        #expect(MapScale(symmetricFor: [a]) == MapScale(.symmetric, low: -3, high: 3))
        #expect(MapScale(symmetricFor: []) == MapScale(symmetric: 0) && MapScale(symmetric: -2).high == 0)
        #expect(MapScale(of: a).magnitude(1) == 0.5 && MapScale(symmetric: 4).magnitude(-1) == 0.25)
        #expect(MapScale(symmetric: 4).magnitude(9) == 1 && MapScale(symmetric: 0).magnitude(.nan) == 0 && MapScale(symmetric: 0).magnitude(0) == 0)
    }

    @Test func zeroLiesBetweenTheSigns() {
        let map = PatchMap(rows: 1, columns: 6, values: [-4, -1, 0, 1, 4, .nan])
        func levels(_ limit: Float, cut: Float = 0) -> [Int16] {
            MapRaster(map: map, scale: MapScale(symmetric: limit), cut: cut, sampling: .patches, width: 6, height: 1).levels
        }
        #expect(levels(4) == [0, 96, 128, 160, 255, 128])
        #expect(levels(4, cut: 0.5) == [0, -1, -1, -1, 255, -1])
        #expect(levels(0) == [128, 128, 128, 128, 128, 128])
        let mask = map.mask(width: 6, height: 1, scale: MapScale(symmetric: 4), cut: 0.25, sampling: .patches)
        #expect(mask == [true, true, false, true, true, false])
    }
}
