import Checkpoints
import Images
import Tensors
import Testing
import TestSupport
@testable import Training

@Suite struct AugmentationTests {
    /// 37×23 pixels of a formula (Tests/Fixtures/make_training.py).
    static let picture = RGBImage(width: 37, height: 23, samples: (0..<37 * 23 * 3).map { place in
        let (c, x, y) = (place % 3, place / 3 % 37, place / 3 / 37)
        return UInt8((37 * c + 11 * y * y + 7 * x + 5 * x * y) % 256)
    })
    static let imageNet = ModelConfiguration.Preprocessing(
        mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225], interpolation: .bilinear)

    static func augmentation(_ kind: Augmentation.Kind, jitter: Double = 0.3, area: Double = 0.35) -> Augmentation {
        Augmentation(
            kind: kind, size: .init(height: 32, width: 32), preprocessing: imageNet, seed: 3, smallestArea: area, jitter: jitter)
    }

    @Test(arguments: [(28, false), (32, true), (36, false), (36, true), (60, true)])
    func publishedViewsAreThePublishedCodes(_ long: Int, _ isMirrored: Bool) throws {
        let file = try SafetensorsFile(path: Fixtures.path("training/augmentation.safetensors"))
        let expected = try file.tensor(named: "view.\(long).\(isMirrored ? 1 : 0)")
        // 0.49 of an odd number of places is the middle one, of an even number the one before the middle.
        let view = PublishedAugmentation(long: long, isMirrored: isMirrored, across: 0.49, down: 0.49)
        #expect(relativeDeviation(view(Self.picture, side: 32, Self.imageNet).values, expected.values) < 2e-6)
    }

    /// The longer side is every length from 0.9 to 1 / 0.875 of the input's, about as often.
    @Test func publishedLengths() {
        var counts: [Int: Int] = [:], mirrored = 0
        for picture in 0..<4000 {
            var random = RandomStream(seed: 1, epoch: 2, picture: picture, .crop)
            let view = PublishedAugmentation(side: 256, &random)
            counts[view.long, default: 0] += 1
            mirrored += view.isMirrored ? 1 : 0
        }
        #expect(counts.keys.min() == 230 && counts.keys.max() == 292 && counts.count == 63)
        #expect(counts.values.allSatisfy { (25...110).contains($0) })
        #expect((1850...2150).contains(mirrored))
    }

    /// A part of the picture and nothing else: of a picture whose red and green are the places, the corners of the cut lie in
    /// it, its area and aspect in their bounds, and half the views are mirrored.
    @Test func standardCutsOutAPart() {
        var samples: [UInt8] = []
        for y in 0..<96 {
            for x in 0..<128 { samples += [UInt8(2 * x), UInt8(2 * y), 0] }
        }
        let gradient = RGBImage(width: 128, height: 96, samples: samples)
        let views = Self.augmentation(.standard, jitter: 0)
        var mirrored = 0
        for index in 0..<300 {
            let values = views(gradient, index: index, epoch: 0).pixels.values
            func place(_ channel: Int, _ x: Int, _ y: Int) -> Double {
                let value = Double(values[channel * 1024 + y * 32 + x])
                return (value * Double(Self.imageNet.standardDeviation[channel]) + Double(Self.imageNet.mean[channel])) * 255 / 2
            }
            let across = place(0, 31, 16) - place(0, 0, 16), down = place(1, 16, 31) - place(1, 16, 0)
            mirrored += across < 0 ? 1 : 0
            // From center to center of 32 places; the edges' windows are cut off, which brings them a little inwards.
            let width = abs(across) * 32 / 31, height = down * 32 / 31
            #expect(width * height > 0.33 * 128 * 96 && width * height < 1.02 * 128 * 96, "\(width)×\(height)")
            #expect(width / height > 0.70 && width / height < 1.43, "\(width)×\(height)")
        }
        #expect((115...185).contains(mirrored))
    }

    /// A view depends on seed, epoch and picture, and on nothing else.
    @Test(arguments: Augmentation.Kind.allCases)
    func viewsAreKeyed(_ kind: Augmentation.Kind) {
        let views = Self.augmentation(kind)
        let one = views(Self.picture, index: 4, epoch: 1).pixels.values
        _ = views(Self.picture, index: 9, epoch: 0)
        #expect(views(Self.picture, index: 4, epoch: 1).pixels.values == one)
        let isFixed = kind == .none
        #expect((views(Self.picture, index: 5, epoch: 1).pixels.values == one) == isFixed)
        #expect((views(Self.picture, index: 4, epoch: 2).pixels.values == one) == isFixed)
    }

    /// Jitter of nothing but brightness, contrast and saturation leaves gray gray.
    @Test func jitterKeepsGray() {
        let gray = RGBImage(width: 40, height: 40, samples: (0..<4800).map { UInt8($0 / 3 % 200) })
        let values = Self.augmentation(.standard)(gray, index: 0, epoch: 0).pixels.values
        for place in 0..<1024 {
            let bytes = (0..<3).map {
                (values[$0 * 1024 + place] * Self.imageNet.standardDeviation[$0] + Self.imageNet.mean[$0]) * 255
            }
            #expect(abs(bytes[0] - bytes[1]) < 1.01 && abs(bytes[1] - bytes[2]) < 1.01)
        }
    }

    @Test func whatHasTheSizeIsUntouched() {
        let picture = RGBImage(width: 32, height: 32, samples: (0..<3072).map { UInt8($0 * 31 % 256) })
        let values = Self.augmentation(.none)(picture, index: 0, epoch: 0).pixels.values
        for place in 0..<1024 {
            let value = Float(picture.samples[place * 3 + 1]) / 255
            #expect(values[1024 + place] == (value - Self.imageNet.mean[1]) / Self.imageNet.standardDeviation[1])
        }
    }
}
