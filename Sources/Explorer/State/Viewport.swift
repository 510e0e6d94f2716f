/// Which part of the picture is seen.
public struct Viewport: Sendable, Equatable {
    /// 1 shows the whole picture.
    public var zoom: Double = 1
    /// The point in the middle of the pane, as fractions of the picture's sides.
    public var centerX: Double = 0.5
    public var centerY: Double = 0.5

    public static let zoomLimits = 1.0...32.0
    /// Of one key press.
    static let zoomStep = 2.0.squareRoot()

    public init(zoom: Double = 1, centerX: Double = 0.5, centerY: Double = 0.5) {
        self.zoom = zoom
        self.centerX = centerX
        self.centerY = centerY
    }
}

/// A rectangle of cells.
public struct CellRect: Sendable, Equatable {
    public var column: Int
    public var row: Int
    public var columns: Int
    public var rows: Int

    public init(column: Int, row: Int, columns: Int, rows: Int) {
        self.column = column
        self.row = row
        self.columns = columns
        self.rows = rows
    }

    func contains(column x: Int, row y: Int) -> Bool {
        x >= column && x < column + columns && y >= row && y < row + rows
    }
}

/// Where a picture lies in a pane: a cell is one pixel wide and two high.
package struct PicturePlacement: Equatable {
    /// Left edge in pixels from the pane's left; top edge in pixels from the pane's top, always even.
    package let left: Int, top: Int
    /// Pixels drawn.
    package let width: Int, height: Int
    /// The part of the picture that is drawn, as fractions of its sides.
    package let u0: Double, u1: Double, v0: Double, v1: Double

    /// - Returns: `nil` where nothing can be drawn.
    package init?(pane: CellRect, pictureWidth: Int, pictureHeight: Int, viewport: Viewport) {
        // Wide panes leave a blank column at each side.
        let margin = pane.columns >= 60 ? 1 : 0
        let room = pane.columns - 2 * margin
        let paneWidth = Double(room), paneHeight = Double(pane.rows * 2)
        guard pane.columns > 0, pane.rows > 0, pictureWidth > 0, pictureHeight > 0 else { return nil }
        let fit = min(paneWidth / Double(pictureWidth), paneHeight / Double(pictureHeight))
        let fullWidth = max(Double(pictureWidth) * fit * viewport.zoom, 1)
        let fullHeight = max(Double(pictureHeight) * fit * viewport.zoom, 1)
        width = min(max(Int(fullWidth.rounded()), 1), room)
        height = min(max(Int(fullHeight.rounded()), 1), pane.rows * 2)
        let spanX = min(Double(width) / fullWidth, 1), spanY = min(Double(height) / fullHeight, 1)
        u0 = min(max(viewport.centerX - spanX / 2, 0), 1 - spanX)
        v0 = min(max(viewport.centerY - spanY / 2, 0), 1 - spanY)
        u1 = u0 + spanX
        v1 = v0 + spanY
        left = (pane.columns - width) / 2
        top = (pane.rows * 2 - height) / 4 * 2
    }

    /// The point of the picture under the middle of a cell of the pane, as fractions; `nil` beside the picture.
    package func point(column: Int, row: Int) -> (u: Double, v: Double)? {
        let x = Double(column - left) + 0.5, y = Double(row * 2 - top) + 1
        guard x >= 0, y >= 0, x < Double(width), y <= Double(height) else { return nil }
        return (u0 + x / Double(width) * (u1 - u0), v0 + y / Double(height) * (v1 - v0))
    }

    /// The viewport's center, moved to where the edges allow.
    var center: (x: Double, y: Double) { ((u0 + u1) / 2, (v0 + v1) / 2) }
}
