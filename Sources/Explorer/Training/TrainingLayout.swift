/// Where everything stands on the screen of a training run.
struct TrainingLayout: Equatable {
    let columns: Int
    let rows: Int
    let titleRow = 0
    /// The line with the loss in words.
    let chartRuleRow = 1
    let chart: CellRect
    /// The loss's parts and the learning rate, beside the chart.
    let figures: CellRect
    /// One a probe picture that has room, the first shown first; the row above each has its name.
    var probes: [CellRect] = []
    let hintRow: Int
    let statusRow: Int

    /// Columns that a picture has at least where several probes are shown.
    private static let leastColumns = 20

    init(_ state: TrainingState) {
        (columns, rows) = (state.columns, state.rows)
        (hintRow, statusRow) = (rows - 2, rows - 1)
        let hasProbes = !state.probes.isEmpty && rows >= 16
        let height = hasProbes ? min(max(rows / 4, 4), 14) : rows - 4
        let side = columns >= 64 ? min(max(columns * 2 / 5, 30), 56) : columns / 2
        chart = CellRect(column: 0, row: 2, columns: columns - side - 1, rows: height)
        figures = CellRect(column: columns - side, row: 2, columns: side, rows: height)
        guard hasProbes else { return }
        let top = 2 + height + 1
        let whole = CellRect(column: 0, row: top, columns: columns, rows: hintRow - top)
        // Parts stand side by side in a place: it is flatter than a picture by their number.
        let picture = state.probes[state.firstProbe % state.probes.count].picture
        let parts = Self.parts(state).count
        let aspect = Double(picture.height) / Double(max(picture.width, 1)) / Double(parts)
        for count in (1...state.probes.count).reversed() {
            probes = Layout.arranged(count, in: whole, aspect: aspect)
            let width = probes.map { min(Double($0.columns), Double(2 * ($0.rows - 1)) / aspect) }.min() ?? 0
            if width >= Double(Self.leastColumns * parts) { break }
        }
    }

    /// What stands side by side of a picture.
    enum Part: String {
        case picture, map, label = "pseudo label", decoder
    }

    static func parts(_ state: TrainingState) -> [Part] { state.hasDecoder ? [.picture, .map, .label, .decoder] : [.picture, .map, .label] }

    /// The places of a probe's parts, below the row of their names.
    static func places(of parts: Int, in rect: CellRect) -> [CellRect] {
        (0..<parts).map { part in
            let start = rect.columns * part / parts, end = rect.columns * (part + 1) / parts
            return CellRect(column: rect.column + start, row: rect.row + 1, columns: max(end - start - 1, 1), rows: rect.rows - 1)
        }
    }
}
