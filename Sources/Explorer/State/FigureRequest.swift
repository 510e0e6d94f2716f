import Attribution
import Labels

/// A figure that is asked for, and waits until all that it shows is there.
struct FigureOrder: Sendable, Equatable {
    /// What is written of it.
    enum Form: Sendable, Equatable {
        case figure(FigureFormat)
        /// The maps of a grid as numbers.
        case values
    }

    /// The cells of a grid, as they were when it was asked for.
    struct Cells: Sendable, Equatable {
        let rows: GridAxis
        let columns: GridAxis
        let places: [[Place?]]
        let rowNames: [String]
        let columnNames: [String]
    }

    let path: String
    let form: Form
    let size: FigureSize
    /// `nil` for the panes.
    let cells: Cells?
}

/// All that is needed to write a figure of what panes or a grid show.
public struct FigureRequest: Sendable, Equatable {
    /// What is shown at a place, as an export of it.
    struct Cell: Sendable, Equatable {
        let export: ExportRequest
        /// What has the scale of its colors in common; `nil` for a scale of its own.
        let sharing: String?
    }

    /// Where the pictures themselves stand.
    enum Pictures: Sendable, Equatable {
        case column, row
    }

    let form: FigureOrder.Form
    let size: FigureSize
    /// Where to, as typed.
    public let path: String
    /// Whether an existing file may be replaced.
    public var overwrite = false
    /// An index into the models, for labels that are made anew.
    public let model: Int
    /// The captions.
    public let rows: [String]
    public let columns: [String]
    let cells: [[Cell?]]
    let pictures: Pictures
    /// The paths of those that stand in the figure.
    let picturePaths: [String]
    let classNames: [String]
    /// What all cells have in common.
    public let legend: String
    /// The command that makes the same figure; `nil` where none does.
    public let command: String?
}
