import Attribution
import Glibc
import Images
import Tensors

/// What strokes ask of a picture's class maps: the pixels given as constraints, and the places where a map is raised or taken away.
///
/// On the way from maps to labels they act three times. Over patches a class's seeds are added to its map before it is refined, so
/// that affinity carries them to patches alike. Over pixels a constraint reaches along the ways on which colors change least
/// (``GeodesicDistance``): with D the distance of the nearest constraint and r the rate, w = max(0, 2 e^(−r D) − 1), the constraint's class
/// becomes w + (1 − w) m and the others (1 − w) m. In a dense CRF the constraints' own pixels have the probability 1.
public struct LabelConstraints: Sendable {
    /// Of the maps, in pixels.
    public let width: Int
    /// Of the maps, in pixels.
    public let height: Int
    /// The strokes that spread.
    public let layer: StrokeLayer
    /// The number of each map's class.
    private let numbers: [UInt8]
    /// For each map, where it is to be more (1) or nothing (-1), a value a pixel; empty where nothing is asked of it.
    private let wishes: [[Int8]]

    /// Constraints reach over a picture of at most this long side, so that they reach as far in a large picture as in the same reduced.
    static let longSide = 500

    /// r: how fast a constraint's reach fades with distance, in deviations of the picture's colors.
    public static let rate: Float = 0.5

    /// Where that reach ends: w = 0.
    private static let reach = logf(2) / rate

    /// - Parameters:
    ///   - strokes: of which those that hold and are not exact count.
    ///   - pictureWidth, pictureHeight: of the picture that the strokes are in.
    ///   - width, height: of the maps.
    ///   - numbers: the number of each map's class.
    ///   - names: the number of a class's name.
    /// - Returns: nil where the strokes ask nothing.
    public init?(
        _ strokes: LabelStrokes, pictureWidth: Int, pictureHeight: Int, width: Int, height: Int, numbers: [UInt8],
        names: (String) -> UInt8?
    ) {
        let asking = strokes.held.filter(\.asks)
        guard width > 0, height > 0, pictureWidth > 0, pictureHeight > 0, asking.contains(where: { $0.target != .automatic }) else { return nil }
        var layer = StrokeLayer(width: width, height: height)
        var wishes = [[Int8]](repeating: [], count: numbers.count)
        for stroke in asking {
            layer.add(stroke, pictureWidth: pictureWidth, pictureHeight: pictureHeight, numbers: names)
            let number = stroke.target.number(names)
            for (place, own) in numbers.enumerated() {
                let wish: Int8
                switch stroke.mode {
                case .constraint: wish = stroke.target == .automatic || stroke.target == .ignored ? 0 : number == own ? 1 : -1
                case .add where number == own: wish = 1
                case .take where number == own: wish = -1
                default: continue
                }
                if wishes[place].isEmpty { wishes[place] = [Int8](repeating: 0, count: width * height) }
                wishes[place].withUnsafeMutableBufferPointer { wishes in
                    stroke.spans(width: pictureWidth, height: pictureHeight) { row, columns in
                        let start = row * height / pictureHeight * width
                        for column in columns.lowerBound * width / pictureWidth...(columns.upperBound - 1) * width / pictureWidth {
                            wishes[start + column] = wish
                        }
                    }
                }
            }
        }
        self.width = width
        self.height = height
        self.layer = layer
        self.numbers = numbers
        self.wishes = wishes
    }

    /// Class maps over patches with the seeds: a patch that is touched where its class is wished for gets the largest value of all maps,
    /// one where it is not loses as much of its value as is touched.
    ///
    /// - Parameter maps: as many as there are numbers, of one size.
    func seeded(_ maps: [PatchMap]) -> [PatchMap] {
        precondition(maps.count == numbers.count)
        let peak = max(maps.reduce(0) { max($0, $1.range.maximum) }, .leastNormalMagnitude)
        return zip(maps, wishes).map { map, wishes in
            guard !wishes.isEmpty else { return map }
            var result = map
            let zeros = [Int](repeating: 0, count: map.values.count)
            var (more, none, all) = (zeros, zeros, zeros)
            for row in 0..<height {
                let start = row * map.rows / height * map.columns
                for column in 0..<width {
                    let patch = start + column * map.columns / width, wish = wishes[row * width + column]
                    all[patch] += 1
                    if wish > 0 { more[patch] += 1 } else if wish < 0 { none[patch] += 1 }
                }
            }
            for patch in map.values.indices {
                if none[patch] > 0 { result.values[patch] *= Float(all[patch] - none[patch]) / Float(all[patch]) }
                if more[patch] > 0 { result.values[patch] = peak }
            }
            return result
        }
    }

