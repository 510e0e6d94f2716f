/// What figures call the things they show: the same from the command line and from the explorer.
public enum FigureCaption {
    public static func layer(_ index: Int) -> String { "layer \(index)" }
    public static func head(_ index: Int) -> String { "head \(index)" }
    public static let allHeads = "all heads"
    /// `fused 6–11`, along an axis.
    public static func fused(_ layers: ClosedRange<Int>) -> String { "fused \(span(layers))" }
    /// `layers 6–11 fused`, or the only one.
    public static func layers(_ layers: ClosedRange<Int>) -> String {
        layers.count == 1 ? layer(layers.lowerBound) : "layers \(span(layers)) fused"
    }
    /// - Parameter text: as it is typed, such as `4,7`.
    public static func query(_ text: String) -> String { "query \(text)" }
    /// A class, and what it is told from; `nil` for the nearest three.
    public static func contrast(_ name: String, with other: String?) -> String { "\(name) less \(other ?? "the nearest")" }
    /// A class's probability among all classes and the background's words.
    public static func softMax(_ name: String) -> String { "\(name) by soft-max" }
    /// - Parameter heads: as they are typed, such as `11.2`.
    public static func ablated(_ heads: [String]) -> String { "without \(heads.joined(separator: ", "))" }
    /// What all cells have in common.
    public static func legend(_ parts: [String], model name: String) -> String { legend(parts + [model(name)]) }
    /// The same where the parts say the model, or the cells do.
    public static func legend(_ parts: [String]) -> String { parts.filter { !$0.isEmpty }.joined(separator: " · ") }
    public static func model(_ name: String) -> String { "model \(name)" }

    private static func span(_ layers: ClosedRange<Int>) -> String { "\(layers.lowerBound)–\(layers.upperBound)" }
}
