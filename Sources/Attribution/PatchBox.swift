import Checkpoints
import VisionTransformer

/// A box of patches, as it is written: `COLUMN,ROW-COLUMN,ROW`, two opposite corners, both in it; or `COLUMN,ROW`, one patch.
/// Columns and rows count from 0 at the top left.
public struct PatchBox: Sendable, Hashable, CustomStringConvertible {
    public let columns: ClosedRange<Int>
    public let rows: ClosedRange<Int>

    public init(columns: ClosedRange<Int>, rows: ClosedRange<Int>) {
        (self.columns, self.rows) = (columns, rows)
    }

    /// nil where the text is no box.
    public init?(_ text: String) {
        let corners = text.split(separator: "-", omittingEmptySubsequences: false).map { corner in
            corner.split(separator: ",", omittingEmptySubsequences: false).map { part in
                part.utf8.allSatisfy { (48...57).contains($0) } ? Int(part) : nil
            }
        }
        guard let first = corners.first, let last = corners.last, corners.count <= 2, first.count == 2, last.count == 2,
            let x0 = first[0], let y0 = first[1], let x1 = last[0], let y1 = last[1]
        else { return nil }
        (columns, rows) = (min(x0, x1)...max(x0, x1), min(y0, y1)...max(y0, y1))
    }

    public var description: String {
        let first = "\(columns.lowerBound),\(rows.lowerBound)"
        return columns.lowerBound == columns.upperBound && rows.lowerBound == rows.upperBound ? first : "\(first)-\(columns.upperBound),\(rows.upperBound)"
    }

    /// Its patches, counted row by row from the top left.
    ///
    /// - Throws: `ModelError.input` where it does not lie in the grid.
    public func patches(in grid: ModelConfiguration.Size) throws(ModelError) -> [Int] {
        guard columns.upperBound < grid.width, rows.upperBound < grid.height else {
            throw .input(
                "\(self) is no box of the picture's patches: their columns are 0 to \(grid.width - 1), their rows 0 to \(grid.height - 1)")
        }
        return rows.flatMap { row in columns.map { row * grid.width + $0 } }
    }
}
