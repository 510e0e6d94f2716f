/// How a map is laid over a picture.
public struct Blend: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The opacity follows the value: none at the scale's low end, all of it at the high end.
        case value
        /// One opacity everywhere.
        case flat
        /// Lines at a quarter, a half and three quarters of the scale, in its colors; between them the picture as it is.
        case contour
        /// The picture in its own colors, dimmed where the map is low.
        case spotlight
    }

    public var kind: Kind
    /// The most that the map covers, 0…1; values outside are clamped, NaN counts as 0.
    public var opacity: Float

    public init(_ kind: Kind, opacity: Float = Self.standardOpacity) {
        self.kind = kind
        self.opacity = opacity
    }

    /// What is used unless the user asks for another.
    public static let standard = Blend(.value)
    public static let standardOpacity: Float = 0.85

    /// The part of the opacity at a place of the scale, 0…1: smooth, 0 at 0, 1 at 1, and near v^0.6 between them, but without
    /// that one's infinite slope at 0, which would show noise where a map is low.
    package static func share(at place: Float) -> Float { 2 * place / (1 + place) }

    /// The parts of the scale at which contours lie.
    package static let contourPlaces: [Float] = [0.25, 0.5, 0.75]

    /// How bright a spotlight leaves the picture at a place of the scale: 35 % at the low end with the usual opacity.
    package func brightness(at place: Float) -> Float {
        1 - min(clampedOpacity * 0.65 / Self.standardOpacity, 1) * (1 - Self.share(at: place))
    }

    package var clampedOpacity: Float { opacity > 0 ? min(opacity, 1) : 0 }
}
