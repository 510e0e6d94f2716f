import Foundation
import GETAM

/// Quantities that are no maps, in words.
enum QuantityText {
    /// A line a layer under a line of columns; under them what the numbers of each class add up to, where they are parts of a sum.
    ///
    /// - Parameter names: of the classes the columns are of, as many to each; none where they are of no class.
    static func table(_ table: QuantityTable, layers: ClosedRange<Int>, names: [String], title: String) -> String {
        let each = names.isEmpty ? 0 : table.columns.count / names.count
        let columns = table.columns.enumerated().map { place, column in
            guard each > 0 else { return column }
            return each == 1 ? names[place] : "\(names[place / each]) \(column)"
        }.map(\.printable)
        let numbers = layers.map { layer in table.rows[layer].map { String(format: "%.4g", $0) } }
        let widths = columns.indices.map { column in ([columns[column]] + numbers.map { $0[column] }).map(\.count).max() ?? 0 }
        func line(_ first: String, _ cells: [String]) -> String {
            let rest = zip(cells, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }
            return ([first.padding(toLength: 8, withPad: " ", startingAt: 0)] + rest).joined(separator: "  ") + "\n"
        }
        let head = title + (table.unit.isEmpty ? "" : ", \(table.unit)") + "\n"
        let sums = table.sums.enumerated().map { place, sum in
            let name = table.sums.count > 1 && names.indices.contains(place) ? names[place].printable + "  " : ""
            return name + sum.lines.map { "\($0.name) \(String(format: "%.5g", $0.value))" }.joined(separator: "  ") + "\n"
        }
        return zip(layers, numbers).reduce(head + line("layer", columns)) { $0 + line("\($1.0)", $1.1) } + sums.joined()
    }

    /// The class indices of the patches, a line a row, and how many patches each class has.
    static func classes(_ patches: PatchClasses, names: [String]) -> String {
        let width = patches.classes.map { "\($0)".count }.max() ?? 1
        func padded(_ number: Int, _ width: Int) -> String {
            String(repeating: " ", count: max(width - "\(number)".count, 0)) + "\(number)"
        }
        var text = ""
        for row in 0..<patches.rows {
            let line = patches.classes[row * patches.columns..<(row + 1) * patches.columns]
            text += line.map { padded($0, width) }.joined(separator: " ") + "\n"
        }
        let counts = Dictionary(patches.classes.map { ($0, 1) }, uniquingKeysWith: +).sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        for (index, count) in counts {
            let name = names.indices.contains(index) ? names[index].printable : ""
            text += "\(padded(index, width))  \(padded(count, 5))  \(name)\n"
        }
        return text
    }
}
