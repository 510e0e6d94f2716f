import Images

/// A label with strokes on it.
public struct PaintedLabels: Sendable, Equatable {
    public let labels: IndexedImage
    /// How many pixels differ from the label without strokes.
    public let changed: Int
    /// The classes of strokes that the label has no number for; they were left out.
    public let unknown: Set<String>

    /// Of the pixels, 0…1, those changed by hand.
    public var share: Double { labels.indices.isEmpty ? 0 : Double(changed) / Double(labels.indices.count) }
}

extension LabelStrokes {
    /// A label with the strokes that hold, one after the other; a pixel of a label smaller than the picture becomes what the
    /// picture's pixel under its center becomes.
    ///
    /// - Parameters:
    ///   - labels: the label without any.
    ///   - pictureWidth, pictureHeight: of the picture that the strokes are in; the label's own size unless given.
    ///   - numbers: the number of a class's name.
    public func painted(
        on labels: IndexedImage, pictureWidth: Int? = nil, pictureHeight: Int? = nil, numbers: (String) -> UInt8?
    ) -> PaintedLabels {
        let grid = StrokeGrid(
            width: labels.width, height: labels.height, pictureWidth: pictureWidth ?? labels.width, pictureHeight: pictureHeight ?? labels.height)
        var result = labels
        var unknown: Set<String> = []
        for stroke in held where stroke.mode.isPainted {
            if case .named(let name) = stroke.target, numbers(name) == nil {
                unknown.insert(name)
                continue
            }
            stroke.paint(&result.indices, over: labels.indices, grid, number: stroke.target.number(numbers))
        }
        var changed = 0
        for (before, after) in zip(labels.indices, result.indices) where before != after { changed += 1 }
        return PaintedLabels(labels: result, changed: changed, unknown: unknown)
    }
}

extension LabelStroke {
    /// Paints the stroke.
    ///
    /// - Parameters:
    ///   - labels: of the grid; changed.
    ///   - original: the same without strokes.
    ///   - number: nil for what the original has.
    func paint(_ labels: inout [UInt8], over original: [UInt8], _ grid: StrokeGrid, number: UInt8?) {
        guard grid.width > 0, grid.height > 0 else { return }
        func fill(_ row: Int, _ columns: Range<Int>, _ labels: inout [UInt8]) {
            let start = row * grid.width
            for at in start + columns.lowerBound..<start + columns.upperBound { labels[at] = number ?? original[at] }
        }
        switch shape {
        case .region(let point):
            guard let seed = grid.cell(of: point) else { return }
            for run in Region.runs(of: labels, width: grid.width, height: grid.height, from: seed) { fill(run.row, run.columns, &labels) }
        case .othersThan(let point):
            guard let seed = grid.cell(of: point) else { return }
            LabelRegions.keepOnly(at: seed, in: &labels, width: grid.width, height: grid.height)
        case .tidied(let kind): LabelRegions.tidy(&labels, kind, of: number, grid)
        case .line, .rectangle:
            spans(width: grid.pictureWidth, height: grid.pictureHeight) { row, columns in
                guard let row = grid.row(of: row) else { return }
                let covered = grid.columns(of: columns)
                if !covered.isEmpty { fill(row, covered, &labels) }
            }
        }
    }
}

/// A grid over a picture, of its size or coarser; each cell stands for the pixel under its center.
struct StrokeGrid: Sendable {
    let width: Int
    let height: Int
    let pictureWidth: Int
    let pictureHeight: Int

    /// The cell that a pixel lies in; nil beside the picture.
    func cell(of point: StrokePoint) -> Int? {
        guard (0..<pictureWidth).contains(point.x), (0..<pictureHeight).contains(point.y) else { return nil }
        return point.y * height / pictureHeight * width + point.x * width / pictureWidth
    }

    /// The row of cells whose centers lie over a row of pixels; nil where none does.
    func row(of pixel: Int) -> Int? {
        let row = Self.first(from: pixel, cells: height, pixels: pictureHeight)
        return row < height && (2 * row + 1) * pictureHeight / (2 * height) == pixel ? row : nil
    }

    /// The columns of cells whose centers lie over columns of pixels.
    func columns(of pixels: Range<Int>) -> Range<Int> {
        let first = Self.first(from: pixels.lowerBound, cells: width, pixels: pictureWidth)
        return first..<max(Self.first(from: pixels.upperBound, cells: width, pixels: pictureWidth), first)
    }

    /// The first cell whose pixel is not before one.
    private static func first(from pixel: Int, cells: Int, pixels: Int) -> Int {
        // ⌊(2·cell + 1)·pixels / 2·cells⌋ ≥ pixel.
        let numerator = 2 * cells * pixel - pixels
        return numerator <= 0 ? 0 : min((numerator + 2 * pixels - 1) / (2 * pixels), cells)
    }
}

/// Cells of one number that hang together along edges.
private enum Region {
    /// Its cells in runs along rows.
    ///
    /// - Parameter seed: one of its cells.
    static func runs(of cells: [UInt8], width: Int, height: Int, from seed: Int) -> [(row: Int, columns: Range<Int>)] {
        let number = cells[seed]
        var isTaken = [Bool](repeating: false, count: cells.count)
        var runs: [(row: Int, columns: Range<Int>)] = [], queue = [seed]
        while let cell = queue.popLast() {
            guard !isTaken[cell] else { continue }
            let row = cell / width, start = row * width
            var left = cell - start, right = left
            while left > 0, cells[start + left - 1] == number { left -= 1 }
            while right + 1 < width, cells[start + right + 1] == number { right += 1 }
            for column in left...right { isTaken[start + column] = true }
            runs.append((row, left..<right + 1))
            for next in [row - 1, row + 1] where next >= 0 && next < height {
                let other = next * width
                for column in left...right
                where cells[other + column] == number && !isTaken[other + column] && (column == left || cells[other + column - 1] != number) {
                    queue.append(other + column)
                }
            }
        }
        return runs
    }
}
