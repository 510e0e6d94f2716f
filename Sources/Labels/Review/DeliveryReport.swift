import Files
import Images

/// A page that shows all labels of a review in small, their areas and what was decided: one HTML file that needs nothing else.
final class DeliveryReport {
    private let file: StreamedFile
    private let names: LabelNames
    /// Of delivered labels: pictures that have a number, and the sum of its shares of them.
    private var totals: [UInt8: (pictures: Int, share: Double)] = [:]

    /// Pixels of a picture's longer side.
    private static let side = 160

    init(path: String, _ counts: ReviewCounts, _ names: LabelNames) throws(FileError) {
        self.names = names
        file = try StreamedFile(path: path)
        try file.append(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>Labels reviewed</title>
            <style>
            body { font: 14px/1.4 sans-serif; margin: 24px; color: #1f2937; background: #fff; }
            .sheet { display: flex; flex-wrap: wrap; gap: 12px; }
            figure { width: 172px; margin: 0; padding: 5px; border: 1px solid #d1d5db; border-top: 4px solid #9ca3af; }
            figure.accept { border-top-color: #0b7a5b; } figure.reject { border-top-color: #b42318; } figure.flag { border-top-color: #b7791f; }
            img { display: block; max-width: 160px; margin: 0 auto; image-rendering: pixelated; }
            figcaption { font-size: 12px; overflow-wrap: anywhere; } .note { font-style: italic; }
            td, th { padding: 2px 14px 2px 0; text-align: right; } td:first-child, th:first-child { text-align: left; }
            i { display: inline-block; width: 9px; height: 9px; margin-right: 4px; }
            </style>
            </head>
            <body>
            <h1>Labels reviewed</h1>
            <p>\(counts.total) pictures: \(counts.accepted) accepted, \(counts.rejected) rejected, \(counts.flagged) flagged, \
            \(counts.undecided) undecided. \(counts.noted) with a note, \(counts.changed) with settings or strokes of their own.</p>
            <div class="sheet">

            """)
    }

    func add(_ subject: ReviewDelivery.Subject, _ labels: IndexedImage?, isDelivered: Bool) throws {
        let entry = subject.entry
        var text = "<figure class=\"\(entry.decision.rawValue)\">"
        if let labels, labels.width > 0, labels.height > 0 {
            let image = Self.thumbnail(labels, over: subject.picture.flatMap { try? ImageFile.read(path: $0) })
            text += "<img alt=\"\" src=\"data:image/png;base64,\(base64(try PNGEncoder.encode(image)))\">"
        }
        text += "<figcaption><b>\(Self.escaped(subject.name))</b><br>\(entry.decision.title)"
        if entry.decision == .accept, !isDelivered { text += ", not delivered: its label is not there" }
        if let labels {
            var counts = [Int](repeating: 0, count: 256)
            for number in labels.indices { counts[Int(number)] += 1 }
            let pixels = Double(max(labels.indices.count, 1))
            for number in 1..<256 where counts[number] > 0 {
                let share = Double(counts[number]) / pixels, known = UInt8(number)
                let color = LabelPalette.screen.colors[number]
                text += "<br><i style=\"background:#\(Self.hexadecimal(color))\"></i>\(Self.escaped(names.name(of: known))) \(Self.percent(share))"
                if isDelivered {
                    let before = totals[known] ?? (0, 0)
                    totals[known] = (before.pictures + 1, before.share + share)
                }
            }
        }
        if !entry.note.isEmpty { text += "<br><span class=\"note\">\(Self.escaped(entry.note))</span>" }
        try file.append(text + "</figcaption></figure>\n")
    }

    func finish() throws(FileError) {
        var text = "</div>\n"
        if !totals.isEmpty {
            text += "<h2>Delivered</h2>\n<table>\n<tr><th>class</th><th>pictures</th><th>mean area</th></tr>\n"
            for (number, total) in totals.sorted(by: { $0.key < $1.key }) {
                text += "<tr><td>\(Self.escaped(names.name(of: number)))</td><td>\(total.pictures)</td>"
                    + "<td>\(Self.percent(total.share / Double(total.pictures)))</td></tr>\n"
            }
            text += "</table>\n"
        }
        try file.append(text + "</body>\n</html>\n")
        try file.finish()
    }

    // MARK: Parts

    /// The label in its colors over the gray of the picture, few enough colors for a palette.
    private static func thumbnail(_ labels: IndexedImage, over picture: RGBImage?) -> IndexedImage {
        let scale = min(Double(side) / Double(max(labels.width, labels.height)), 1)
        let (width, height) = (max(Int(Double(labels.width) * scale), 1), max(Int(Double(labels.height) * scale), 1))
        let small = labels.resized(width: width, height: height), numbers = small.numbers
        let gray = picture.map { $0.resized(width: width, height: height, filter: .box) }
        // Shades of gray for each number that is there.
        let shades = max(min(256 / max(numbers.count, 1), 32), 1)
        var places = [Int](repeating: 0, count: 256), palette: [RGBColor] = []
        for (place, number) in numbers.prefix(256).enumerated() {
            places[Int(number)] = place
            for shade in 0..<shades {
                let level = shades > 1 ? 255 * shade / (shades - 1) : 128, color = LabelPalette.screen.colors[Int(number)]
                func mixed(_ channel: UInt8) -> UInt8 { number == 0 ? UInt8(level) : UInt8((Int(channel) * 55 + level * 45) / 100) }
                palette.append(RGBColor(red: mixed(color.red), green: mixed(color.green), blue: mixed(color.blue)))
            }
        }
        var indices: [UInt8] = []
        indices.reserveCapacity(width * height)
        for (at, number) in small.indices.enumerated() {
            var level = 128
            if let samples = gray?.samples {
                let (red, green, blue) = (Int(samples[3 * at]), Int(samples[3 * at + 1]), Int(samples[3 * at + 2]))
                level = (299 * red + 587 * green + 114 * blue) / 1000
            }
            indices.append(UInt8(places[Int(number)] * shades + level * (shades - 1) / 255))
        }
        return IndexedImage(width: width, height: height, indices: indices, palette: palette)
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.printable {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }

    private static func hexadecimal(_ color: RGBColor) -> String {
        [color.red, color.green, color.blue].map { String(hexadecimal: UInt32($0), digits: 2) }.joined()
    }

    /// With one digit after the point.
    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
