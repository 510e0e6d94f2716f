import ArgumentParser
import GETAM

/// What the rows or the columns of a figure go through.
enum FigureAxis: String, CaseIterable, ExpressibleByArgument, Sendable {
    case classes, methods, layers, pictures, heads
}

/// The axes of a figure.
struct FigureAxes: Sendable, Equatable {
    let rows: FigureAxis
    let columns: FigureAxis

    init(rows: FigureAxis, columns: FigureAxis) {
        self.rows = rows
        self.columns = columns
    }

    func has(_ axis: FigureAxis) -> Bool { rows == axis || columns == axis }

    /// How much of everything was named.
    struct Named {
        var pictures = 1
        var methods = 1
        var classes = 0
        var eachHead = false
        /// Whether any method is of a class.
        var needsClass = true
        /// Whether all have a value a layer.
        var hasLayers = true

        /// What has several values, and so must be an axis.
        var several: [FigureAxis] {
            (pictures > 1 ? [.pictures] : []) + (methods > 1 ? [.methods] : []) + (classes > 1 ? [.classes] : [])
                + (eachHead ? [.heads] : [])
        }
    }

    /// The axes asked for; where none is, pictures by methods, or of one picture classes by layers, and what has several values.
    ///
    /// - Throws: a usage failure where something has several values and is no axis.
    init(rows: FigureAxis?, columns: FigureAxis?, of named: Named) throws {
        let several = named.several
        let ownRows: [FigureAxis] = several.filter { $0 == .pictures || $0 == .methods } + (named.needsClass ? [.classes] : []) + [.methods]
        let ownColumns: [FigureAxis] =
            (named.eachHead ? [.heads] : [])
            + (named.pictures > 1 ? several.filter { $0 == .methods || $0 == .classes } + [.methods]
                : (named.methods > 1 && named.classes > 1 ? [.classes] : []) + (named.hasLayers ? [.layers] : []) + ownRows)
        func first(_ axes: [FigureAxis], but other: FigureAxis) -> FigureAxis {
            axes.first { $0 != other } ?? (other == .layers || !named.hasLayers && other != .pictures ? .pictures : named.hasLayers ? .layers : .methods)
        }
        switch (rows, columns) {
        case (let rows?, let columns?): (self.rows, self.columns) = (rows, columns)
        case (let rows?, nil): (self.rows, self.columns) = (rows, first(several + ownColumns, but: rows))
        case (nil, let columns?): (self.rows, self.columns) = (first(several + ownRows, but: columns), columns)
        case (nil, nil): (self.rows, self.columns) = (ownRows[0], first(ownColumns, but: ownRows[0]))
        }
        guard let lost = several.first(where: { !has($0) }) else { return }
        let what =
            switch lost {
            case .pictures: "\(named.pictures) pictures"
            case .methods: "\(named.methods) methods"
            case .classes: "\(named.classes) classes"
            default: "several heads"
            }
        throw CommandFailure(
            .usage, "\(what), but the rows are \(self.rows.rawValue) and the columns \(self.columns.rawValue): "
                + "one of --rows and --columns must be \(lost.rawValue)")
    }
}

/// Where a value stands in a figure: its number on every axis.
struct FigurePlace: Hashable, Sendable {
    private var numbers = [Int](repeating: 0, count: FigureAxis.allCases.count)

    init(_ numbers: [FigureAxis: Int] = [:]) {
        for (axis, number) in numbers { self[axis] = number }
    }

    subscript(_ axis: FigureAxis) -> Int {
        get { numbers[axis.number] }
        set { numbers[axis.number] = newValue }
    }
}

extension FigureAxis {
    fileprivate var number: Int {
        switch self {
        case .classes: 0
        case .methods: 1
        case .layers: 2
        case .pictures: 3
        case .heads: 4
        }
    }
}
