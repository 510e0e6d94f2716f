import GETAM

/// `getam map`'s way from one of several pictures to its maps.
struct MapWork: PictureWork {
    let writer: MapWriter
    /// Where the files go; nil for drawing text, or for reports alone.
    let folder: OutputFolder?
    /// Whether a picture is told as a JSON object.
    let isJSON: Bool
    /// Whether the picture's name stands over its lines.
    let hasHeader: Bool
    let output: OrderedOutput

    func removeLeftovers(of names: [String]) { folder?.removeLeftovers(of: names) }
    func standing(_ name: String, path: String) throws -> Standing { .nothing }
    func leftOut(_ name: String, path: String) {}
    func check(_ name: String) throws { try folder?.check(name) }

    func make(_ name: String, path: String, with model: VisionTransformer) throws {
        let begin = Timings.now(), configuration = model.configuration
        var timings = Timings()
        let maps = try writer.request.maps(path: path, with: model, timings: &timings)
        let file = folder.map { $0.file(name) }
        try folder?.write(writer.bytes(maps, configuration), name)
        if isJSON {
            var report = writer.report(maps, name: name, path: path, output: file, configuration)
            report.milliseconds = Timings.since(begin)
            output.post(report)
        } else if folder == nil {
            output.post((hasHeader ? name.printable + "\n" : "") + writer.text(maps, configuration), of: name)
        }
    }

    func failed(_ name: String, path: String?, _ error: any Error) {
        guard isJSON else { return output.post("", of: name) }
        output.post(PictureReport(name, path: path, error))
    }
}
