import Files

/// The portable bitmaps P1 to P6: plain and raw PBM, PGM and PPM, up to 16 bits a sample. The first picture of a file counts.
enum PortableDecoder {
    /// Width and height from the header.
    static func size(_ bytes: UnsafeRawBufferPointer, path: String) throws(FileError) -> (width: Int, height: Int) {
        var scanner = Scanner(bytes: bytes, path: path)
        let header = try scanner.header()
        return (header.width, header.height)
    }

    static func decode(
        _ bytes: UnsafeRawBufferPointer, path: String, limits: ImageLimits, into image: inout RGBImage
    ) throws(FileError) {
        var scanner = Scanner(bytes: bytes, path: path)
        let header = try scanner.header()
        try limits.check(width: header.width, height: header.height, path: path)
        let count = header.width * header.height * header.channels
        let rowBytes = header.kind == .rawBits ? (header.width + 7) / 8 : 0
        let needed = switch header.kind {
        case .plainBits: count
        case .plain: 2 * count - 1
        case .rawBits: rowBytes * header.height
        case .raw: header.maximum > 255 ? 2 * count : count
        }
        guard needed <= bytes.count - scanner.position else {
            throw FileError(
                .invalid, path: path,
                "ends early: \(bytes.count - scanner.position) bytes where the pixels need at least \(needed)")
        }
        // As Pillow does: scaled to 255, halves to even. Where that changes nothing no table is made.
        let levels: [UInt8] = header.maximum == 255 ? [] : (0...header.maximum).map {
            UInt8((Double($0) / Double(header.maximum) * 255).rounded(.toNearestOrEven))
        }
        func level(of sample: Int) -> UInt8 {
            let sample = min(sample, header.maximum)
            return levels.isEmpty ? UInt8(sample) : levels[sample]
        }
        let repeats = 3 / header.channels
        let start = scanner.position
        try image.become(width: header.width, height: header.height) { (target) throws(FileError) in
            for index in 0..<count {
                let shade: UInt8
                switch header.kind {
                case .plainBits:
                    shade = try scanner.bit() ? 0 : 255
                case .rawBits:
                    let (row, column) = index.quotientAndRemainder(dividingBy: header.width)
                    shade = bytes[start + row * rowBytes + column / 8] >> (7 - UInt8(column % 8)) & 1 == 1 ? 0 : 255
                case .plain:
                    shade = level(of: try scanner.number("sample"))
                case .raw where header.maximum > 255:
                    let sample = Int(bytes[start + 2 * index]) << 8 | Int(bytes[start + 2 * index + 1])
                    shade = level(of: sample)
                case .raw:
                    shade = level(of: Int(bytes[start + index]))
                }
                for copy in 0..<repeats { target[index * repeats + copy] = shade }
            }
        }
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private struct Header {
        enum Kind { case plainBits, plain, rawBits, raw }
        let kind: Kind
        let channels: Int
        let width: Int
        let height: Int
        /// The sample value that is full brightness, 1…65535.
        let maximum: Int
    }

    /// A cursor over the file's words.
    private struct Scanner {
        let bytes: UnsafeRawBufferPointer
        let path: String
        var position = 0

        mutating func header() throws(FileError) -> Header {
            let digit = bytes[1]
            let kind: Header.Kind = switch digit {
            case UInt8(ascii: "1"): .plainBits
            case UInt8(ascii: "4"): .rawBits
            case UInt8(ascii: "2"), UInt8(ascii: "3"): .plain
            default: .raw
            }
            position = 2
            let width = try number("width")
            let height = try number("height")
            let hasMaximum = kind == .plain || kind == .raw
            let maximum = hasMaximum ? try number("maximum") : 1
            guard (1...65_535).contains(maximum) else {
                throw damaged("a maximum of \(maximum), not 1 to 65535", endsEarly: false, path: path)
            }
            // Exactly one white-space byte stands before raw pixels.
            if kind == .raw || kind == .rawBits { position += 1 }
            guard position <= bytes.count else { throw damaged("", endsEarly: true, path: path) }
            let isColor = digit == UInt8(ascii: "3") || digit == UInt8(ascii: "6")
            return Header(kind: kind, channels: isColor ? 3 : 1, width: width, height: height, maximum: maximum)
        }

        /// The next decimal number, after white space and comments.
        mutating func number(_ name: String) throws(FileError) -> Int {
            try skipSpace()
            var value = 0
            var digits = 0
            while position < bytes.count, let digit = digitValue(bytes[position]) {
                value = value * 10 + digit
                digits += 1
                position += 1
                guard value <= 0x7FFF_FFFF else {
                    throw damaged("its \(name) is no sensible number", endsEarly: false, path: path)
                }
            }
            guard digits > 0 else { throw damaged("its \(name) is not a number", endsEarly: false, path: path) }
            return value
        }

        /// The next digit of a plain bitmap, where no space is needed between two; true is black.
        mutating func bit() throws(FileError) -> Bool {
            try skipSpace()
            guard let digit = digitValue(bytes[position]), digit <= 1 else {
                throw damaged("a pixel is neither 0 nor 1", endsEarly: false, path: path)
            }
            position += 1
            return digit == 1
        }

        /// Moves to the next byte that is neither space nor comment.
        private mutating func skipSpace() throws(FileError) {
            while position < bytes.count {
                if bytes[position] == UInt8(ascii: "#") {
                    while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D { position += 1 }
                } else if isSpace(bytes[position]) {
                    position += 1
                } else {
                    return
                }
            }
            throw damaged("", endsEarly: true, path: path)
        }

        private func digitValue(_ byte: UInt8) -> Int? {
            (0x30...0x39).contains(byte) ? Int(byte) - 0x30 : nil
        }
    }
}
