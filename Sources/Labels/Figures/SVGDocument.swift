import Files
import Images

/// A drawing of texts, pictures and areas as SVG 1.1, in millimetres from the top left. The same calls give the same bytes.
///
/// Texts are texts, in the reader's own sans-serif font; pictures are PNGs in base 64, as large as they are.
struct SVGDocument {
    let width: Double
    private var body = ""
    private var gradients = 0

    init(width: Double) { self.width = width }

    enum Anchor: String { case start, middle, end }

    /// - Parameters:
    ///   - y: the base line.
    ///   - size: of the font, in millimetres.
    ///   - isUpward: whether it is read from the bottom to the top.
    mutating func text(_ text: String, x: Double, y: Double, size: Double, anchor: Anchor = .start, isUpward: Bool = false) {
        guard !text.isEmpty else { return }
        let turn = isUpward ? " transform=\"rotate(-90 \(Self.number(x)) \(Self.number(y)))\"" : ""
        body += "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(Self.number(size))\" text-anchor=\"\(anchor.rawValue)\"\(turn)>"
            + Self.escaped(text) + "</text>\n"
    }

    /// - Parameter png: in base 64.
    mutating func picture(_ png: String, x: Double, y: Double, width: Double, height: Double) {
        body += "<image \(Self.place(x, y, width, height)) preserveAspectRatio=\"none\" xlink:href=\"data:image/png;base64,\(png)\"/>\n"
    }

    mutating func area(_ color: RGBColor, x: Double, y: Double, width: Double, height: Double) {
        body += "<rect \(Self.place(x, y, width, height)) fill=\"\(color.hexadecimal)\"/>\n"
    }

    /// A bar of colors from left to right, each as wide as the others, in a thin frame.
    mutating func bar(_ colors: [RGBColor], x: Double, y: Double, width: Double, height: Double) {
        gradients += 1
        body += "<linearGradient id=\"colors\(gradients)\">\n"
        for (place, color) in colors.enumerated() {
            let offset = (Double(place) + 0.5) / Double(colors.count)
            body += "<stop offset=\"\(Self.number(offset, digits: 5))\" stop-color=\"\(color.hexadecimal)\"/>\n"
        }
        body += "</linearGradient>\n<rect \(Self.place(x, y, width, height)) fill=\"url(#colors\(gradients))\" stroke=\"#808080\" stroke-width=\"0.1\"/>\n"
    }

    /// The file.
    ///
    /// - Parameters:
    ///   - height: of the whole.
    ///   - title, description: what readers show of it.
    ///   - metadata: what made it.
    func bytes(height: Double, title: String, description: String, metadata: String) -> [UInt8] {
        let size = (Self.number(width), Self.number(height))
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

    private static func place(_ x: Double, _ y: Double, _ width: Double, _ height: Double) -> String {
        "x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\""
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
    fileprivate var hexadecimal: String {
        let text = String(Int(red) << 16 | Int(green) << 8 | Int(blue), radix: 16)
        return "#" + String(repeating: "0", count: 6 - text.count) + text
    }
}
