import Images

/// Strokes, and the number in a label map of each class that they name.
public struct NumberedStrokes: Sendable, Hashable {
    public let strokes: LabelStrokes
    /// By names; a class without a number is left out where strokes are used.
    public let numbers: [String: UInt8]

    /// - Parameter numbers: of which those of names that strokes have are kept.
    public init(_ strokes: LabelStrokes, numbers: (String) -> UInt8?) {
        self.strokes = strokes
        var known: [String: UInt8] = [:]
        for stroke in strokes.strokes {
            if case .named(let name) = stroke.target { known[name] = numbers(name) }
        }
        self.numbers = known
    }

    /// As ``LabelStrokes/painted(on:pictureWidth:pictureHeight:numbers:)``.
    public func painted(on labels: IndexedImage, pictureWidth: Int? = nil, pictureHeight: Int? = nil) -> PaintedLabels {
        strokes.painted(on: labels, pictureWidth: pictureWidth, pictureHeight: pictureHeight) { numbers[$0] }
    }

    /// What they ask of class maps; nil where that is nothing.
    ///
    /// - Parameters:
    ///   - pictureWidth, pictureHeight: of the picture that the strokes are in.
    ///   - width, height: of the maps.
    ///   - numbers: the number of each map's class.
    public func constraints(pictureWidth: Int, pictureHeight: Int, width: Int, height: Int, numbers: [UInt8]) -> LabelConstraints? {
        LabelConstraints(
            strokes, pictureWidth: pictureWidth, pictureHeight: pictureHeight, width: width, height: height, numbers: numbers
        ) { self.numbers[$0] }
    }
}
