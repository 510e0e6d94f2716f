import Images

/// A region of a label: pixels of one number that hang together along edges.
public struct LabelRegion: Sendable, Hashable {
    public let number: UInt8
    /// In pixels of the label.
    public let area: Int
    /// Its first pixel row by row, row · width + column.
    public let start: Int
}

/// The regions of a label, and how they are put in order.
public enum LabelRegions {
    /// All regions of classes, the largest first; of equal ones that which begins first.
    public static func all(of labels: IndexedImage) -> [LabelRegion] {
        let parts = Components(labels.indices, width: labels.width, height: labels.height)
        return parts.starts.indices.filter { labels.indices[parts.starts[$0]] != LabelCompletion.ignored }
            .map { LabelRegion(number: labels.indices[parts.starts[$0]], area: parts.areas[$0], start: parts.starts[$0]) }
            .sorted { $0.area == $1.area ? $0.start < $1.start : $0.area > $1.area }
    }

    /// Leaves of a pixel's number its own region.
    static func keepOnly(at seed: Int, in labels: inout [UInt8], width: Int, height: Int) {
        let parts = Components(labels, width: width, height: height, outside: LabelCompletion.ignored), number = labels[seed]
        remove(parts, from: &labels, width: width) { labels, part in labels[parts.starts[part]] == number && part != Int(parts.numbers[seed]) }
    }

    /// - Parameter number: of the class; nil for each.
    static func tidy(_ labels: inout [UInt8], _ kind: LabelTidying, of number: UInt8?, _ grid: StrokeGrid) {
        let (width, height) = (grid.width, grid.height)
        func isMeant(_ own: UInt8) -> Bool { own != 0 && own != LabelCompletion.ignored && (number == nil || own == number) }
        switch kind {
        case .largest:
            let parts = Components(labels, width: width, height: height)
            var largest: [UInt8: Int] = [:]
            for (part, start) in parts.starts.enumerated() where largest[labels[start]].map({ parts.areas[part] > parts.areas[$0] }) ?? true {
                largest[labels[start]] = part
            }
            remove(parts, from: &labels, width: width) { labels, part in
                let own = labels[parts.starts[part]]
                return isMeant(own) && largest[own] != part
            }
        case .least(let area):
            // In cells of the grid: as large a part of the picture.
            let least = Double(area) * Double(width * height) / Double(grid.pictureWidth * grid.pictureHeight)
            let parts = Components(labels, width: width, height: height)
            remove(parts, from: &labels, width: width) { labels, part in
                isMeant(labels[parts.starts[part]]) && Double(parts.areas[part]) < least
            }
        case .holes: for own in Set(labels).sorted() where isMeant(own) { fillHoles(of: own, in: &labels, width: width, height: height) }
        case .smooth(let radius):
            let radius = Int((Double(radius) * Double(width) / Double(grid.pictureWidth)).rounded())
            guard radius > 0 else { return }
            for own in Set(labels).sorted() where isMeant(own) { smooth(own, in: &labels, width: width, height: height, radius: radius) }
        }
    }

    /// Gives regions the number that most of the pixels beside them have, each pixel counted as often as it touches the region; of
    /// several the lowest, without any the background.
    private static func remove(_ parts: Components, from labels: inout [UInt8], width: Int, _ isRemoved: ([UInt8], Int) -> Bool) {
        let removed = parts.starts.indices.map { isRemoved(labels, $0) }
        guard removed.contains(true) else { return }
        var around: [Int: [UInt8: Int]] = [:]
        for (pixel, part) in parts.numbers.enumerated() where part >= 0 && removed[Int(part)] {
            let column = pixel % width
            func meet(_ other: Int) {
                if parts.numbers[other] != part { around[Int(part), default: [:]][labels[other], default: 0] += 1 }
            }
            if column > 0 { meet(pixel - 1) }
            if column + 1 < width { meet(pixel + 1) }
            if pixel >= width { meet(pixel - width) }
            if pixel + width < labels.count { meet(pixel + width) }
        }
        let numbers = around.mapValues { $0.max { $0.value == $1.value ? $0.key > $1.key : $0.value < $1.value }?.key ?? 0 }
        for (pixel, part) in parts.numbers.enumerated() where part >= 0 && removed[Int(part)] { labels[pixel] = numbers[Int(part)] ?? 0 }
    }

    private static func fillHoles(of number: UInt8, in labels: inout [UInt8], width: Int, height: Int) {
        let rest = Components(labels.map { $0 == number ? 0 : 1 }, width: width, height: height)
        var isOpen = [Bool](repeating: false, count: rest.starts.count)
        for (pixel, part) in rest.numbers.enumerated() where part >= 0 {
            let (column, row) = (pixel % width, pixel / width)
            if column == 0 || row == 0 || column == width - 1 || row == height - 1 { isOpen[Int(part)] = true }
        }
        for (pixel, part) in rest.numbers.enumerated()
        where part >= 0 && !isOpen[Int(part)] && (labels[pixel] == 0 || labels[pixel] == LabelCompletion.ignored) {
            labels[pixel] = number
        }
    }

    private static func smooth(_ number: UInt8, in labels: inout [UInt8], width: Int, height: Int, radius: Int) {
        let before = labels
        // Sums over all pixels above and to the left.
        var sums = [Int32](repeating: 0, count: (width + 1) * (height + 1))
        for row in 0..<height {
            var line: Int32 = 0
            for column in 0..<width {
                if before[row * width + column] == number { line += 1 }
                sums[(row + 1) * (width + 1) + column + 1] = sums[row * (width + 1) + column + 1] + line
            }
        }
        for row in 0..<height {
            let (top, bottom) = (max(row - radius, 0), min(row + radius + 1, height))
            for column in 0..<width {
                let (left, right) = (max(column - radius, 0), min(column + radius + 1, width))
                let count = Int(
                    sums[bottom * (width + 1) + right] - sums[top * (width + 1) + right] - sums[bottom * (width + 1) + left]
                        + sums[top * (width + 1) + left])
                let all = (bottom - top) * (right - left), at = row * width + column
                if before[at] != number, 2 * count > all { labels[at] = number }
                guard before[at] == number, 2 * count < all else { continue }
                var counts = [Int](repeating: 0, count: 256)
                for y in top..<bottom {
                    for x in left..<right where before[y * width + x] != number { counts[Int(before[y * width + x])] += 1 }
                }
                labels[at] = UInt8(counts.indices.max { counts[$0] == counts[$1] ? $0 > $1 : counts[$0] < counts[$1] } ?? 0)
            }
        }
    }
}
