import Images

/// What a figure is written as.
public enum FigureFormat: String, Sendable, CaseIterable {
    /// Vectors: captions as text, pictures with all their pixels.
    case svg
    /// Pixels.
    case png
}

/// How a figure becomes a file's bytes. The same figure gives the same bytes.
public struct FigureOutput: Sendable {
    public var format: FigureFormat
    /// In millimetres; the height follows.
    public var width: Double
    /// Of pixels.
    public var dotsPerInch: Double
    /// The name and version of the program, as the file notes them.
    public var program: String
    /// The command that makes the figure again; `nil` where none does.
    public var command: String?
    /// A PNG's texts in place of the program's.
    public var notes: [PNGEncoder.Text]

    public static let standardWidth = 170.0
    public static let standardDotsPerInch = 300.0

    public init(
        _ format: FigureFormat, width: Double = standardWidth, dotsPerInch: Double = standardDotsPerInch, program: String,
        command: String?, notes: [PNGEncoder.Text] = []
    ) {
        self.format = format
        self.width = width
        self.dotsPerInch = dotsPerInch
        self.program = program
        self.command = command
        self.notes = notes
    }

    /// The keyword of the command among a PNG's texts.
    public static let commandNote = "getam command"

    /// - Throws: where there are too many pixels.
    public func bytes(_ sheet: FigureSheet) throws(PNGEncodingError) -> [UInt8] {
        let page = page(sheet)
        switch format {
        case .svg:
            return try SVGDocument(page).bytes(
                title: sheet.legend, description: command ?? sheet.legend, metadata: program + (command.map { ": \($0)" } ?? ""))
        case .png:
            if let obstacle = obstacle(to: page) { throw PNGEncodingError(description: obstacle) }
            var notes: [PNGEncoder.Text] = self.notes.isEmpty ? [("Software", program)] : self.notes
            if !sheet.legend.isEmpty { notes.append(("Title", sheet.legend)) }
            if let command { notes.append((Self.commandNote, command)) }
            return try PNGEncoder.encode(
                FigureRaster(page, dotsPerInch: dotsPerInch).image, text: notes, pixelsPerMetre: Int((dotsPerInch / 0.0254).rounded()))
        }
    }

    /// The figure in pixels, to be part of another.
    public func picture(_ sheet: FigureSheet) -> RGBImage { FigureRaster(page(sheet), dotsPerInch: dotsPerInch).image }

    /// Why a figure has too many pixels; `nil` where it has not, and where it has none.
    public func obstacle(to sheet: FigureSheet) -> String? { format == .png ? obstacle(to: page(sheet)) : nil }

    /// How many pixels a figure has; 0 where it has none.
    public func pixels(_ sheet: FigureSheet) -> Double {
        guard format == .png else { return 0 }
        let size = FigureRaster.size(page(sheet), dotsPerInch: dotsPerInch)
        return size.width * size.height
    }

    private func page(_ sheet: FigureSheet) -> FigurePage {
        // Whoever reads an SVG has fonts of his own.
        switch format {
        case .svg: sheet.page(width: width) { SVGDocument.width(of: $0) }
        case .png: sheet.page(width: width) { Lettering.width(of: $0) }
        }
    }

    private func obstacle(to page: FigurePage) -> String? {
        let size = FigureRaster.size(page, dotsPerInch: dotsPerInch), limits = ImageLimits.default
        let side = Double(limits.maxSide), most = Double(limits.maxPixels)
        guard size.width > side || size.height > side || size.width * size.height > most else { return nil }
        let factor = min(side / max(size.width, size.height), (most / (size.width * size.height)).squareRoot())
        return "the figure would be \(Int(size.width))×\(Int(size.height)) pixels, more than pictures have: make it smaller, or "
            + "\(max(Int(dotsPerInch * factor), 1)) dots per inch"
    }
}