    /// Lets the constraints reach along the picture's colors.
    ///
    /// - Parameters:
    ///   - maps: 0…1, of the constraints' size; they stay in that range.
    ///   - guide: the picture at that size.
    func spread<Failure>(
        over maps: inout PixelMaps, guide: RGBImage, compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        guard layer.box != nil, !maps.classes.isEmpty else { return }
        try checkpoint()
        let small = max(width, height) > Self.longSide ? guide.forDisplay(longSide: Self.longSide) : guide
        let seeds = seeds(width: small.width, height: small.height)
        guard !seeds.isEmpty else { return }
        let distance = GeodesicDistance(small, compute: compute), pixels = small.width * small.height
        var nearest = [Float](repeating: .infinity, count: pixels), owner = [UInt8](repeating: 0, count: pixels)
        for (number, places) in seeds.sorted(by: { $0.key < $1.key }) {
            let distances = try distance.distances(from: places, upTo: Self.reach, compute: compute, checkpoint: checkpoint)
            for pixel in 0..<pixels where distances[pixel] < nearest[pixel] { (nearest[pixel], owner[pixel]) = (distances[pixel], number) }
        }
        try checkpoint()
        // An unknown is no class, and takes none away beside its own pixels.
        let weights = nearest.indices.map { owner[$0] == LabelCompletion.ignored ? 0 : max(0, 2 * expf(-Self.rate * nearest[$0]) - 1) }
        let columns = (0..<width).map { $0 * small.width / width }
        maps.values.withUnsafeMutableBufferPointer { values in
            for (place, number) in numbers.enumerated() {
                for row in 0..<height {
                    let line = row * small.height / height * small.width, start = (place * height + row) * width
                    for column in 0..<width {
                        let cell = line + columns[column], weight = weights[cell]
                        guard weight > 0 else { continue }
                        values[start + column] = (owner[cell] == number ? weight : 0) + (1 - weight) * values[start + column]
                    }
                }
            }
        }
    }

    /// Sets the given pixels: their class's map to 1, the others' to 0; all to 0 where they are unknown.
    func clamp(_ maps: inout PixelMaps) {
        guard let box = layer.box, !maps.classes.isEmpty else { return }
        for row in box.top...box.bottom {
            for column in box.left...box.right {
                guard let given = layer[column, row] else { continue }
                for (place, number) in numbers.enumerated() {
                    maps.values[(place * height + row) * width + column] = given == number ? 1 : 0
                }
            }
        }
    }

    /// Replaces the probabilities of given pixels: 1 for their label, 0 for the others.
    ///
    /// - Parameters:
    ///   - lines: `[count, labels]` of the pixels `first`, `first + step`, …, the background's last; as many labels as maps and one.
    func enter(into lines: UnsafeMutablePointer<Float>, labels: Int, first: Int, step: Int, count: Int) {
        guard let box = layer.box, count > 0 else { return }
        let last = first + (count - 1) * step
        guard last / width >= box.top, first / width <= box.bottom else { return }
        for place in 0..<count {
            guard let label = given(at: first + place * step) else { continue }
            for other in 0..<labels { lines[place * labels + other] = other == label ? 1 : 0 }
        }
    }

    /// The label of a pixel of the maps that is given: a map's place, or their count for the background and classes without a map; nil
    /// where none is, or it is unknown.
    private func given(at pixel: Int) -> Int? {
        let value = layer.value(pixel % width, pixel / width)
        guard value != 0 else { return nil }
        let number = UInt8(truncatingIfNeeded: value)
        return number == LabelCompletion.ignored ? nil : numbers.firstIndex(of: number) ?? numbers.count
    }

    /// Cells of each number that is given, on a grid of the maps' size or coarser; of several in one cell the last in rows.
    private func seeds(width across: Int, height down: Int) -> [UInt8: [Int]] {
        var given: [Int: UInt8] = [:]
        guard let box = layer.box else { return [:] }
        for row in box.top...box.bottom {
            for column in box.left...box.right {
                if let number = layer[column, row] { given[row * down / height * across + column * across / width] = number }
            }
        }
        return Dictionary(grouping: given.keys.sorted()) { given[$0] ?? 0 }
    }
}

extension LabelStroke {
    /// Whether it asks something of the maps.
    var asks: Bool { mode != .exact && !shape.followsLabel }
}

extension LabelStrokes {
    /// Those that hold and ask something of the maps: others change no map.
    public var asking: LabelStrokes {
        let asking = held.filter(\.asks)
        guard asking.contains(where: { $0.target != .automatic }) else { return LabelStrokes() }
        return LabelStrokes(holding: asking)
    }

    /// The names of the classes that they give or raise.
    public var classNames: Set<String> {
        Set(held.compactMap { stroke in
            if case .named(let name) = stroke.target, stroke.mode != .take { return name }
            return nil
        })
    }
}
