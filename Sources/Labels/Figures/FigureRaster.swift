import Images

/// A figure's page in pixels, on white. The same page gives the same pixels everywhere.
struct FigureRaster {
    private(set) var image: RGBImage
    private let pixelsPerMillimetre: Double

    /// The size in pixels of a page; in `Double`, as it may be beyond all bounds.
    static func size(_ page: FigurePage, dotsPerInch: Double) -> (width: Double, height: Double) {
        (max((page.width * dotsPerInch / 25.4).rounded(), 1), max((page.height * dotsPerInch / 25.4).rounded(), 1))
    }

    init(_ page: FigurePage, dotsPerInch: Double) {
        let size = Self.size(page, dotsPerInch: dotsPerInch)
        let (width, height) = (Int(size.width), Int(size.height))
        image = RGBImage(width: width, height: height, samples: [UInt8](repeating: 255, count: width * height * 3))
        pixelsPerMillimetre = dotsPerInch / 25.4
        for element in page.elements { draw(element, page) }
    }

    private mutating func draw(_ element: FigurePage.Element, _ page: FigurePage) {
        switch element {
        case .text(let text, let x, let y, let size, let anchor, let isUpward):
            let part = switch anchor {
            case .start: 0.0
            case .middle: 0.5
            case .end: 1.0
            }
            let scale = pixelsPerMillimetre, back = part * page.textWidth(text) * size * scale
            // On a line of whole pixels letters are as sharp as can be.
            if isUpward {
                Lettering.draw(text, into: &image, x: (x * scale).rounded(), y: y * scale + back, size: size * scale, isUpward: true)
            } else {
                Lettering.draw(text, into: &image, x: x * scale - back, y: (y * scale).rounded(), size: size * scale)
            }
        case .picture(let picture, let rect):
            let box = box(rect)
            let scaled = picture.resized(width: box.x.count, height: box.y.count, filter: .bilinear)
            for (line, y) in box.y.enumerated() {
                let start = (y * image.width + box.x.lowerBound) * 3, count = box.x.count * 3
                image.samples.replaceSubrange(start..<start + count, with: scaled.samples[line * count..<(line + 1) * count])
            }
        case .area(let color, let rect): fill(box(rect)) { _ in color }
        case .bar(let colors, let rect):
            let box = box(rect), line = max(Int((pixelsPerMillimetre * 0.1).rounded()), 1)
            let frame = (
                x: max(box.x.lowerBound - line, 0)..<min(box.x.upperBound + line, image.width),
                y: max(box.y.lowerBound - line, 0)..<min(box.y.upperBound + line, image.height))
            fill(frame) { _ in RGBColor(gray: 128) }
            fill(box) { x in Self.color(colors, at: (Double(x - box.x.lowerBound) + 0.5) / Double(box.x.count)) }
        }
    }

    /// Along evenly spaced colors, straight from one to the next.
    private static func color(_ colors: [RGBColor], at place: Double) -> RGBColor {
        guard let first = colors.first, let last = colors.last else { return .init(gray: 255) }
        let position = place * Double(colors.count) - 0.5
        if position <= 0 { return first }
        let index = Int(position)
        guard index + 1 < colors.count else { return last }
        let share = position - Double(index), low = colors[index], high = colors[index + 1]
        func mix(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Double(a) * (1 - share) + Double(b) * share).rounded()) }
        return RGBColor(red: mix(low.red, high.red), green: mix(low.green, high.green), blue: mix(low.blue, high.blue))
    }

    private mutating func fill(_ box: (x: Range<Int>, y: Range<Int>), _ color: (Int) -> RGBColor) {
        let line = box.x.flatMap { x in
            let color = color(x)
            return [color.red, color.green, color.blue]
        }
        for y in box.y {
            let start = (y * image.width + box.x.lowerBound) * 3
            image.samples.replaceSubrange(start..<start + line.count, with: line)
        }
    }

    /// Whole pixels, at least one, within the page.
    private func box(_ rect: FigurePage.Rect) -> (x: Range<Int>, y: Range<Int>) {
        func span(_ start: Double, _ length: Double, _ limit: Int) -> Range<Int> {
            let low = min(max(Int((start * pixelsPerMillimetre).rounded()), 0), limit - 1)
            return low..<min(max(Int(((start + length) * pixelsPerMillimetre).rounded()), low + 1), limit)
        }
        return (span(rect.x, rect.width, image.width), span(rect.y, rect.height, image.height))
    }
}
