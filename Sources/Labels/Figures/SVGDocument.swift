import Files
import Images

/// A figure's page as SVG 1.1. The same page gives the same bytes.
///
/// Texts are texts, in the reader's own sans-serif font; pictures are PNGs in base 64, as large as they are.
struct SVGDocument {
    private let page: FigurePage
    private var body = ""
    private var gradients = 0

    init(_ page: FigurePage) throws(PNGEncodingError) {
        self.page = page
        for element in page.elements { try add(element) }
    }

    private mutating func add(_ element: FigurePage.Element) throws(PNGEncodingError) {
        switch element {
        case .text(let text, let x, let y, let size, let anchor, let isUpward):
            let turn = isUpward ? " transform=\"rotate(-90 \(Self.number(x)) \(Self.number(y)))\"" : ""
            body += "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(Self.number(size))\" text-anchor=\"\(anchor.rawValue)\"\(turn)>"
                + Self.escaped(text) + "</text>\n"
        case .picture(let picture, let rect):
            body += "<image \(Self.place(rect)) preserveAspectRatio=\"none\" xlink:href=\"data:image/png;base64,"
                + base64(try PNGEncoder.encode(picture)) + "\"/>\n"
        case .area(let color, let rect): body += "<rect \(Self.place(rect)) fill=\"\(color.hexadecimal)\"/>\n"
        case .bar(let colors, let rect):
            gradients += 1
            body += "<linearGradient id=\"colors\(gradients)\">\n"
            for (place, color) in colors.enumerated() {
                let offset = (Double(place) + 0.5) / Double(colors.count)
                body += "<stop offset=\"\(Self.number(offset, digits: 5))\" stop-color=\"\(color.hexadecimal)\"/>\n"
            }
            body += "</linearGradient>\n<rect \(Self.place(rect)) fill=\"url(#colors\(gradients))\" stroke=\"#808080\" stroke-width=\"0.1\"/>\n"
        }
    }

    /// The file.
    ///
    /// - Parameters:
    ///   - title, description: what readers show of it.
    ///   - metadata: what made it.
    func bytes(title: String, description: String, metadata: String) -> [UInt8] {
        let size = (Self.number(page.width), Self.number(page.height))
        var bytes = Array(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1" \
            width="\(size.0)mm" height="\(size.1)mm" viewBox="0 0 \(size.0) \(size.1)" font-family="sans-serif">
            <title>\(Self.escaped(title))</title>
            <desc>\(Self.escaped(description))</desc>
            <metadata>\(Self.escaped(metadata))</metadata>
            <rect width="\(size.0)" height="\(size.1)" fill="#ffffff"/>

            """.utf8)
        bytes += body.utf8
        bytes += "</svg>\n".utf8
        return bytes
    }

    /// About how wide a text is in common sans-serif fonts, at a font size of 1: rather too much than too little.
    static func width(of text: String) -> Double {
        text.unicodeScalars.reduce(0) { sum, scalar in
            switch scalar {
            case "i", "j", "l", "t", "f", "r", "I", ".", ",", ":", ";", "'", "|", "!", "(", ")", "[", "]", " ", "-", "·": sum + 0.4
            case "m", "w", "M", "W", "@", "%": sum + 0.98
            case "A"..."Z", "×", "–", "_": sum + 0.72
            case "\u{300}"..."\u{36F}", "\u{200C}", "\u{200D}", "\u{FE00}"..."\u{FE0F}": sum
            default: sum + (scalar.value < 0x1100 ? 0.61 : 1)
            }
        }
    }

    private static func place(_ rect: FigurePage.Rect) -> String {
        "x=\"\(number(rect.x))\" y=\"\(number(rect.y))\" width=\"\(number(rect.width))\" height=\"\(number(rect.height))\""
    }

    /// A number without more digits than are seen.
    private static func number(_ value: Double, digits: Int = 3) -> String {
        let factor = (0..<digits).reduce(1.0) { power, _ in power * 10 }
        let rounded = (value * factor).rounded() / factor
        // Without an exponent, which some readers do not take.
        if rounded == rounded.rounded() { return "\(Int(rounded))" }
        return abs(rounded) < 0.001 ? "0" : "\(rounded)"
    }

    /// A text between tags: what XML reserves is escaped, and what it cannot hold replaced.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.printable.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension RGBColor {
    /// `#rrggbb`
    fileprivate var hexadecimal: String { "#" + String(hexadecimal: PackedColor.packed(self), digits: 6) }
}
