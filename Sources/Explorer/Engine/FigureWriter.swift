import Attribution
import Files
import Images
import Labels
import Tensors

/// Writes one figure, or the values of a grid.
struct FigureWriter {
    let request: FigureRequest
    /// A writer of what a cell shows.
    let writer: (ExportRequest) -> ExportWriter?
    let programVersion: String
    let input: @Sendable (String, ExportKind) -> String?

    /// Makes the file; the answer is `.exported`, `.exportExists` or `.exportFailed`.
    func write() -> Action {
        let path = request.path.expandingHome
        if path.isFolder { return .exportFailed(message: "\(path): is a folder; name a file in it") }
        let own = request.cells.joined().compactMap { $0?.export.picturePath } + request.picturePaths
        if let what = input(path, .overlay) ?? (own.contains(where: path.isSameFile) ? "the picture" : nil) {
            return .exportFailed(message: "\(path): is an input (\(what)) and would be written over; name another file")
        }
        if !request.overwrite, AtomicFile.exists(path) { return .exportExists(.figure(request)) }
        do {
            let bytes = try contents()
            try AtomicFile.write(bytes, to: path, replaces: request.overwrite, waits: false)
            let cells = "\(request.rows.count)×\(request.columns.count) \(request.cells.joined().count == 1 ? "cell" : "cells")"
            return .exported(path: path, bytes: bytes.count, note: cells)
        } catch {
            return .exportFailed(message: "\(error)")
        }
    }

    private func contents() throws -> [UInt8] {
        switch request.form {
        case .figure(let format):
            return try FigureOutput(format, request.size, program: "getam \(programVersion)", command: request.command).bytes(sheet())
        case .values:
            let maps = request.cells.joined().compactMap { $0?.export.map }
            guard let first = maps.first else { return [] }
            return NumPyFile.encode(
                shape: [request.rows.count, request.columns.count, first.rows, first.columns], maps.flatMap(\.values))
        }
    }

    private func sheet() throws -> FigureSheet {
        var read: [String: RGBImage] = [:]
        func picture(_ path: String) throws -> RGBImage {
            if let known = read[path] { return known }
            let picture = try ImageFile.read(path: path)
            read[path] = picture
            return picture
        }
        let cells = try request.cells.map { row in
            try row.map { cell -> FigureComposer.Cell? in
                guard let cell else { return nil }
                let export = cell.export, picture = try picture(export.picturePath)
                if export.table == nil, export.view == .overlay || export.view == .map {
                    return FigureComposer.Cell(
                        export.value, over: picture, scale: export.scale, sharing: cell.sharing, isAlone: export.view == .map)
                }
                return try writer(export).map { FigureComposer.Cell(try $0.shown(over: picture)) }
            }
        }
        let pictures = try request.picturePaths.map(picture)
        let look = request.cells.joined().compactMap { $0?.export }.first
        return FigureComposer(
            blend: look?.blend ?? .standard, colorMap: look?.colorMap ?? .default, cut: look?.cut ?? 0, sampling: look?.sampling ?? .smooth,
            classNames: request.classNames
        ).sheet(
            columns: request.columns, rows: request.rows, cells: cells, pictures: request.pictures == .row ? .row(pictures) : .column(pictures),
            legend: request.legend)
    }
}
