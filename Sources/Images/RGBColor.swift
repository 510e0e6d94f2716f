/// One color of 8-bit red, green and blue.
public struct RGBColor: Sendable, Hashable {
    public var red: UInt8
    public var green: UInt8
    public var blue: UInt8

    public init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// The gray with all three samples equal to `level`.
    public init(gray level: UInt8) { self.init(red: level, green: level, blue: level) }
}
