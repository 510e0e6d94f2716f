import Attribution
import Checkpoints
import Images
import Tensors

/// What a picture goes through before the model sees it.
public struct Augmentation: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// The whole picture squashed to the input's size; one that has it is untouched.
        case none
        /// A random part of it, of random size and aspect, brought to the input's size; perhaps mirrored; brightness, contrast
        /// and saturation changed.
        case standard
        /// As GETAM's published code does, with ImageNet's mean and deviation (``PublishedAugmentation``).
        case published
    }

    let kind: Kind
    let size: ModelConfiguration.Size
    let preprocessing: ModelConfiguration.Preprocessing
    let seed: Int
    let smallestArea: Double
    let jitter: Double
    private let normalization: PixelNormalization

    init(
        kind: Kind, size: ModelConfiguration.Size, preprocessing: ModelConfiguration.Preprocessing, seed: Int, smallestArea: Double,
        jitter: Double
    ) {
        (self.kind, self.size, self.preprocessing, self.seed) = (kind, size, preprocessing, seed)
        (self.smallestArea, self.jitter) = (smallestArea, jitter)
        normalization = PixelNormalization(preprocessing)
    }

    /// A picture as the model sees it once.
    struct View: Sendable {
        /// `[3, height, width]`, normalized.
        fileprivate(set) var pixels: Tensor
        fileprivate(set) var places: PixelPlaces

        init(pixels: Tensor, places: PixelPlaces) { (self.pixels, self.places) = (pixels, places) }
    }

    /// Memory between picture and view, which serves again.
    struct Scratch {
        fileprivate var cut = RGBImage()
        fileprivate var resize = ResizeScratch()
    }

    /// A view that is to be filled; its pixels are undefined, and not touched yet.
    var blank: View { View(pixels: Tensor(shape: [3, size.height, size.width]) { _ in }, places: PixelPlaces()) }

    /// The view of one picture in one epoch.
    func callAsFunction(_ picture: RGBImage, index: Int, epoch: Int) -> View {
        var view = blank, scratch = Scratch()
        enter(picture, index: index, epoch: epoch, into: &view, &scratch)
        return view
    }

    /// The same in the memory of a view that was ``blank``.
    func enter(_ picture: RGBImage, index: Int, epoch: Int, into view: inout View, _ scratch: inout Scratch) {
        let extents = (width: picture.width, height: picture.height), input = (width: size.width, height: size.height)
        switch kind {
        case .none:
            picture.resized(width: size.width, height: size.height, filter: filter, into: &scratch.cut, &scratch.resize)
            view.places.set(width: Double(picture.width), height: Double(picture.height), picture: extents, input: input)
        case .published:
            var random = RandomStream(seed: seed, epoch: epoch, picture: index, .crop)
            let published = PublishedAugmentation(side: size.height, &random)
            view = View(
                pixels: published(picture, side: size.height, preprocessing), places: published.places(picture, side: size.height))
            return
        case .standard:
            var random = RandomStream(seed: seed, epoch: epoch, picture: index, .crop)
            let box = crop(width: picture.width, height: picture.height, &random)
            picture.resized(width: size.width, height: size.height, filter: filter, box: box, into: &scratch.cut, &scratch.resize)
            var flip = RandomStream(seed: seed, epoch: epoch, picture: index, .flip)
            let isMirrored = flip.uniform() < 0.5
            if isMirrored { scratch.cut.mirror() }
            var color = RandomStream(seed: seed, epoch: epoch, picture: index, .color)
            jitter(&scratch.cut, &color)
            view.places.set(
                left: box.left, width: box.right - box.left, top: box.top, height: box.bottom - box.top, picture: extents,
                input: input, isMirrored: isMirrored)
        }
        view.pixels.withUnsafeMutableElements { normalization.enter(scratch.cut, into: $0) }
    }

    private var filter: ResampleFilter {
        switch preprocessing.interpolation {
        case .nearest: .nearest
        case .bilinear: .bilinear
        case .bicubic: .bicubic
        }
    }

    /// A part of `smallestArea` to all of the picture's area, 3:4 to 4:3 of it wide for high; where ten tries do not fit, the
    /// largest part in the middle that has such an aspect (as torchvision's RandomResizedCrop).
    private func crop(width: Int, height: Int, _ random: inout RandomStream) -> ResampleBox {
        let (width, height) = (Double(width), Double(height))
        for _ in 0..<10 {
            let area = width * height * random.uniform(smallestArea...1)
            let aspect = Self.exponential(random.uniform(-0.2876820724517809...0.2876820724517809))
            let w = (area * aspect).squareRoot().rounded(), h = (area / aspect).squareRoot().rounded()
            let (x, y) = (random.uniform(), random.uniform())
            guard w >= 1, h >= 1, w <= width, h <= height else { continue }
            let left = (x * (width - w)).rounded(), top = (y * (height - h)).rounded()
            return ResampleBox(left: left, top: top, right: left + w, bottom: top + h)
        }
        let w = min(width, (height * 4 / 3).rounded()), h = min(height, (width * 4 / 3).rounded())
        let left = ((width - w) / 2).rounded(.down), top = ((height - h) / 2).rounded(.down)
        return ResampleBox(left: left, top: top, right: left + w, bottom: top + h)
    }

    /// e^x by its series, the same digits on every machine; |x| < 0.3.
    private static func exponential(_ x: Double) -> Double {
        var (term, sum) = (1.0, 1.0)
        for n in 1...16 {
            term *= x / Double(n)
            sum += term
        }
        return sum
    }

    /// Brightness, contrast about the mean gray, and saturation about each pixel's gray, each times 1 ± `jitter`; rounded
    /// once.
    private func jitter(_ picture: inout RGBImage, _ random: inout RandomStream) {
        guard jitter > 0 else { return }
        let brightness = random.uniform(1 - jitter...1 + jitter)
        let contrast = random.uniform(1 - jitter...1 + jitter)
        let saturation = random.uniform(1 - jitter...1 + jitter)
        var sum = 0
        picture.samples.withUnsafeBufferPointer { samples in
            for pixel in stride(from: 0, to: samples.count, by: 3) {
                sum += 299 * Int(samples[pixel]) + 587 * Int(samples[pixel + 1]) + 114 * Int(samples[pixel + 2])
            }
        }
        let mean = Double(sum) / 1000 / Double(max(picture.width * picture.height, 1)) * brightness
        let gain = Float(brightness * contrast), offset = Float(mean * (1 - contrast)), keep = Float(saturation)
        picture.samples.withUnsafeMutableBufferPointer { samples in
            for pixel in stride(from: 0, to: samples.count, by: 3) {
                let r = Float(samples[pixel]) * gain + offset
                let g = Float(samples[pixel + 1]) * gain + offset
                let b = Float(samples[pixel + 2]) * gain + offset
                let gray = (0.299 * r + 0.587 * g + 0.114 * b) * (1 - keep)
                samples[pixel] = UInt8(max(0, min(255, r * keep + gray)) + 0.5)
                samples[pixel + 1] = UInt8(max(0, min(255, g * keep + gray)) + 0.5)
                samples[pixel + 2] = UInt8(max(0, min(255, b * keep + gray)) + 0.5)
            }
        }
    }
}
