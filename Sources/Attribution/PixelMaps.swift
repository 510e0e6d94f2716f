/// Maps of several classes at pixel resolution, one plane a class: what refiners, label completion and CAM files work on.
public struct PixelMaps: Sendable, Equatable {
    /// Index of each plane's class among the model's logits.
    public var classes: [Int]
    public let height: Int
    public let width: Int
    /// `classes.count × height × width` values, plane by plane, row by row from the top.
    public var values: [Float]

    /// Maps with the given values. `values.count` must be `classes.count·height·width`.
    public init(classes: [Int], height: Int, width: Int, values: [Float]) {
        precondition(values.count == classes.count * height * width)
        self.classes = classes
        self.height = height
        self.width = width
        self.values = values
    }

    /// The planes at some positions, in their order.
    public func keeping(_ positions: [Int]) -> PixelMaps {
        PixelMaps(
            classes: positions.map { classes[$0] }, height: height, width: width, values: positions.flatMap { plane($0) })
    }

    /// The plane of the class at `position`.
    public func plane(_ position: Int) -> ArraySlice<Float> {
        values[position * height * width..<(position + 1) * height * width]
    }
}
