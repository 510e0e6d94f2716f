import Images

/// What stands where on a figure's page, in millimetres from the top left: the same for every format.
struct FigurePage {
    enum Anchor: String { case start, middle, end }

    struct Rect {
        let x: Double
        let y: Double
        let width: Double
        let height: Double
    }

    enum Element {
        /// At a base line, in a font of a size; read from the bottom to the top where it is upward.
        case text(String, x: Double, y: Double, size: Double, Anchor, isUpward: Bool)
        case picture(RGBImage, Rect)
        case area(RGBColor, Rect)
        /// Colors from left to right, each as wide as the others, in a thin frame.
        case bar([RGBColor], Rect)
    }

    let width: Double
    var height = 0.0
    private(set) var elements: [Element] = []
    /// How wide a text is at a font size of 1.
    let textWidth: (String) -> Double

    init(width: Double, textWidth: @escaping (String) -> Double) {
        self.width = width
        self.textWidth = textWidth
    }

    mutating func text(_ text: String, x: Double, y: Double, size: Double, anchor: Anchor = .start, isUpward: Bool = false) {
        if !text.isEmpty { elements.append(.text(text, x: x, y: y, size: size, anchor, isUpward: isUpward)) }
    }

    mutating func picture(_ picture: RGBImage, _ rect: Rect) { elements.append(.picture(picture, rect)) }

    mutating func area(_ color: RGBColor, _ rect: Rect) { elements.append(.area(color, rect)) }

    mutating func bar(_ colors: [RGBColor], _ rect: Rect) { elements.append(.bar(colors, rect)) }
}
