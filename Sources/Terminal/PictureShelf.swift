import Explorer
import Glibc

/// The pictures that the terminal holds: each is sent once, the oldest make room, and none stays behind.
struct PictureShelf {
    private struct Held {
        let id: UInt32
        let image: PixelImage
        /// Pixels of the picture, across and down, for one that was sent.
        let coarseness: Int
    }

    private let graphics: KittyGraphics
    private let depth: ColorDepth
    private let process: UInt32
    /// The newest last.
    private var held: [Held] = []
    private var counter: UInt32 = 0
    /// What is still to be deleted, and what the frame on its way deletes.
    private var leaving: [UInt32] = []
    private var parting: [UInt32] = []

    /// Pixels that the terminal keeps for us: those of a few frames.
    private static let pixelLimit = 1 << 20
    private static let countLimit = 16

    init(_ graphics: KittyGraphics, depth: ColorDepth, process: pid_t = getpid()) {
        self.graphics = graphics
        self.depth = depth
        self.process = UInt32(truncatingIfNeeded: process)
    }

    var count: Int { held.count }

    /// The numbers of a frame's pictures, and what sends those that the terminal has not. The frame before is through.
    ///
    /// - Parameter coarseness: pixels, across and down, that are sent as one.
    mutating func take(_ images: [PixelImage], coarseness: Int = 1) -> (ids: [UInt32], bytes: [UInt8]) {
        parting = []
        var bytes: [UInt8] = []
        let ids = images.map { image -> UInt32 in
            if let place = held.lastIndex(where: { $0.coarseness <= coarseness && $0.image.shows(image) }) {
                let known = held.remove(at: place)
                held.append(known)
                return known.id
            }
            let id = nextID()
            held.append(Held(id: id, image: image, coarseness: coarseness))
            bytes += graphics.transmission(image.coarsened(by: coarseness), id: id)
            return id
        }
        var pixels = held.reduce(0) { $0 + $1.image.pixels.count }
        while held.count > images.count, pixels > Self.pixelLimit || held.count > Self.countLimit {
            let old = held.removeFirst()
            pixels -= old.image.pixels.count
            leaving.append(old.id)
        }
        return (ids, bytes)
    }

    /// Deletes what has left; to be sent after the frame that does without it.
    mutating func cleared() -> [UInt8] {
        (parting, leaving) = (leaving, [])
        return parting.flatMap(graphics.deletion)
    }

    /// All must be sent again.
    mutating func empty() {
        leaving += held.map(\.id)
        held = []
    }

    /// The terminal has none any more.
    mutating func forget() {
        held = []
        leaving = []
        parting = []
    }

    /// Leaves the terminal without our pictures; empty where there are none.
    ///
    /// - Parameter isCut: whether one may not have been sent to its end.
    func removal(isCut: Bool) -> [UInt8] {
        let all = parting + leaving + held.map(\.id)
        return all.isEmpty ? [] : (isCut ? graphics.ending : []) + all.flatMap(graphics.deletion)
    }

    /// Unlike those of other processes whose pictures the same terminal may show: the placeholders' color, and where there are 256
    /// of those the highest byte.
    private mutating func nextID() -> UInt32 {
        counter += 1
        guard depth == .trueColor else { return (1 + process % 255) << 24 | (16 + counter % 240) }
        return (process & 0x3FFF) << 10 | (16 + counter % 1000)
    }
}

extension PixelImage {
    /// Whether it looks as another does, wherever that lies.
    fileprivate func shows(_ other: PixelImage) -> Bool {
        rect.columns == other.rect.columns && rect.rows == other.rect.rows && width == other.width && height == other.height
            && pixels == other.pixels
    }

    /// Each square of so many pixels a side as one, their mean.
    func coarsened(by side: Int) -> PixelImage {
        guard side > 1, width > 0 else { return self }
        let there = pixels.count / width
        let columns = (width + side - 1) / side, rows = (there + side - 1) / side
        var result: [UInt32] = []
        result.reserveCapacity(columns * rows)
        for top in stride(from: 0, to: there, by: side) {
            for left in stride(from: 0, to: width, by: side) {
                var red: UInt32 = 0, green: UInt32 = 0, blue: UInt32 = 0, count: UInt32 = 0
                for y in top..<min(top + side, there) {
                    for x in left..<min(left + side, width) {
                        let pixel = pixels[y * width + x]
                        red += pixel >> 16 & 255
                        green += pixel >> 8 & 255
                        blue += pixel & 255
                        count += 1
                    }
                }
                func mean(_ sum: UInt32) -> UInt32 { (sum + count / 2) / count }
                result.append(mean(red) << 16 | mean(green) << 8 | mean(blue))
            }
        }
        return PixelImage(rect: rect, width: columns, height: max((height + side - 1) / side, rows), pixels: result)
    }
}
